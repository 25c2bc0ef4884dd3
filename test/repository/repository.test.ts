import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { Engine } from '../../src/engine/engine.js'
import { OutriggerError } from '../../src/errors.js'
import { Registry } from '../../src/inference/registry.js'
import { enginePicker } from '../../src/repository/engine-picker.js'
import { Repository, type RepositoryOptions } from '../../src/repository/repository.js'
import { fakeEngine, type FakeEngineOptions } from '../helpers/fake-engine.js'

const savedModel = () => ({ 'saved_model.pb': '' })
const handler = { description: { input: undefined, output: undefined, mediaTypes: [], preprocess: false, postprocess: false }, evaluate: async () => ({ mediaType: 'text/plain', body: Buffer.alloc(0) }), close: async () => {} }

function build (t: Test, folder: object, options: Partial<RepositoryOptions> & { engine?: FakeEngineOptions } = {}) {
  const registry = new Registry()
  const engine = fakeEngine(options.engine)
  const repository = new Repository({
    source: { kind: 'folder', folder: t.testdir(folder as never) },
    registry,
    log: pino({ level: 'silent' }),
    engineFor: () => engine,
    signaturesOf: async () => new Map([['serving_default', { name: 'serving_default', methodName: '', inputs: new Map(), outputs: new Map() }]]),
    loadHandler: async () => handler,
    assigningSignatures: async () => new Set(['count']),
    onLive: () => {},
    loadWithinMs: 1000,
    ...options
  })
  return { registry, engine, repository }
}

t.test('every chosen version goes live; the list is pushed once and whole', async t => {
  const live: string[] = []
  const { registry, engine, repository } = build(t, { a: { 1: savedModel(), 2: { ...savedModel(), 'handler.ts': '' } }, b: { 'model.yaml': 'versions: all\nlabels: {old: 1}\nretry: false\ntimeout: 1s', 1: savedModel(), 3: savedModel() } }, { onLive: ({ model, version }, seconds) => { live.push(`${model} ${version}`); t.ok(seconds >= 0) } })
  t.equal(repository.loading(), true)
  await repository.find()
  await repository.load()
  t.equal(repository.loading(), false)
  t.strictSame(live.sort(), ['a 2', 'b 1', 'b 3'])
  t.strictSame(engine.pushed.map(list => list.map(({ name, versions }) => [name, versions])), [[['a', [2n]], ['b', [3n, 1n]]]])
  t.strictSame(registry.list().map(({ name, versions }) => [name, versions.map(({ version, state }) => [version, state])]), [['a', [[2n, 'available']]], ['b', [[3n, 'available'], [1n, 'available']]]])
  t.equal(registry.resolve('a').handler, handler)
  t.strictSame(['', 'serving_default', 'count'].map(registry.resolve('a').mayResend), [true, true, false])
  t.match(registry.resolve('a').handlerChecksum, /^[0-9a-f]{64}$/)
  t.equal(registry.resolve('b', { label: 'old' }).version, 1n)
  t.equal(registry.resolve('b').mayResend(''), false, 'retry: false')
  t.equal(registry.get('b')?.timeoutMs, 1000)
  t.equal(registry.defaultModel, undefined, 'two models: none is the default')
})

t.test('the only model is the default one', async t => {
  const { registry, repository } = build(t, { a: { 1: savedModel() } })
  await repository.find()
  await repository.load()
  t.equal(registry.defaultModel, 'a')
})

t.test('a version that fails in the child says why, its neighbours serve', async t => {
  const { registry, repository } = build(t, { a: { 'model.yaml': 'versions: all', 1: savedModel(), 2: savedModel(), 3: savedModel() } }, {
    engine: { push: async () => { throw new OutriggerError('MODEL_FAILED', '1 model(s) did not become available') }, statusOf: (_model, version) => version === 2n ? { state: 'END', errorCode: 11, errorMessage: 'broken file' } : version === 3n ? undefined : { state: 'AVAILABLE', errorCode: 0, errorMessage: '' } }
  })
  await repository.find()
  await repository.load()
  t.match(registry.get('a')?.versions.map(({ version, state, reason }) => ({ version, state, reason })), [
    { version: 3n, state: 'failed', reason: /did not become available/ }, { version: 2n, state: 'failed', reason: 'broken file' }, { version: 1n, state: 'available', reason: undefined }
  ])
})

t.test('a handler that does not load keeps its version out', async t => {
  const { registry, repository } = build(t, { a: { 1: { ...savedModel(), 'handler.ts': '' } } }, { loadHandler: async () => { throw new OutriggerError('HANDLER_LOAD', 'line 3: enum') } })
  await repository.find()
  await repository.load()
  t.match(registry.get('a')?.versions[0], { state: 'failed', reason: 'line 3: enum' })
  t.throws(() => registry.resolve('a'), { code: 'MODEL_NOT_FOUND' })
})

t.test('folders and settings at fault are named', async t => {
  const { repository } = build(t, { bad: { 'model.yaml': 'x: 1', 1: savedModel() }, empty: { 'model.yaml': 'required: false' }, absent: { 'model.yaml': 'versions: [7]', 1: savedModel() } })
  await repository.find()
  await repository.load()
  t.match(repository.faults(), [
    { model: 'absent', required: true, reason: /no complete version folder/ }, { model: 'bad', required: true, reason: /not a known key/ }, { model: 'empty', required: false, reason: /no complete version folder/ }
  ])
})

t.test('close ends handlers, and nothing goes live after it', async t => {
  let closed = 0
  const { registry, repository } = build(t, { a: { 1: { ...savedModel(), 'handler.ts': '' } } }, { loadHandler: async () => ({ ...handler, close: async () => { closed++ } }) })
  await repository.find()
  await repository.load()
  await repository.close()
  t.equal(closed, 1)
  t.equal(registry.list().length, 1)
})

t.test('which engine', async t => {
  const kinds = (wish: 'auto' | 'tensorflow' | 'embedded', found: boolean) => {
    const picker = enginePicker(kind => fakeEngine({ kind }) as Engine, wish, () => found)
    return [picker.engineFor('saved-model', undefined), picker.engineFor('saved-model', 'auto'), picker.engineFor('saved-model', 'embedded'), picker.engineFor('saved-model', 'tensorflow'), picker.engineFor('onnx', 'tensorflow')].map(engine => engine.kind)
  }
  t.strictSame(kinds('auto', true), ['tensorflow', 'tensorflow', 'embedded', 'tensorflow', 'embedded'])
  t.strictSame(kinds('auto', false), ['embedded', 'embedded', 'embedded', 'tensorflow', 'embedded'])
  t.strictSame(kinds('tensorflow', false), ['tensorflow', 'tensorflow', 'embedded', 'tensorflow', 'embedded'])
  t.strictSame(kinds('embedded', true), ['embedded', 'embedded', 'embedded', 'tensorflow', 'embedded'])
  const picker = enginePicker(kind => fakeEngine({ kind }) as Engine, 'auto', () => true)
  t.equal(picker.engineFor('saved-model', undefined), picker.engineFor('saved-model', undefined), 'one engine per kind')
  t.equal(picker.engines().length, 1)
})
