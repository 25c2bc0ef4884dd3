// Versions under a lock: what is not pinned, or is not as pinned, is refused with its reason, and the old version serves on.
import { statSync, utimesSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
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
