// http/routes/tensorflow/predict.ts: order of checks, what reaches the model, what comes back. The dialect itself: test/tensor/json.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { now } from '../../../../src/clock.js'
import { OutriggerError } from '../../../../src/errors.js'
import { tensorflowApp } from '../../../helpers/tensorflow-app.js'

const post = (url: string, payload: string | Buffer, headers: Record<string, string> = {}) => ({ method: 'POST' as const, url, payload, headers })

t.test('row and columnar', async t => {
  const { app, predicted } = await tensorflowApp(t)
  const row = await app.inject(post('/v1/models/m:predict', '{"instances":[1,2.5]}', { 'content-type': 'application/x-www-form-urlencoded' }))
  t.equal(row.statusCode, 200)
  t.equal(row.body, '{\n    "predictions": [1.0, 2.5\n    ]\n}')
  t.equal(row.headers['content-type'], 'application/json')
  t.equal(row.headers['outrigger-model-version'], '5')
  t.same(predicted[0].model, { name: 'm', version: 5n, versionLabel: undefined, signatureName: '' })
  const column = await app.inject(post('/V1/Models/m:predict?a=b', '{"signature_name":"other","inputs":[1]}'))
  t.equal(column.body, '{\n    "outputs": [\n        1.0\n    ]\n}')
  t.equal(predicted[1].model.signatureName, 'other')
})

t.test('version and label are resolved here and pinned', async t => {
  const { app, predicted } = await tensorflowApp(t)
  for (const part of ['versions/3', 'labels/stable', 'versions/0003']) {
    const answer = await app.inject(post(`/v1/models/m/${part}:predict`, '{"instances":[1]}'))
    t.equal(answer.headers['outrigger-model-version'], '3')
    t.equal(predicted.at(-1)?.model.version, 3n)
  }
})

t.test('order of checks', async t => {
  const { app, predicted } = await tensorflowApp(t)
  const cases: [string, string, number, RegExp][] = [
    ['m/version/1:predict', '{', 400, /^Malformed request: POST \/v1\/models\/m\/version\/1:predict$/],
    ['m/versions/9223372036854775808:predict', '{', 400, /^Failed to convert version/],
    ['none:predict', '{', 400, /^JSON Parse error/],
    ['none:predict', '[]', 400, /Is not object$/],
    ['none:predict', '{"signature_name":1}', 400, /'signature_name' key must be a string value/],
    ['none:predict', '{"instances":[]}', 404, /^Servable not found for request: Latest\(none\)$/],
    ['m/versions/9:predict', '{"instances":[]}', 404, /^Servable not found for request: Specific\(m, 9\)$/],
    ['none/labels/x:predict', '{}', 400, /^Unrecognized servable version label: x$/],
    ['m:predict', '{"signature_name":"s","instances":[]}', 400, /^Serving signature name: "s" not found in signature def$/],
    ['m:predict', '{"instances":[]}', 400, /No values in 'instances' array$/],
    ['m:predict', '', 400, /^JSON Parse error: The document is empty$/]
  ]
  for (const [path, body, status, message] of cases) {
    const answer = await app.inject(post(`/v1/models/${path}`, body))
    t.equal(answer.statusCode, status, path)
    t.match((answer.json() as { error: string }).error, message)
    t.equal(answer.headers['content-type'], 'application/json')
    t.notOk(answer.headers['outrigger-model-version'])
  }
  t.equal(predicted.length, 0)
})

t.test('a compressed body, within its limit', async t => {
  const { app } = await tensorflowApp(t, { inflateLimit: 1000 })
  const send = async (body: Buffer): Promise<number> => (await app.inject(post('/v1/models/m:predict', body, { 'content-encoding': 'gzip' }))).statusCode
  t.equal(await send(gzipSync('{"instances":[1]}')), 200)
  t.equal(await send(Buffer.from('{"instances":[1]}')), 400)
  t.equal(await send(gzipSync(' '.repeat(100_000))), 413)
})

t.test('what the model or its answer does wrong', async t => {
  const failing = await tensorflowApp(t, { outputs: () => { throw new OutriggerError('MODEL_INVALID_ARGUMENT', 'bad\n\t [[{{node "x"}}]]') } })
  const refused = await failing.app.inject(post('/v1/models/m:predict', '{"instances":[1]}'))
  t.equal(refused.statusCode, 400)
  t.same(refused.json(), { error: 'bad\n\t [[{{node "x"}}]]' })
  const scalar = await tensorflowApp(t, { outputs: () => ({ y: { dtype: 'DT_FLOAT', shape: [], data: new Float32Array(1) } }) })
  const unshown = await scalar.app.inject(post('/v1/models/m:predict', '{"instances":[1]}'))
  t.equal(unshown.statusCode, 400)
  t.same(unshown.json(), { error: 'Tensor name: y has no shape information ' })
  t.equal((await scalar.app.inject(post('/v1/models/m:predict', '{"inputs":[1]}'))).statusCode, 200)
  const broken = await tensorflowApp(t, { outputs: () => { throw new TypeError('a secret of ours') } })
  const internal = await broken.app.inject(post('/v1/models/m:predict', '{"instances":[1]}'))
  t.equal(internal.statusCode, 500)
  t.notMatch(internal.body, /secret/)
})

t.test("a model's own limit lowers the deadline", async t => {
  const { app, engine } = await tensorflowApp(t, { timeoutMs: 1000 })
  const before = now()
  await app.inject(post('/v1/models/m:predict', '{"instances":[1]}'))
  t.ok(engine.calls[0].options.deadline <= now() + 1000)
  t.ok(engine.calls[0].options.deadline >= before + 1000)
})
