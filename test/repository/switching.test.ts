// Versions that come, go, fail and replace one another while the service runs, on an engine without a child.
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { beginUse } from '../../src/inference/lease.js'
import { Repository, type RepositoryOptions } from '../../src/repository/repository.js'
import { buildRepository as build, handler, signatures } from '../helpers/build-repository.js'
import type { FakeEngineOptions } from '../helpers/fake-engine.js'

t.test('a new version replaces the one that serves, which drains first', async t => {
  let closed = 0
  const at = build(t, { a: { 1: { 'saved_model.pb': '', 'handler.ts': '' } }, b: { 7: { 'saved_model.pb': '' } } }, { loadHandler: async () => handler(() => { closed++ }) })
  await at.start()
  const old = at.registry.resolve('a')
  const end = beginUse(old)
  at.write('a/2/saved_model.pb')
  at.write('a/2/handler.ts')
  await at.repository.sync('watch')
  t.same(at.states('a'), ['1 available'], 'not before it has come to rest')
  at.wait(2000)
  await at.repository.sync('watch')
  t.same(at.states('a'), ['2 available', '1 draining'])
  t.equal(at.registry.resolve('a').version, 2n)
  t.same(at.lists().at(-1), 'a 1,2; b 7', 'the old one stays in the engine')
  t.equal(closed, 0)
  end()
  await at.repository.left()
  t.same(at.states('a'), ['2 available'])
  t.same(at.lists(), ['a 1; b 7', 'a 1,2; b 7', 'b 7; a 2'])
  t.equal(closed, 1)
  t.same(at.changes.map(({ what, model, from, to, by }) => [what, model, from, to, by]).slice(-2), [['version-live', 'a', '1', '2', 'watch'], ['version-removed', 'a', '1', '2', 'watch']])
  await at.settle()
  t.equal(at.engine.pushed.length, 3, 'nothing is pushed without need')
})

t.test('requests that take too long are not waited for without end', async t => {
  const at = build(t, { a: { 1: { 'saved_model.pb': '' } } }, { drainWithinMs: () => 1 })
  await at.start()
  beginUse(at.registry.resolve('a'))
  at.write('a/2/saved_model.pb')
  await at.settle()
  t.same(at.states('a'), ['2 available'])
})

for (const [what, fault] of Object.entries<FakeEngineOptions | Partial<RepositoryOptions> & { engine?: FakeEngineOptions }>({
  'a load that fails': { statusOf: (_model: string, version: bigint) => version === 2n ? { state: 'END', errorCode: 3, errorMessage: 'boom' } : { state: 'AVAILABLE', errorCode: 0, errorMessage: '' } },
  'a warm-up file that would fail its load': { engine: { kind: 'tensorflow' }, checkWarmup: async ({ version }: { version: bigint }) => { if (version === 2n) throw new OutriggerError('MODEL_WARMUP', 'boom') } },
  'a handler that fails': { loadHandler: async () => { throw new OutriggerError('HANDLER_LOAD', 'boom') } },
  'an example that fails': { runExamples: async (entry: { version: bigint }) => { if (entry.version === 2n) throw new OutriggerError('MODEL_EXAMPLE', 'boom'); return [] } }
})) {
  t.test(`${what} leaves the old version serving and is not tried again until its files change`, async t => {
    const failed: string[] = []
    const at = build(t, { a: { 1: { 'saved_model.pb': '' } } }, { ...('statusOf' in fault ? { engine: fault } : fault as Partial<RepositoryOptions>), onFailed: ({ model, version }) => { failed.push(`${model} ${version}`) } })
    await at.start()
    at.write('a/2/saved_model.pb')
    at.write('a/2/handler.ts')
    await at.settle()
    t.same(at.states('a'), ['2 failed', '1 available'])
    t.match(at.registry.get('a')?.versions[0]?.reason, /boom/)
    t.equal(at.registry.resolve('a').version, 1n)
    t.equal(at.lists().at(-1), 'a 1', 'the engine is told to let it go')
    t.match(at.changes.at(-1), { what: 'version-failed', model: 'a', from: '1', to: '2', reason: /boom/ })
    await at.settle()
    t.same(failed, ['a 2'], 'not tried again')
    at.wait(60_000)
    at.write('a/2/more', 'changed')
    await at.settle()
    t.same(failed, ['a 2', 'a 2'], 'tried again')
    await at.repository.sync('POST', ['a'])
    t.equal(failed.length, 3, 'a reload by hand tries at once')
    at.write('a/3/saved_model.pb')
    if (what === 'a handler that fails') return
    await at.settle()
    await at.settle()
    t.same(at.states('a'), ['3 available'], 'a later good version ends the story')
  })
}

t.test('a warm-up file is checked for the engine that needs it, and not where warm-up is off', async t => {
  const checked: string[] = []
  const options: Partial<RepositoryOptions> = { checkWarmup: async ({ folder }) => { checked.push(folder) } }
  for (const [kind, yaml] of [['embedded', ''], ['tensorflow', ''], ['tensorflow', 'warmup: off']] as const) {
    await build(t, { a: { 'model.yaml': yaml, 1: { 'saved_model.pb': '' } } }, { ...options, engine: { kind } }).start()
  }
  t.equal(checked.length, 1)
})

t.test('a copy in progress: pauses make it more patient, names of unfinished files hold it', async t => {
  const at = build(t, { a: { 1: { 'saved_model.pb': '' } } })
  await at.start()
  at.write('a/2/saved_model.pb')
  await at.repository.sync('watch')
  at.wait(1900)
  at.write('a/2/variables/x', '1')
  await at.repository.sync('watch')
  at.wait(5000)
  await at.repository.sync('watch')
  t.same(at.states('a'), ['1 available'], 'three times its longest pause')
  at.write('a/2/.x.aB3dE9')
  at.wait(60_000)
  await at.settle()
  await at.repository.sync('POST', ['a'])
  t.same(at.states('a'), ['1 available'], 'a name of rsync')
  at.remove('a/2/.x.aB3dE9')
  at.wait(300_000)
  await at.settle()
  at.wait(300_000)
  await at.settle()
  t.same(at.states('a'), ['2 available'])
})

t.test('a version without the handler that its predecessor has is waited for longer', async t => {
  const at = build(t, { a: { 1: { 'saved_model.pb': '', 'handler.ts': '' } } })
  await at.start()
  at.write('a/2/saved_model.pb')
  await at.settle()
  t.same(at.states('a'), ['1 available'])
  at.wait(8000)
  await at.settle()
  t.same(at.states('a'), ['2 available'])
})

t.test('files that change while a version loads keep it out', async t => {
  let touch = (): void => {}
  const at = build(t, { a: { 1: { 'saved_model.pb': '' } } }, { signaturesOf: async () => { touch(); return signatures() } })
  await at.start()
  at.write('a/2/saved_model.pb')
  touch = () => { at.write('a/2/variables', 'still coming') }
  await at.settle()
  t.match(at.registry.get('a')?.versions, [{ version: 2n, state: 'failed', reason: /changed while/ }, { version: 1n, state: 'available' }])
  touch = () => {}
  await at.settle()
  at.wait(60_000)
  await at.settle()
  t.same(at.states('a'), ['2 available'])
})

t.test('seal: true waits for the file .complete, also at the start', async t => {
  const at = build(t, { a: { 'model.yaml': 'seal: true', 1: { 'saved_model.pb': '', '.complete': '' }, 2: { 'saved_model.pb': '' } } })
  await at.start()
  t.same(at.states('a'), ['1 available'])
  await at.settle()
  t.same(at.states('a'), ['1 available'])
  at.write('a/2/.complete')
  await at.settle()
  t.same(at.states('a'), ['2 available'])
})

t.test('an incompatible signature is refused unless forced', async t => {
  const at = build(t, { a: { 1: { 'saved_model.pb': '' } } }, { signaturesOf: async (_engine, _model, version) => signatures(version === 2n ? 'DT_STRING' : 'DT_FLOAT') })
  await at.start()
  at.write('a/2/saved_model.pb')
  await at.settle()
  t.match(at.registry.get('a')?.versions[0], { state: 'failed', reason: /input x is DT_STRING, not DT_FLOAT/ })
  at.write('a/model.yaml', 'force: true')
  await at.repository.sync('POST', ['a'])
  await at.repository.left()
  t.same(at.states('a'), ['2 available'])
})

t.test('versions and models that go, drain and are gone; a rename in between costs nothing', async t => {
  const at = build(t, { a: { 'model.yaml': 'versions: latest 2', 1: { 'saved_model.pb': '' }, 2: { 'saved_model.pb': '' } }, b: { 1: { 'saved_model.pb': '' } } })
  await at.start()
  renameSync(join(at.root, 'b'), join(at.root, '.away'))
  await at.repository.sync('watch')
  renameSync(join(at.root, '.away'), join(at.root, 'b'))
  await at.settle()
  t.same(at.states('b'), ['1 available'])
  at.remove('a/2')
  await at.settle()
  t.same(at.states('a'), ['1 available'])
  at.remove('b')
  await at.settle()
  t.equal(at.registry.get('b'), undefined)
  t.equal(at.lists().at(-1), 'a 1')
  t.same(at.repository.faults(), [])
  at.write('b/3/saved_model.pb')
  await at.settle()
  t.same(at.states('b'), ['3 available'], 'and it comes back')
})

t.test('a folder that vanishes just before another push takes its version out, and the push goes through', async t => {
  const at = build(t, { a: { 1: { 'saved_model.pb': '' } }, b: { 1: { 'saved_model.pb': '' } } })
  await at.start()
  at.write('b/2/saved_model.pb')
  await at.repository.sync('watch')
  at.wait(2000)
  at.remove('a')
  await at.repository.sync('watch')
  await at.repository.left()
  t.same(at.states('b'), ['2 available'])
  t.ok(at.lists().slice(1).every(list => !list.includes('a ')), 'never pushed again')
})

t.test('a repository that is away empties nothing', async t => {
  const at = build(t, { r: { a: { 1: { 'saved_model.pb': '' } } } })
  const repository = new Repository({ ...{ source: { kind: 'folder', folder: join(at.root, 'r') } }, registry: at.registry, log: pino({ level: 'silent' }), engineFor: () => at.engine, signaturesOf: async () => signatures(), loadHandler: async () => handler(), assigningSignatures: async () => new Set(), onLive: () => {}, loadWithinMs: 1000, settleMs: () => 0 })
  await repository.find()
  await repository.load()
  renameSync(join(at.root, 'r'), join(at.root, 's'))
  await repository.sync('watch')
  t.same(at.states('a'), ['1 available'])
  t.match(repository.faults(), [{ model: 'repository', required: false, reason: /ENOENT/ }])
  renameSync(join(at.root, 's'), join(at.root, 'r'))
  await repository.sync('watch')
  t.same(repository.faults(), [])
})

t.test('a model that comes later is not required before it was live', async t => {
  const at = build(t, { a: { 1: { 'saved_model.pb': '' } } }, { signaturesOf: async (_engine, model) => { if (model === 'b') throw new Error('truncated'); return signatures() } })
  await at.start()
  at.write('b/1/saved_model.pb')
  await at.settle()
  t.match(at.registry.get('b'), { required: false, versions: [{ state: 'failed', reason: 'truncated' }] })
  t.equal(at.registry.get('a')?.required, true)
})

t.test('settings are read again; a label moves once its version is there, and holds the version it points at', async t => {
  const at = build(t, { a: { 'model.yaml': 'labels: {stable: 1}', 1: { 'saved_model.pb': '' }, 2: { 'saved_model.pb': '' } } })
  await at.start()
  t.same(at.states('a'), ['2 available', '1 available'], 'the labelled version is served beside the latest')
  at.write('a/model.yaml', 'labels: {stable: 3}\ntimeout: 2s')
  await at.repository.sync('watch')
  t.equal(at.registry.get('a')?.timeoutMs, 2000)
  t.equal(at.registry.resolve('a', { label: 'stable' }).version, 1n, 'not before 3 is there')
  at.write('a/3/saved_model.pb')
  await at.settle()
  t.equal(at.registry.resolve('a', { label: 'stable' }).version, 3n)
  t.same(at.states('a'), ['3 available'])
  t.match(at.changes.filter(({ what }) => what === 'label-moved'), [{ model: 'a/labels/stable', from: '1', to: '3' }])
  at.write('a/model.yaml', 'no: such')
  await at.settle()
  t.same(at.states('a'), ['3 available'])
  t.match(at.repository.faults(), [{ model: 'a', required: true }])
})

t.test('a label is moved by hand', async t => {
  const at = build(t, { a: { 'model.yaml': 'versions: all\nlabels: {stable: 1}', 1: { 'saved_model.pb': '' }, 2: { 'saved_model.pb': '' } } })
  await at.start()
  t.same(await at.repository.moveLabel('a', 'stable', 2n, 'me'), { from: 1n })
  t.equal(at.registry.resolve('a', { label: 'stable' }).version, 2n)
  t.match(at.changes.at(-1), { what: 'label-moved', from: '1', to: '2', by: 'me' })
  await at.settle()
  t.equal(at.registry.resolve('a', { label: 'stable' }).version, 2n, 'a look does not undo it')
  await t.rejects(at.repository.moveLabel('a', 'stable', 9n, 'me'), { code: 'MODEL_NOT_FOUND' })
  await t.rejects(at.repository.moveLabel('b', 'stable', 1n, 'me'), { code: 'MODEL_NOT_FOUND' })
  at.write('a/model.yaml', 'versions: all\nlabels: {stable: 2}')
  await at.settle()
  at.write('a/model.yaml', 'versions: all\nlabels: {stable: 1}')
  await at.settle()
  t.equal(at.registry.resolve('a', { label: 'stable' }).version, 1n, 'what is written later wins')
})
