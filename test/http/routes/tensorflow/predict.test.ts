// http/routes/tensorflow/predict.ts: order of checks, what reaches the model, what comes back. The dialect itself: test/tensor/json.
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { now } from '../../../../src/clock.js'
import { OutriggerError } from '../../../../src/errors.js'
import { modelEntry, versionEntry } from '../../../helpers/still-engine.js'
import { signature, tensorflowApp } from '../../../helpers/tensorflow-app.js'

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

/** Sends bodies at the same time, each over a connection of its own, a piece of one after a piece of another; `between` is called when half of each is out. Resolves with the answers. */
async function sendTogether (app: FastifyInstance, bodies: readonly string[], between: () => void = () => {}): Promise<string[]> {
  const port = (app.server.address() as AddressInfo).port
  const requests = bodies.map(body => request({ port, host: '127.0.0.1', path: '/v1/models/m:predict', method: 'POST', headers: { 'content-length': Buffer.byteLength(body) } }))
  const answers = requests.map(async sent => await text((await once(sent, 'response'))[0] as IncomingMessage))
  for (let part = 0; part < 8; part++) {
    if (part === 4) between()
    for (const [i, body] of bodies.entries()) {
      const piece = body.slice(body.length * part / 8, body.length * (part + 1) / 8)
      await new Promise(resolve => { requests[i].write(piece, resolve) })
    }
  }
  for (const sent of requests) sent.end()
  return await Promise.all(answers)
}

const numbers = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)

t.test('large bodies that arrive together keep apart, time and again', async t => {
  const { app } = await tensorflowApp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  for (let round = 0; round < 4; round++) {
    const sent = numbers(0, 5).map(i => numbers((round * 5 + i) * 1000, 30_000))
    const answers = await sendTogether(app, sent.map((values, i) => JSON.stringify(i % 2 === 0 ? { instances: values } : { inputs: { x: values } })))
    for (const [i, answer] of answers.entries()) {
      const { predictions, outputs } = JSON.parse(answer) as Record<string, unknown>
      t.same(predictions ?? outputs, sent[i], `round ${round}, body ${i}`)
    }
  }
})

t.test('a large body is answered, and refused, as a small one', async t => {
  const { app } = await tensorflowApp(t)
  const padding = ' '.repeat(100_000)
  for (const body of ['{"instances":[1,2]}', '{"instances":[1,null]}', '{"instances":[1,2', '{"instances":[[1],[2,3]]}', '{"instances":[NaN]}', '{"inputs":{"y":[1]}}', '{"signature_name":"none","instances":[1]}', '{"instances":[1]}}', '']) {
    for (const url of ['/v1/models/m:predict', '/v1/models/none:predict', '/v1/models/m/versions/4:predict', '/v1/models/m:nothing']) {
      const [small, large] = [await app.inject(post(url, body)), await app.inject(post(url, body.replace(/.$/, last => `${padding}${last}`) + padding))]
      if (body === '') t.equal(large.statusCode, small.statusCode, url)
      else t.same([large.statusCode, large.body.replaceAll(padding, '').replace(/Offset: \d+/i, '')], [small.statusCode, small.body.replace(/Offset: \d+/i, '')], `${url} ${body}`)
    }
  }
})

t.test('the version that answers is the one that is live when the body is there', async t => {
  const { app, engine, predicted, registry } = await tensorflowApp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const signatures = new Map([['serving_default', signature('serving_default', { x: 'DT_INT32' })]])
  const [answer] = await sendTogether(app, [JSON.stringify({ instances: numbers(0, 30_000) })], () => { registry.put(modelEntry('m', [versionEntry(engine, 'm', 6n, { signatures })])) })
  t.match(answer, /^\{\n {4}"predictions": \[0, 1, 2,/)
  t.equal(predicted[0].model.version, 6n)
  t.equal(predicted[0].inputs['x']?.dtype, 'DT_INT32')
})

t.test('a large answer goes out whole, of a small body and of a large one', async t => {
  const y = Float32Array.from({ length: 200_000 }, (_, i) => i / 4)
  const { app } = await tensorflowApp(t, { outputs: ({ inputs }) => ({ y: inputs['x']!.data.length === 1 ? { dtype: 'DT_FLOAT', shape: [1, y.length], data: y } : inputs['x']! }) })
  const ask = async (payload: string): Promise<number[][]> => {
    const answer = await app.inject({ method: 'POST', url: '/v1/models/m:predict', payload })
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['content-length'], String(answer.rawPayload.length))
    return (answer.json() as { predictions: number[][] }).predictions
  }
  t.equal(JSON.stringify(await ask('{"instances": [1]}')), JSON.stringify([[...y]]))
  const large = `[${y.join(',')}]`
  t.equal(JSON.stringify(await ask(`{"instances": [{"x": ${large}}]}`)), `[${large}]`)
})
