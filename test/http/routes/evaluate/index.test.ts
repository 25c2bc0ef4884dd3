// POST evaluate over HTTP: which model answers, bodies of every kind, what is refused and how.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { OutriggerError } from '../../../../src/errors.js'
import type { Service } from '../../../../src/http/service.js'
import type { Tensors } from '../../../../src/tensor/tensor.js'
import { answer, loadFrom, signature, sumRows, twoToOne } from '../../../handlers/kit.js'
import { build, model, version } from './service.js'

const passenger = signature({ fare: ['DT_FLOAT', [-1, 1]], sex: ['DT_STRING', [-1, 1]] }, { survived: ['DT_FLOAT', [-1, 1]] })
const other = signature({ z: ['DT_INT64', [-1]] }, { z: ['DT_INT64', [-1]] }, 'echo')

/** Answers 0.1 for each row; the signature `echo` answers its input; model `sum` sums. */
const predict: Service['predict'] = async (entry, inputs, { signature }) => {
  if (entry.model === 'sum') return await sumRows(inputs)
  if (signature === 'echo') return { z: inputs.z! }
  const rows = inputs.fare!.shape[0]!
  return { survived: { dtype: 'DT_FLOAT', shape: [rows, 1], data: new Float32Array(rows).fill(0.1) } }
}

const titanic = model('titanic', [version('titanic', 3n, [passenger, other]), version('titanic', 2n, [passenger], { state: 'failed', reason: 'broken' }), version('titanic', 1n, [passenger])], { labels: new Map([['stable', 1n], ['gone', 9n]]) })
const plain = '{"fare": 7, "sex": "male"}'
const json = { 'content-type': 'application/json' }

t.test('answers', async t => {
  const { app, stages } = await build(t, [titanic, model('sum', [version('sum', 1n, [twoToOne])])], predict, { defaultModel: 'titanic' })
  for (const [url, by] of [['/evaluate', '3'], ['/models/titanic/evaluate', '3'], ['/models/titanic/versions/1/evaluate', '1'], ['/models/titanic/versions/0001/evaluate', '1'], ['/models/titanic/labels/stable/evaluate', '1']] as const) {
    const { statusCode, headers, body } = await app.inject({ method: 'POST', url, headers: json, body: plain })
    t.same([statusCode, headers['content-type'], headers['outrigger-model-version'], body], [200, 'application/json', by, '{"survived":0.1}'], url)
  }
  t.same(stages.slice(0, 3), ['preprocess titanic 3', 'predict titanic 3', 'postprocess titanic 3'])
  t.equal((await app.inject({ method: 'POST', url: '/evaluate', headers: { 'content-type': 'Application/JSON; charset=utf-8' }, body: '{"fare": [[7],[9]], "sex": [["male"],["female"]]}' })).body, '{"survived":[[0.1],[0.1]]}')
  t.equal((await app.inject({ method: 'POST', url: '/evaluate', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: plain })).statusCode, 200, 'curl -d without a media type')
  t.equal((await app.inject({ method: 'POST', url: '/evaluate?signature=echo', headers: json, body: '{"z": [9007199254740993]}' })).body, '{"z":[9007199254740993]}')
  t.equal((await app.inject({ method: 'POST', url: '/evaluate', headers: { ...json, 'outrigger-signature': 'echo' }, body: '{"z": 9007199254740993}' })).body, '{"z":9007199254740993}')

  const form = new FormData()
  form.append('fare', '7')
  form.append('sex', 'mâle')
  const request = new Request('http://x', { method: 'POST', body: form })
  t.equal((await app.inject({ method: 'POST', url: '/evaluate', headers: { 'content-type': request.headers.get('content-type')! }, body: Buffer.from(await request.arrayBuffer()) })).body, '{"survived":0.1}')
  t.equal((await app.inject({ method: 'POST', url: '/models/sum/evaluate', headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from(Float32Array.of(1, 2, 3, 4).buffer) })).body, '{"y":[[3],[7]]}')
  t.equal((await app.inject({ method: 'POST', url: '/models/sum/evaluate', headers: { 'content-type': 'application/octet-stream', 'outrigger-shape': '1, 2' }, body: Buffer.from(Float32Array.of(1, 2).buffer) })).body, '{"y":3}')
})

t.test('refusals', async t => {
  const { app } = await build(t, [titanic, model('loading', [version('loading', 1n, [], { state: 'loading' })])], predict)
  const truncated = Buffer.from('--b\r\nContent-Disposition: form-data; name="fare"\r\n\r\n7')
  for (const [url, headers, body, status, code, detail] of [
    ['/evaluate', json, plain, 404, 'MODEL_NOT_FOUND', /No model is the default one; .* There are: loading, titanic/],
    ['/models/nobody/evaluate', json, plain, 404, 'MODEL_NOT_FOUND', /There is no model nobody; there are: loading, titanic/],
    ['/models/titanic/versions/9/evaluate', json, plain, 404, 'MODEL_NOT_FOUND', /has no version 9; it has: 3, 2, 1/],
    ['/models/titanic/versions/99999999999999999999/evaluate', json, plain, 404, 'MODEL_NOT_FOUND', /has no version 99999999999999999999/],
    ['/models/titanic/versions/x/evaluate', json, plain, 400, 'REQUEST_INVALID', /A version is a whole number/],
    ['/models/titanic/labels/nope/evaluate', json, plain, 404, 'MODEL_NOT_FOUND', /has no label nope; it has: stable, gone/],
    ['/models/titanic/labels/gone/evaluate', json, plain, 404, 'MODEL_NOT_FOUND', /has no version 9/],
    ['/models/titanic/versions/2/evaluate', json, plain, 503, 'MODEL_NOT_READY', /could not be loaded/],
    ['/models/loading/evaluate', json, plain, 503, 'MODEL_NOT_READY', /still loading/],
    ['/models/titanic/evaluate?signature=none', json, plain, 400, 'MODEL_SIGNATURE', /has no signature none; it has serving_default, echo/],
    ['/models/titanic/evaluate?signature=a&signature=b', json, plain, 400, 'REQUEST_INVALID', /more than one signature/],
    ['/models/titanic/evaluate', json, '{"fare": "7", "sex": 1}', 400, 'REQUEST_INVALID', /\/fare must be a number \(float32\), not a string \(and 1 more\)/],
    ['/models/titanic/evaluate', json, '{"fare": 7,', 400, 'REQUEST_NOT_JSON', /not valid JSON/],
    ['/models/titanic/evaluate', json, '', 400, 'REQUEST_NOT_JSON', /empty/],
    ['/models/titanic/evaluate', { 'content-type': 'text/csv' }, 'a,b', 415, 'REQUEST_MEDIA_TYPE', /text\/csv is not taken here; taken are application\/json, multipart\/form-data/],
    ['/models/titanic/evaluate', { 'content-type': 'application/x-www-form-urlencoded' }, 'fare=7', 415, 'REQUEST_MEDIA_TYPE', /taken are/],
    ['/models/titanic/evaluate', { 'content-type': 'multipart/form-data; boundary=b' }, truncated, 400, 'REQUEST_INVALID', /cut off or malformed/],
    ['/models/titanic/evaluate', { 'content-type': 'multipart/form-data' }, 'x', 400, 'REQUEST_INVALID', /names no boundary/],
    ['/models/titanic/evaluate', { ...json, 'outrigger-shape': '1,x' }, plain, 400, 'REQUEST_INVALID', /outrigger-shape/],
  ] as const) {
    const answered = await app.inject({ method: 'POST', url, headers, body })
    const problem = answered.json() as { code: string, detail: string, model?: string }
    t.match([answered.statusCode, problem.code, problem.detail], [status, code, detail], `${url} ${String(body).slice(0, 30)}`)
    t.match(answered.headers['content-type'], 'application/problem+json')
  }
  const empty = await build(t, [], predict, { phase: 'loading' })
  t.match(await empty.app.inject({ method: 'POST', url: '/models/titanic/evaluate', headers: json, body: plain }), { statusCode: 503, headers: { 'retry-after': '1' } }, 'while models are being found')
})

t.test("the model's own refusal comes through", async t => {
  const { app } = await build(t, [titanic], async () => { throw new OutriggerError('MODEL_INVALID_ARGUMENT', 'no such table') })
  const { statusCode, body } = await app.inject({ method: 'POST', url: '/models/titanic/evaluate', headers: json, body: plain })
  t.match([statusCode, JSON.parse(body)], [400, { code: 'MODEL_INVALID_ARGUMENT', detail: 'no such table', model: 'titanic', version: '3' }])
})

t.test('a handler from a folder outside the checkout', async t => {
  const { handler } = await loadFrom(t, { 'handler.ts': `
    import { InvalidInput, media, numbers, Type, type Context, type Static, type Tensors } from 'outrigger/handler'
    export const input = Type.Object({ a: Type.Number(), as: Type.Optional(Type.String()) })
    export async function preprocess (request: Static<typeof input>, context: Context) {
      if (request.as === 'loop') for (;;) {}
      if (request.as === 'twice') return { x: [[numbers((await context.models.predict('sum', { x: { dtype: 'DT_FLOAT', shape: [1, 2], data: Float32Array.of(1, 1) } })).y!)[0]!, request.a]] }
      if (request.a < 0) throw new InvalidInput('a is negative', '/a')
      if (request.a === 99) throw new Error('secret path /etc/passwd')
      context.carry.as = request.as
      return { x: [[request.a, 1]] }
    }
    export const postprocess = (outputs: Tensors, { carry }: Context) => carry.as === 'svg' ? media('image/svg+xml', '<svg/>') : { sum: numbers(outputs.y!)[0] }
  ` }, { timeoutMs: () => 1500, model: 'handled', version: 1n })
  const { app } = await build(t, [model('handled', [version('handled', 1n, [twoToOne], { handler })]), model('sum', [version('sum', 1n, [twoToOne])])], async (_entry, inputs) => await sumRows(inputs))
  const post = async (body: unknown) => await app.inject({ method: 'POST', url: '/models/handled/evaluate', headers: json, body: JSON.stringify(body) })

  t.match(await post({ a: 2 }), { statusCode: 200, body: '{"sum":3}', headers: { 'outrigger-model-version': '1' } })
  t.match(await post({ a: 2, as: 'svg' }), { statusCode: 200, body: '<svg/>', headers: { 'content-type': 'image/svg+xml' } })
  t.match(await post({ a: 2, as: 'twice' }), { statusCode: 200, body: '{"sum":4}' })
  t.match((await post({ a: -1 })).json(), { status: 422, code: 'HANDLER_INPUT', detail: 'a is negative', errors: [{ pointer: '/a' }], model: 'handled', version: '1' })
  t.match((await post({ b: 1 })).json(), { status: 422, errors: [{ pointer: '/a', detail: 'is missing' }] })
  const failed = await post({ a: 99 })
  t.match(failed.json(), { status: 500, code: 'HANDLER_FAILED', detail: /handler of model handled version 1 failed in preprocess/ })
  t.notMatch(failed.body, /passwd|handler\.ts/)

  const looping = post({ a: 1, as: 'loop' })
  t.match(await post({ a: 5 }), { statusCode: 200, body: '{"sum":6}' }, 'another request is answered while one loops')
  t.match((await looping).json(), { status: 504, code: 'HANDLER_TIMEOUT' })
  t.match(await post({ a: 5 }), { statusCode: 200 }, 'the pool healed')
  t.same(await answer(handler, { a: 1 }), { sum: 2 })
})

t.test('compressed bodies: by their coding, to the limit for bodies', async t => {
  const { app } = await build(t, [titanic], predict)
  const post = async (coding: string, body: Buffer) => await app.inject({ method: 'POST', url: '/evaluate', headers: { ...json, 'content-encoding': coding }, body })
  for (const [coding, body] of [['gzip', gzipSync(plain)], ['X-GZip', gzipSync(plain)], ['deflate', deflateSync(plain)], ['br', brotliCompressSync(plain)], ['identity', Buffer.from(plain)]] as const) {
    t.equal((await post(coding, body)).body, '{"survived":0.1}', coding)
  }
  t.match((await post('zstd', Buffer.from(plain))).json(), { status: 415, code: 'REQUEST_MEDIA_TYPE', detail: /zstd/ })
  t.match((await post('gzip', Buffer.from(plain))).json(), { status: 400, code: 'REQUEST_INVALID' })
  t.match((await post('gzip', gzipSync(Buffer.alloc(2 ** 20 + 1, 0x20)))).json(), { status: 413, code: 'REQUEST_TOO_LARGE' })
})

t.test('large bodies of numbers, read while they arrive or not, mean the same', async t => {
  const seen: Tensors[] = []
  const { app } = await build(t, [model('sum', [version('sum', 1n, [twoToOne])]), titanic], async (_entry, inputs) => {
    // A copy: their memory is gone once the answer is there.
    seen.push(structuredClone(inputs))
    return await sumRows(inputs)
  })
  const pairs = Array.from({ length: 20_000 }, (_, i) => [i, 0.5])
  const body = JSON.stringify({ x: pairs })
  for (const headers of [json, {}, { 'content-type': 'application/x-www-form-urlencoded' }, { ...json, 'content-encoding': 'gzip' }]) {
    for (let turn = 0; turn < 3; turn++) {
      const payload = 'content-encoding' in headers ? gzipSync(body, { level: 0 }) : Buffer.from(body)
      const { statusCode, body: given } = await app.inject({ method: 'POST', url: '/models/sum/evaluate', headers, payload })
      t.equal(statusCode, 200)
      t.same((JSON.parse(given) as { y: unknown }).y, pairs.map(([i]) => [i! + 0.5]), JSON.stringify(headers))
    }
  }
  t.ok(seen.every(({ x }) => (x!.data as Float32Array).every((value, i) => value === pairs[i >> 1]![i & 1])), 'what the model was given holds')
  const odd = await app.inject({ method: 'POST', url: '/models/sum/evaluate', headers: json, payload: body.replace('19999,', '"a",') })
  t.match(odd.json(), { code: 'REQUEST_INVALID', errors: [{ pointer: '/x/19999/0' }] })
  const unknown = await app.inject({ method: 'POST', url: '/models/none/evaluate', headers: json, payload: body })
  t.match(unknown.json(), { code: 'MODEL_NOT_FOUND' })
  const other = await app.inject({ method: 'POST', url: '/models/sum/evaluate?signature=none', headers: json, payload: body })
  t.match(other.json(), { code: 'MODEL_SIGNATURE' })
})
