// Versions under a lock: what is not pinned, or is not as pinned, is refused with its reason, and the old version serves on.
import { createHash } from 'node:crypto'
import { statSync, utimesSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { servableName } from '../../src/inference/registry.js'
import { pinsOf, type Pins } from '../../src/lock/pins.js'
import { buildRepository as build, handler } from '../helpers/build-repository.js'

t.test('a version that is not pinned, one that differs, and one that is right', async t => {
  const pinned = new Map<string, Pins>()
  const at = build(t, { a: { 1: { 'saved_model.pb': 'one' } } }, {
    pinsOf: async ({ name }, { version }) => {
      const pins = pinned.get(`${name} ${version}`)
      if (pins === undefined) throw new OutriggerError('MODEL_NOT_PINNED', 'it is not in models.lock')
      return pins
    }
  })
  pinned.set('a 1', await pinsOf(`${at.root}/a/1`))
  await at.start()
  t.same(at.states('a'), ['1 available'])
  at.write('a/2/saved_model.pb', 'two')
  await at.settle()
  t.same(at.states('a'), ['2 failed', '1 available'])
  t.match(at.registry.get('a')?.versions[0], { reason: 'it is not in models.lock' })
  t.match(at.changes.at(-1), { what: 'version-failed', model: 'a', from: '1', to: '2', reason: 'it is not in models.lock' })
  t.notOk(at.lists().some(list => list.includes('2')), 'no engine heard of it')
  pinned.set('a 2', new Map([...await pinsOf(`${at.root}/a/2`)].map(([path]) => [path, 'f'.repeat(64)])))
  await at.repository.sync('SIGHUP', ['a'])
  t.match(at.registry.get('a')?.versions[0], { state: 'failed', reason: 'saved_model.pb is not what is pinned' })
  pinned.set('a 2', await pinsOf(`${at.root}/a/2`))
  await at.repository.sync('SIGHUP', ['a'])
  await at.settle()
  t.same(at.states('a'), ['2 available'])
})

t.test('a file that is changed during the load, and dressed up as if it were not', async t => {
  const at = build(t, { a: { 1: { 'saved_model.pb': 'one', 'handler.ts': '' } } }, {
    pinsOf: async (_model, { folder }) => await pinsOf(folder),
    loadHandler: async (_model, { folder }) => {
      const file = `${folder}/saved_model.pb`
      const { atime, mtime } = statSync(file)
      writeFileSync(file, 'two')
      utimesSync(file, atime, mtime)
      return handler()
    }
  })
  await at.start()
  t.match(at.registry.get('a')?.versions[0], { state: 'failed', reason: /touched while they were loaded|changed while it was loaded/ })
})

t.test('a version that a fresh model server may not read again has failed, and another one takes its place', async t => {
  let closed = 0
  const at = build(t, { a: { 1: { 'saved_model.pb': 'one' }, 2: { 'saved_model.pb': 'two', 'handler.ts': '' } }, b: { 1: { 'saved_model.pb': 'one' } } }, {
    pinsOf: async (_model, { folder, version }) => {
      const pins = await pinsOf(folder)
      return version === 2n ? new Map(pins).set('saved_model.pb', createHash('sha256').update('two').digest('hex')) : pins
    },
    loadHandler: async () => handler(() => { closed++ })
  })
  await at.start()
  t.not(await at.repository.recheck(at.engine, 'a', 2n), 'free')
  const failure = async (): Promise<Error> => await at.repository.recheck(at.engine, 'a', 2n).then(() => new Error('it passed'), (error: Error) => error)
  at.write('a/2/saved_model.pb', 'bad')
  const error = await failure()
  t.match(error, { code: 'MODEL_NOT_PINNED', message: 'saved_model.pb is not what is pinned' })
  at.repository.refuse(at.engine, { name: 'a', version: 2n, error })
  at.repository.refuse(at.engine, { name: 'a', version: 2n, error })
  t.match(at.registry.get('a')?.versions[0], { state: 'failed', reason: error.message })
  t.throws(() => at.registry.resolve('a'), { code: 'MODEL_NOT_FOUND' })
  t.match(at.changes.filter(({ what }) => what === 'version-failed'), [{ model: 'a', to: '2', reason: error.message, by: 'the embedded model server' }])
  await at.settle()
  t.same(at.states('a'), ['2 failed', '1 available'])
  t.same(at.states('b'), ['1 available'], 'others go on')
  t.notOk(at.lists().at(-1)?.includes('a 2'), 'no list names it any more')
  t.equal(closed, 1, 'its handler is closed')
  at.write('a/2/saved_model.pb', 'two')
  at.wait(30_000)
  await at.settle()
  t.same(at.states('a'), ['2 available'], 'mended, it is taken in again')
  at.remove('a/2')
  t.equal(await at.repository.recheck(at.engine, servableName(at.registry.resolve('a')), 2n), 'away', 'a folder that is away for a while is no other version')
  t.equal(await at.repository.recheck(at.engine, 'nobody', 2n), 'free')
})
