import t from 'tap'
import type { OutriggerError } from '../../src/errors.js'
import { Registry, type VersionEntry } from '../../src/inference/registry.js'
import { readExamples, runExample, runExamples } from '../../src/repository/examples.js'
import { predictModelOf } from '../../src/repository/predict-model.js'
import { readPredictRequest, writePredictResponse } from '../../src/tensor/proto/predict.js'
import type { Signature } from '../../src/tensor/tensor.js'
import { fakeEngine } from '../helpers/fake-engine.js'
import { modelEntry, versionEntry } from '../helpers/still-engine.js'

const signature: Signature = { name: 'serving_default', methodName: '', inputs: new Map([['x', { dtype: 'DT_FLOAT', shape: [-1] }]]), outputs: new Map([['x', { dtype: 'DT_FLOAT', shape: [-1] }]]) }
const echo = () => fakeEngine({ call: async (_path, bytes) => { const { model, inputs } = readPredictRequest(bytes); return writePredictResponse({ model, outputs: inputs }) } })
const entryOf = (folder: string, more: Partial<VersionEntry> = {}): VersionEntry => versionEntry(echo(), 'm', 3n, { folder, state: 'loading', signatures: new Map([['serving_default', signature]]), ...more })
const options = { timeoutMs: 5000, predictModel: predictModelOf(new Registry()) }

t.test('examples of a version that is not live are asked of exactly this version', async t => {
  const folder = t.testdir({ examples: { 'b.json': '{"request": {"x": [1, 2]}, "response": {"x": [1, 2.00001]}, "tolerance": 0.001}', 'a.json': '{"request": {"x": [7]}}', 'note.txt': 'no example' } })
  t.same((await readExamples(folder)).map(({ name }) => name), ['a', 'b'])
  const entry = entryOf(folder)
  await runExamples(entry, options)
  t.same((entry.engine as ReturnType<typeof echo>).calls.map(({ request }) => readPredictRequest(request).model.version), [3n, 3n])
})

t.test('every difference is told, with the example and the place', async t => {
  const folder = t.testdir({ examples: { 'a.json': '{"request": {"x": [1, 2]}, "response": [1, 3]}', 'b.json': '{"request": {"y": 1}, "response": 1}', 'c.json': '{"request": {"x": [1]}, "signature": "no"}' } })
  const error = await runExamples(entryOf(folder), options).then(() => undefined, (reason: unknown) => reason as OutriggerError)
  t.equal(error?.code, 'MODEL_EXAMPLE')
  t.match(error?.message, /^example a: .*expected .*got/)
  t.match(error?.message, /^example b: REQUEST_INVALID: /m)
  t.match(error?.message, /^example c: MODEL_SIGNATURE: /m)
})

t.test('files that are no examples', async t => {
  const cases = { 'not JSON': '{', 'no request': '{"response": 1}', 'an unknown key': '{"request": 1, "answer": 2}', 'a bad tolerance': '{"request": 1, "tolerance": -1}', 'a bad signature': '{"request": 1, "signature": 1}' }
  for (const [what, text] of Object.entries(cases)) await t.rejects(readExamples(t.testdir({ examples: { 'x.json': text } })), { code: 'MODEL_EXAMPLE', message: /x\.json/ }, what)
  t.same(await readExamples(t.testdir({})), [])
})

t.test('answers that are no JSON', async t => {
  const answer = (mediaType: string, text: string) => entryOf('/nowhere', { handler: { description: { input: undefined, output: undefined, mediaTypes: [], preprocess: true, postprocess: true }, evaluate: async () => ({ mediaType, body: Buffer.from(text) }), close: async () => {} } })
  const run = async (entry: VersionEntry, response: unknown) => (await runExample(entry, { name: 'e', request: 1, response }, options)).fault
  t.equal(await run(answer('text/plain; charset=utf-8', 'hello'), 'hello'), undefined)
  t.equal(await run(answer('image/png', 'hello'), { b64: 'aGVsbG8=' }), undefined)
  t.match(await run(answer('application/json', '{"a": 1}'), { a: 2 }), /^\/a: expected 2, got 1$/)
})

t.test('a handler may ask a model that is still loading', async t => {
  const registry = new Registry()
  const other = versionEntry(echo(), 'other', 1n, { state: 'loading', signatures: new Map([['serving_default', signature]]) })
  registry.put(modelEntry('other', [other]))
  const ask = predictModelOf(registry)('other', { x: { dtype: 'DT_FLOAT', shape: [1], data: new Float32Array([4]) } }, { deadline: Date.now() + 10_000, signal: new AbortController().signal })
  setImmediate(() => { other.state = 'available' })
  t.same([...(await ask).x!.data as Float32Array], [4])
  await t.rejects(predictModelOf(registry)('absent', {}, { deadline: Date.now() + 10_000, signal: new AbortController().signal }), { code: 'MODEL_NOT_FOUND' })
})
