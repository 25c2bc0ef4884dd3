// What takes the place of a version that serves: another engine, folder, settings or files under the same number, older versions for newest ones that failed; and changes that do not wait for one another.
import { renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { beginUse } from '../../src/inference/lease.js'
import { servableName } from '../../src/inference/registry.js'
import type { EngineFor } from '../../src/repository/engine-picker.js'
import { buildRepository as build, handler, signatures } from '../helpers/build-repository.js'
import { fakeEngine } from '../helpers/fake-engine.js'

const model = () => ({ 'saved_model.pb': 'one' })
/** The checksums of what is live are computed beside it. */
const untilKnown = async (entry: { checksum: string | undefined }): Promise<void> => { while (entry.checksum === undefined) await new Promise(resolve => setTimeout(resolve, 5)) }
const news = ({ what, from, to, reason }: { what: string, from?: string | null, to?: string | null, reason?: string }) => [what, from, to, reason]

function twoEngines () {
  const engines = { tensorflow: fakeEngine({ kind: 'tensorflow' }), embedded: fakeEngine({ kind: 'embedded' }) }
  const engineFor: EngineFor = (_format, wish) => engines[wish === 'tensorflow' ? 'tensorflow' : 'embedded']
  return { engines, engineFor }
}

t.test('engine: in model.yaml changes while the version serves: loaded there, switched, drained and unloaded here', async t => {
  const { engines, engineFor } = twoEngines()
  let closed = 0
  const at = build(t, { a: { 'model.yaml': 'engine: tensorflow', 1: { ...model(), 'handler.ts': '' } } }, { engineFor, loadHandler: async () => handler(() => { closed++ }) })
  await at.start()
  const old = at.registry.resolve('a')
  const end = beginUse(old)
  at.write('a/model.yaml', 'engine: embedded')
  await at.repository.sync('watch')
  const now = at.registry.resolve('a')
  t.same([old.engine.kind, now.engine.kind, now.version], ['tensorflow', 'embedded', 1n])
  t.same(at.states('a'), ['1 available'])
  t.same(engines.tensorflow.pushed.at(-1)?.length, 1, 'still there while a request runs on it')
  t.equal(closed, 0)
  end()
  await at.repository.left()
  t.same(engines.tensorflow.pushed.at(-1), [])
  t.equal(closed, 1, "the old one's handler, not the new one's")
  t.same(at.changes.map(news), [['version-live', null, '1', undefined], ['version-live', '1', '1', 'its engine is embedded now']])
  await at.settle()
  t.equal(engines.embedded.pushed.length, 1, 'once')
  await at.repository.close()
  t.equal(closed, 2)
})

t.test('a replacement that fails leaves what serves, is told, and is not tried again until something changes', async t => {
  const { engines, engineFor } = twoEngines()
  let dtype: 'DT_FLOAT' | 'DT_STRING' = 'DT_FLOAT'
  const at = build(t, { a: { 'model.yaml': 'engine: tensorflow', 1: model() } }, { engineFor, signaturesOf: async () => signatures(dtype) })
  await at.start()
  dtype = 'DT_STRING'
  at.write('a/model.yaml', 'engine: embedded')
  await at.settle()
  await at.settle()
  t.equal(at.registry.resolve('a').engine.kind, 'tensorflow')
  t.match(at.repository.faults(), [{ model: 'a', version: 1n, required: false, reason: /\(its engine is embedded now\) cannot: it cannot replace version 1: .*DT_STRING, not DT_FLOAT.*serves on/ }])
  t.equal(at.changes.filter(({ what }) => what === 'version-failed').length, 1)
  t.same(engines.embedded.pushed.at(-1), [], 'taken off again')
  at.write('a/model.yaml', 'engine: tensorflow')
  await at.settle()
  t.same(at.repository.faults(), [], 'taken back')
  at.write('a/model.yaml', 'engine: embedded\nforce: true')
  await at.settle()
  t.equal(at.registry.resolve('a').engine.kind, 'embedded')
  t.same(at.repository.faults(), [])
})

t.test('an engine whose program is missing is a fault of the model, which serves on', async t => {
  const { engineFor } = twoEngines()
  const at = build(t, { a: { 1: model() } }, { engineFor: (format, wish) => { if (wish === 'tensorflow') throw new OutriggerError('CONFIG_INVALID', 'no binary'); return engineFor(format, wish) } })
  await at.start()
  at.write('a/model.yaml', 'engine: tensorflow')
  await at.settle()
  t.same(at.states('a'), ['1 available'])
  t.match(at.repository.faults(), [{ model: 'a', reason: 'no binary' }])
})

t.test('settings of handler and retry are taken up by the version that serves', async t => {
  const isolated: boolean[] = []
  const at = build(t, { a: { 1: { ...model(), 'handler.ts': '' } } }, { loadHandler: async ({ settings }) => { isolated.push(settings.handler.isolate); return handler() } })
  await at.start()
  at.write('a/model.yaml', 'handler: {isolate: false}\nretry: false')
  await at.settle()
  t.same(isolated, [true, false])
  t.equal(at.registry.resolve('a').mayResend(''), false)
  at.write('a/model.yaml', 'handler: {isolate: false}\nretry: false\ntimeout: 3s')
  await at.settle()
  t.equal(isolated.length, 2, 'others need no load')
})

t.test('a base path that points elsewhere: same number and other number, on one engine', async t => {
  const at = build(t, { one: { 1: model() }, two: { 1: model() }, three: { 7: model() } }, { sourceIn: root => ({ kind: 'config-file', file: join(root, 'models.config') }) })
  const config = (folder: string): void => { at.write('models.config', `model_config_list { config { name: "a" base_path: "${join(at.root, folder)}" } }`) }
  config('one')
  await at.start()
  config('two')
  await at.settle()
  const entry = at.registry.resolve('a')
  t.same([entry.folder, servableName(entry)], [join(at.root, 'two/1'), 'a~2'], 'both stood side by side in the engine')
  t.same(at.lists(), ['a 1', 'a 1; a~2 1', 'a~2 1'])
  config('three')
  await at.settle()
  t.same(at.states('a'), ['7 available'])
  t.same(at.lists().slice(-2), ['a~2 1; a 7', 'a 7'])
})

t.test('files of a version that serves: a change is told, and taken by a reload under the same number', async t => {
  const at = build(t, { a: { 1: { ...model(), 'handler.ts': 'v1' } } })
  await at.start()
  await untilKnown(at.registry.resolve('a'))
  utimesSync(join(at.root, 'a/1/saved_model.pb'), 5e9, 5e9)
  await at.settle()
  t.same(at.repository.faults(), [], 'the same content again is no change, whenever it says that it was written')
  const before = at.registry.resolve('a')
  at.write('a/1/saved_model.pb', 'two')
  await at.settle()
  await at.settle()
  t.equal(at.registry.resolve('a'), before)
  t.match(at.repository.faults(), [{ model: 'a', version: 1n, required: false, reason: /were changed.*reload/ }])
  t.same(at.changes.filter(({ what }) => what === 'files-changed').length, 1, 'told once')
  await at.repository.sync('POST', ['a'])
  await at.repository.left()
  const after = at.registry.resolve('a')
  t.not(after, before)
  t.same(at.repository.faults(), [])
  t.same(at.lists(), ['a 1', 'a 1; a~2 1', 'a~2 1'], 'no moment without')
  t.same(news(at.changes.at(-1)!), ['version-live', '1', '1', 'its files were changed'])
  await untilKnown(after)
  await at.repository.sync('POST', ['a'])
  t.equal(at.registry.resolve('a'), after, 'a reload without a change replaces nothing')
  at.write('a/1/handler.ts', 'v2')
  await at.settle()
  t.equal(at.repository.faults().length, 1, 'the handler counts')
})

t.test('a reload of changed files that fails says why until they are mended', async t => {
  let broken = true
  const at = build(t, { a: { 1: model() } }, { runExamples: async entry => { if (broken && entry.servable !== undefined) throw new OutriggerError('MODEL_EXAMPLE', 'wrong answer'); return [] } })
  await at.start()
  await untilKnown(at.registry.resolve('a'))
  at.write('a/1/saved_model.pb', 'two')
  await at.settle()
  await at.repository.sync('POST', ['a'])
  await at.settle()
  t.match(at.repository.faults(), [{ version: 1n, reason: /wrong answer/ }])
  t.equal(at.registry.resolve('a').servable, undefined)
  broken = false
  at.write('a/1/saved_model.pb', 'three')
  at.wait(60_000)
  await at.settle()
  await at.settle()
  t.same(at.repository.faults(), [])
})

t.test('at the start the newest version that can be served is, and the newer ones that failed are listed', async t => {
  const at = build(t, { a: { 1: model(), 2: model(), 3: model(), 4: model() }, b: { 'model.yaml': 'versions: [2]', 1: model(), 2: model() }, c: { 'model.yaml': 'versions: latest 2', 1: model(), 2: model(), 3: model() } }, {
    signaturesOf: async (_engine, name, version) => { if (version > 2n || name === 'b') throw new Error('truncated'); return signatures() }
  })
  await at.start()
  t.same(at.states('a'), ['4 failed', '3 failed', '2 available'])
  t.same(at.states('b'), ['2 failed'], 'where versions are named, none stands in')
  t.same(at.states('c'), ['3 failed', '2 available', '1 available'], 'two good ones')
  const pushes = at.engine.pushed.length
  await at.settle()
  await at.settle()
  t.equal(at.engine.pushed.length, pushes, 'and so it stays')
  t.same(at.states('a'), ['4 failed', '3 failed', '2 available'])
})

t.test('a newest version that is mended takes the place of the one that stood in', async t => {
  let good = 1n
  const at = build(t, { a: { 1: model(), 2: model() } }, { signaturesOf: async (_engine, _name, version) => { if (version > good) throw new Error('truncated'); return signatures() } })
  await at.start()
  t.same(at.states('a'), ['2 failed', '1 available'])
  good = 2n
  at.write('a/2/saved_model.pb', 'whole')
  await at.settle()
  t.same(at.states('a'), ['2 available'])
})

t.test('while it runs: when the version that serves goes and the newer one has failed, an older one comes', async t => {
  const at = build(t, { a: { 1: model(), 2: model() } }, { signaturesOf: async (_engine, _name, version) => { if (version === 3n) throw new Error('truncated'); return signatures() } })
  await at.start()
  at.write('a/3/saved_model.pb')
  await at.settle()
  t.same(at.states('a'), ['3 failed', '2 available'])
  at.remove('a/2')
  await at.settle()
  await at.settle()
  t.same(at.states('a'), ['3 failed', '1 available'])
})

t.test('a slow load holds up no other model, nor a later version of its own', async t => {
  let open = (): void => {}
  const gate = new Promise<void>(resolve => { open = resolve })
  const at = build(t, { a: { 1: model() }, b: { 1: model() } }, { signaturesOf: async (_engine, name, version) => { if (name === 'a' && version === 2n) await gate; return signatures() } })
  await at.start()
  at.write('a/2/saved_model.pb')
  await at.repository.sync('watch')
  at.wait(2000)
  const { done: slow } = await at.repository.look('watch')
  t.same(at.states('a'), ['2 loading', '1 available'])
  at.write('b/2/saved_model.pb')
  await at.settle()
  t.same(at.states('b'), ['2 available'])
  at.write('a/3/saved_model.pb')
  await at.settle()
  t.same(at.states('a'), ['3 available', '2 loading'])
  open()
  await slow
  await at.repository.left()
  t.same(at.states('a'), ['3 available'], 'the late one goes as it came')
})

t.test('what an engine has lost is told again once its folder is back', async t => {
  let lost = false
  const at = build(t, { r: { a: { 1: model() } } }, { sourceIn: root => ({ kind: 'folder', folder: join(root, 'r') }), engine: { statusOf: () => lost ? undefined : { state: 'AVAILABLE', errorCode: 0, errorMessage: '' } } })
  await at.start()
  renameSync(join(at.root, 'r'), join(at.root, 's'))
  lost = true
  await at.settle()
  t.match(at.repository.faults(), [{ model: 'repository', required: false, reason: /ENOENT/ }])
  t.equal(at.engine.pushed.length, 1, 'not while it is away')
  renameSync(join(at.root, 's'), join(at.root, 'r'))
  await at.repository.sync('watch')
  t.equal(at.engine.pushed.length, 1, 'not at the first sight')
  while (at.engine.pushed.length === 1) {
    await at.settle()
    await new Promise(resolve => { setImmediate(resolve) })
  }
  t.same(at.states('a'), ['1 available'])
  t.same(at.repository.faults(), [])
})

t.test('a pipe, a socket or a link that leads nowhere in place of a file is refused, and hangs nobody', { skip: process.platform === 'win32' && 'no pipes' }, async t => {
  const { execFileSync } = await import('node:child_process')
  const { symlinkSync, mkdirSync } = await import('node:fs')
  const at = build(t, { a: { 1: model() }, b: { 1: model() }, c: { 1: {} } })
  execFileSync('mkfifo', [join(at.root, 'c/1/saved_model.pb'), join(at.root, 'b/model.yaml')])
  await at.start()
  t.match(at.registry.get('c')?.versions, [{ state: 'failed', reason: 'it cannot be read whole: saved_model.pb is a pipe, not a file' }])
  t.match(at.repository.faults(), [{ model: 'b', required: true, reason: /model\.yaml is not a file/ }])
  mkdirSync(join(at.root, 'a/2/variables'), { recursive: true })
  writeFileSync(join(at.root, 'a/2/saved_model.pb'), '')
  symlinkSync('loop', join(at.root, 'a/2/variables/loop'))
  await at.settle()
  t.match(at.registry.get('a')?.versions, [{ version: 2n, state: 'failed', reason: /variables\/loop is a link that leads nowhere/ }, { version: 1n, state: 'available' }])
})
