import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { copyModel, engines, modelsFolder, start, temporaryFolder, until, write, type Running } from './service.js'

const passenger = { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 }
const seven = readFileSync(join(modelsFolder, 'digits', '1', 'examples', 'seven-210x360.png'))

const throwing = `// Throws in as many ways as there are.
export function preprocess (request: { how: string }) {
  if (request.how === 'null') throw null
  if (request.how === 'exit') process.exit(0)
  if (request.how === 'later') { setTimeout(() => { throw new Error('too late') }, 5); return new Promise(() => {}) }
  if (request.how === 'getter') throw Object.defineProperty({}, 'message', { get () { throw new Error('no') } })
  if (request.how === 'garbage') return { y: 'nothing of this name' }
  throw new Error('the secret is in /etc/passwd')
}
`

/** A request, the status that it must get, what the answer must say (all of them), and the pointer of the field at fault. */
interface Bad { readonly what: string, readonly path: string, readonly body?: unknown, readonly type?: string, readonly status: number, readonly says?: readonly (string | RegExp)[], readonly pointer?: string }

const evaluate = '/models/titanic/evaluate'
const table: readonly Bad[] = [
  { what: 'an unknown model', path: '/models/nobody/evaluate', body: passenger, status: 404, says: ['nobody'] },
  { what: 'an unknown version', path: '/models/titanic/versions/99/evaluate', body: passenger, status: 404, says: ['99'] },
  { what: 'a version that is no number', path: '/models/titanic/versions/one/evaluate', body: passenger, status: 400, says: ['one'] },
  { what: 'a version beyond int64', path: '/models/titanic/versions/9223372036854775808/evaluate', body: passenger, status: 404 },
  { what: 'an unknown label', path: '/models/half_plus_two/labels/nobody/evaluate', body: { x: 1 }, status: 404, says: ['nobody'] },
  { what: 'an unknown route', path: '/models/titanic/evaluated', body: passenger, status: 404 },
  { what: 'a missing input', path: evaluate, body: { fare: 7, sex: 'male', embarked: 'Q', pclass: '3' }, status: 400, says: ['age'] },
  { what: 'an input that the model does not have', path: evaluate, body: { ...passenger, cabin: 'C85' }, status: 400, says: ['cabin'], pointer: '/cabin' },
  { what: 'a number given as text', path: evaluate, body: { ...passenger, fare: '7' }, status: 400, says: ['fare'], pointer: '/fare' },
  { what: 'a text given as a number', path: evaluate, body: { ...passenger, pclass: 3 }, status: 400, says: ['pclass'], pointer: '/pclass' },
  { what: 'null', path: evaluate, body: { ...passenger, age: null }, status: 400, says: ['age'] },
  { what: 'too many dimensions', path: evaluate, body: { ...passenger, fare: [[[7]]] }, status: 400, says: ['fare'] },
  { what: 'a row too wide', path: evaluate, body: { fare: [[7, 8]], sex: [['male']], embarked: [['Q']], pclass: [['3']], age: [[27]] }, status: 400, says: ['fare'] },
  { what: 'ragged rows', path: evaluate, body: { fare: [[7], [8, 9]], sex: [['male'], ['male']], embarked: [['Q'], ['Q']], pclass: [['3'], ['3']], age: [[27], [27]] }, status: 400, says: ['fare'] },
  { what: 'inputs of different lengths', path: evaluate, body: { fare: [[7], [8]], sex: [['male']], embarked: [['Q']], pclass: [['3']], age: [[27]] }, status: 400 },
  { what: 'a list where an object is wanted', path: evaluate, body: [1, 2], status: 400 },
  { what: 'no body', path: evaluate, body: '', status: 400 },
  { what: 'a body that is not JSON', path: evaluate, body: 'fare=7', status: 400, says: [/JSON/] },
  { what: 'JSON that is cut off', path: evaluate, body: '{"fare": 7, "sex": "ma', status: 400, says: [/JSON/] },
  { what: 'bytes that are no UTF-8', path: evaluate, body: Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d), status: 400 },
  { what: 'a hundred thousand brackets', path: evaluate, body: '['.repeat(100_000), status: 400 },
  { what: 'a media type that is not taken', path: evaluate, body: '<fare>7</fare>', type: 'text/xml', status: 415, says: ['text/xml', 'application/json'] },
  { what: 'a picture for a model that takes none', path: evaluate, body: seven, type: 'image/png', status: 415 },
  { what: 'a form without its boundary', path: evaluate, body: 'x', type: 'multipart/form-data', status: 400 },
  { what: 'a signature that is not there', path: `${evaluate}?signature=nobody`, body: passenger, status: 400, says: ['nobody'] },
  { what: 'a body above the limit', path: evaluate, body: JSON.stringify({ ...passenger, sex: 'x'.repeat(300_000) }), status: 413, says: ['262144'] },
  { what: 'a picture that is none', path: '/models/digits/evaluate', body: 'not a picture', type: 'image/png', status: 422, says: ['picture'], pointer: '/picture' },
  { what: 'a picture that is cut off', path: '/models/digits/evaluate', body: seven.subarray(0, 1500), type: 'image/png', status: 422, pointer: '/picture' },
  { what: 'an empty picture', path: '/models/digits/evaluate', body: new Uint8Array(0), type: 'image/png', status: 422 },
  { what: 'base64 that is none', path: '/models/digits/evaluate', body: { picture: '*' }, status: 422, pointer: '/picture' },
  { what: 'a handler input that its schema refuses', path: '/models/half_plus_two/evaluate', body: { x: 'one' }, status: 422, pointer: '/x' },
  { what: 'a handler that throws', path: '/models/throwing/evaluate', body: { how: 'error' }, status: 500, says: ['throwing'] },
  { what: 'a handler that throws null', path: '/models/throwing/evaluate', body: { how: 'null' }, status: 500, says: ['throwing'] },
  { what: 'a handler that throws something wicked', path: '/models/throwing/evaluate', body: { how: 'getter' }, status: 500, says: ['throwing'] },
  { what: 'a handler that throws when nobody waits', path: '/models/throwing/evaluate', body: { how: 'later' }, status: 500, says: ['throwing'] },
  { what: 'a handler that exits', path: '/models/throwing/evaluate', body: { how: 'exit' }, status: 500, says: ['throwing'] },
  { what: 'a handler that returns garbage', path: '/models/throwing/evaluate', body: { how: 'garbage' }, status: 500, says: ['throwing'] }
]

const v1: readonly Bad[] = [
  { what: 'an unknown model', path: '/v1/models/nobody:predict', body: { instances: [1] }, status: 404 },
  { what: 'not JSON', path: '/v1/models/half_plus_two:predict', body: 'x', status: 400 },
  { what: 'neither instances nor inputs', path: '/v1/models/half_plus_two:predict', body: {}, status: 400 },
  { what: 'a wrong type', path: '/v1/models/half_plus_two:predict', body: { instances: ['one'] }, status: 400 },
  { what: 'a verb that is none', path: '/v1/models/half_plus_two:shout', body: { instances: [1] }, status: 400 },
  { what: 'a body above the limit', path: '/v1/models/half_plus_two:predict', body: JSON.stringify({ instances: Array(70_000).fill(1.5) }), status: 413 }
]

async function stillWorks (service: Running): Promise<boolean> {
  const [answer, health] = await Promise.all([service.post(evaluate, passenger), service.call('/health')])
  return answer.status === 200 && health.status === 200
}

/** Sends bytes as they are and returns what comes back until the other side closes. */
async function raw (service: Running, text: string): Promise<string> {
  const { hostname, port } = new URL(service.url)
  return await new Promise((resolve, reject) => {
    let got = ''
    const socket = connect(Number(port), hostname, () => { socket.end(text) })
    socket.setEncoding('utf8').on('data', (chunk: string) => { got += chunk }).on('close', () => { resolve(got) }).on('error', reject)
  })
}

for (const engine of engines) {
  t.test(`${engine.name}: bad input gets a clear error and harms nothing`, async t => {
    const models = temporaryFolder(t)
    for (const [from, name, version] of [['titanic/1', 'titanic', '1'], ['digits/1', 'digits', '1'], ['half_plus_two/2', 'half_plus_two', '2']] as const) copyModel(models, from, name, version, { handler: true })
    write(copyModel(models, 'half_plus_two/1', 'throwing'), { 'handler.ts': throwing })
    const service = await start(t, { engine, models, flags: ['--body-limit', '256KiB'] })

    t.test('evaluate', async t => {
      for (const { what, path, body, type = 'application/json', status, says = [], pointer } of table) {
        const answer = await service.post(path, body, { 'content-type': type })
        t.equal(answer.status, status, `${what}: ${answer.text.slice(0, 300)}`)
        t.match(answer.headers.get('content-type'), /^application\/problem\+json/, what)
        t.match(answer.json, { status, title: /./, detail: /./, error: /./, code: /^[A-Z_]+$/, request_id: /./ }, what)
        for (const text of says) t.match(answer.json.detail, text, what)
        if (pointer !== undefined) t.match(answer.json.errors, [{ pointer, detail: /./ }], what)
        t.notMatch(answer.text, /\n\s+at |node:internal|passwd|node_modules/, `${what}: no stack, no secret`)
      }
      t.ok(await stillWorks(service))
    })

    t.test("TensorFlow Serving's REST, in its own form", async t => {
      for (const { what, path, body, status } of v1) {
        const answer = await service.post(path, body)
        t.equal(answer.status, status, `${what}: ${answer.text.slice(0, 200)}`)
        t.same(Object.keys(answer.json), ['error'], what)
        t.type(answer.json.error, 'string')
      }
    })

    t.test('a body that ends early, a head that is none, a body that inflates above the limit', async t => {
      const short = await raw(service, `POST ${evaluate} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"fare": 7`)
      t.ok(short === '' || / 400 /.test(short.split('\r\n', 1)[0]!), short.slice(0, 200))
      t.match(await raw(service, 'NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 /)
      t.match(await raw(service, `GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(100_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
      const bomb = gzipSync(Buffer.from(JSON.stringify({ instances: Array(200_000).fill(0) })))
      t.ok(bomb.length < 10_000)
      t.equal((await service.post('/v1/models/half_plus_two:predict', bomb, { 'content-encoding': 'gzip' })).status, 413)
      t.ok(await stillWorks(service))
    })

    t.test('every 500 is in the log once, with the model; none of the others is an error there', async t => {
      const failures = table.filter(({ status }) => status === 500).length
      await until('the log has them', () => service.lines.filter(line => line.level === 'error' && /throwing/.test(JSON.stringify(line))).length >= failures, 5000)
      t.equal(service.lines.filter(line => line.level === 'fatal').length, 0)
      t.notOk(service.lines.some(line => line.level === 'error' && !/throwing/.test(JSON.stringify(line))), 'the caller\'s faults are no errors of ours')
    })

    t.test('all these answers are as the OpenAPI document says', async t => await service.checkAnswers(t))
  })
}
