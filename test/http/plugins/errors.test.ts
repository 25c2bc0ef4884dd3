// Every way in which a request can go wrong before or in a route, and the answer's form. Lists and docs agree both ways.
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify, { LogController, type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { errorTable, OutriggerError } from '../../../src/errors.js'
import errors, { clientErrorHandler, sendError } from '../../../src/http/plugins/errors.js'
import requestContext from '../../../src/http/plugins/request-context.js'

interface LogLine { level: number, msg: string, code?: string, err?: { message: string, stack: string } }

async function build (t: Test, bodyLimit = 100): Promise<{ app: FastifyInstance, lines: LogLine[] }> {
  const lines: LogLine[] = []
  const stream = new Writable({ write (chunk, _encoding, done) { lines.push(JSON.parse(String(chunk)) as LogLine); done() } })
  const app = Fastify({ bodyLimit, clientErrorHandler, frameworkErrors: sendError, logController: new LogController({ disableRequestLogging: true }), logger: { level: 'warn', stream } })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  app.get('/models', async () => ({}))
  app.get('/models/:model', async () => ({}))
  app.post('/models/:model/evaluate', async request => {
    request.outcome.model = 'm'
    throw new OutriggerError('HANDLER_INPUT', 'age must be a number', { version: 9007199254740993n, errors: [{ pointer: '/age', detail: 'must be a number' }] })
  })
  app.post('/v1/models/m', async () => ({}))
  app.get('/bug', async () => { throw new TypeError('secret /etc/path') })
  app.get('/null', async () => { throw null as unknown as Error })
  app.get('/busy', async () => { throw new OutriggerError('SERVICE_OVERLOADED', 'full', { retryAfterMs: 2500 }) })
  app.get('/down', async () => { throw new OutriggerError('MODEL_SERVER_UNREACHABLE', 'down') })
  app.get('/quota', async () => { throw new OutriggerError('MODEL_RESOURCE_EXHAUSTED', 'pool') })
  app.post('/checked', { schema: { body: { type: 'object', required: ['mode'], properties: { mode: { type: 'string' } } } } }, async () => ({}))
  t.teardown(() => app.close())
  return { app, lines }
}

const problem = (answer: LightMyRequestResponse): Record<string, unknown> => answer.json<Record<string, unknown>>()

t.test('an error of ours is a problem with everything that is known', async t => {
  const { app, lines } = await build(t)
  const answer = await app.inject({ method: 'POST', url: '/models/m/evaluate', payload: { a: 1 } })
  t.equal(answer.statusCode, 422)
  t.equal(answer.headers['content-type'], 'application/problem+json')
  const body = problem(answer)
  t.match(body, {
    type: 'urn:outrigger:error:HANDLER_INPUT', title: errorTable.HANDLER_INPUT.title, status: 422, detail: 'age must be a number', error: 'age must be a number',
    code: 'HANDLER_INPUT', model: 'm', version: '9007199254740993', errors: [{ pointer: '/age', detail: 'must be a number' }], request_id: 'req-1', instance: 'urn:outrigger:request:req-1'
  })
  t.equal(lines.length, 0, "the caller's fault is not logged as an error")
})

t.test('what is no error of ours tells nothing and is logged once', async t => {
  const { app, lines } = await build(t)
  const answer = await app.inject('/bug')
  t.equal(answer.statusCode, 500)
  t.equal(problem(answer).code, 'INTERNAL')
  t.notMatch(answer.body, /secret|etc|errors\.test/)
  t.equal(lines.length, 1)
  t.match(lines[0], { level: 50, code: 'INTERNAL', err: { message: 'secret /etc/path', stack: /errors\.test/ } })
  t.equal((await app.inject('/null')).statusCode, 500)
})

t.test('503 says when to come back, 429 only when it knows', async t => {
  const { app } = await build(t)
  const busy = await app.inject('/busy')
  t.equal(busy.headers['retry-after'], '3', 'rounded up to whole seconds')
  t.equal(problem(busy).retry_after_ms, 2500)
  t.equal((await app.inject('/down')).headers['retry-after'], '1')
  t.equal((await app.inject('/quota')).headers['retry-after'], undefined)
})

t.test('unknown routes and methods', async t => {
  const { app } = await build(t)
  const near = await app.inject({ method: 'POST', url: '/model/titanic/evaluat?x=1' })
  t.equal(near.statusCode, 404)
  t.match(problem(near), { code: 'ROUTE_NOT_FOUND', routes: ['POST /models/{model}/evaluate'], detail: /did you mean POST \/models\/\{model\}\/evaluate/ })
  const far = await app.inject('/completely/different/thing/altogether')
  t.equal(far.statusCode, 404)
  t.equal(problem(far).routes, undefined)
  const method = await app.inject({ method: 'DELETE', url: '/models/m/evaluate' })
  t.equal(method.statusCode, 405)
  t.equal(method.headers.allow, 'POST')
  t.equal(problem(method).code, 'ROUTE_METHOD')
  t.equal((await app.inject({ method: 'PUT', url: '/models/m' })).headers.allow, 'GET, HEAD')
})

t.test('bodies that the framework refuses', async t => {
  const { app } = await build(t)
  const large = await app.inject({ method: 'POST', url: '/models/m/evaluate', payload: { a: 'x'.repeat(200) } })
  t.equal(large.statusCode, 413)
  t.match(problem(large), { code: 'REQUEST_TOO_LARGE', detail: 'The body has 208 bytes, the limit is 100 bytes' })
  const v1 = await app.inject({ method: 'POST', url: '/v1/models/m', payload: { a: 'x'.repeat(200) } })
  t.equal(v1.statusCode, 413)
  t.equal(v1.headers['content-type'], 'application/json')
  t.equal(v1.body, '{\n    "error": "The body has 208 bytes, the limit is 100 bytes"\n}')
  const v2 = await app.inject('/v2/nothing')
  t.equal(v2.statusCode, 404)
  t.same(Object.keys(v2.json()), ['error'])
  const type = await app.inject({ method: 'POST', url: '/models/m/evaluate', headers: { 'content-type': 'video/mp4' }, payload: 'x' })
  t.equal(type.statusCode, 415)
  t.match(problem(type).detail, /video\/mp4/)
  const json = await app.inject({ method: 'POST', url: '/models/m/evaluate', headers: { 'content-type': 'application/json' }, payload: '{' })
  t.equal(problem(json).code, 'REQUEST_NOT_JSON')
  const schema = await app.inject({ method: 'POST', url: '/checked', payload: {} })
  t.match(problem(schema), { status: 400, code: 'REQUEST_INVALID', errors: [{ pointer: '', detail: /mode/ }] })
  const url = await app.inject('/models/%E0%A4')
  t.equal(url.statusCode, 400)
  t.equal(problem(url).code, 'REQUEST_INVALID')
})

/** Sends these bytes on a connection of its own and reads to its end. */
async function raw (app: FastifyInstance, bytes: string, end = false): Promise<string> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  if (end) socket.end(bytes)
  else socket.write(bytes)
  await once(socket, 'close')
  return text
}

t.test('bytes that are no request, and bodies that end early', async t => {
  const { app } = await build(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const garbage = await raw(app, 'no http at all\r\n\r\n')
  t.match(garbage, /^HTTP\/1\.1 400 Bad Request\r\n[^]*application\/problem\+json[^]*"code":"REQUEST_INVALID"/)
  const headers = await raw(app, `GET / HTTP/1.1\r\nHost: x\r\nx-long: ${'x'.repeat(70_000)}\r\n\r\n`)
  t.match(headers, /^HTTP\/1\.1 431 [^]*"code":"REQUEST_HEADERS"/)
  const length = await raw(app, 'POST /models/m/evaluate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1x\r\n\r\n{}')
  t.match(length, /^HTTP\/1\.1 400 [^]*"code":"REQUEST_INVALID"/)
  const truncated = await raw(app, 'POST /models/m/evaluate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{', true)
  t.match(truncated, /^HTTP\/1\.1 400 [^]*"code":"REQUEST_TRUNCATED"/)
})

t.test('a refused upload gets its answer though it is still being sent', async t => {
  const { app } = await build(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  for (const headers of [{ 'content-length': '3000000' }, { 'transfer-encoding': 'chunked' }]) {
    const upload = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/models/m/evaluate', headers: { 'content-type': 'application/json', ...headers } })
    upload.on('error', () => {})
    // More than fits the buffers on the way; the rest stays unsent when the answer comes.
    for (let i = 0; i < 20; i++) upload.write(Buffer.alloc(100_000, 'x'))
    const [answer] = await once(upload, 'response') as [IncomingMessage]
    t.equal(answer.statusCode, 413)
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    t.match(JSON.parse(text), { code: 'REQUEST_TOO_LARGE' })
    upload.destroy()
  }
})

t.test('docs/errors.md and the table agree both ways', async t => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (\d+) \| (.+) \|$/gm)].map(([, code, http, grpc, title]) => [code, { http: Number(http), grpc: Number(grpc), title }])
  t.same(rows, Object.entries(errorTable))
  for (const [, code] of page.matchAll(/`([A-Z]+_[A-Z_]+)`/g)) t.ok(code in errorTable, `${code} of the page is a code`)
})

t.test('a path that ends at a fragment, a method that needs a media type', async t => {
  const { app } = await build(t)
  t.match(problem(await app.inject({ method: 'POST', url: '/models/#x/evaluate' })), { status: 404, code: 'ROUTE_NOT_FOUND' }, 'not 405 for a method that is taken there')
  t.equal((await app.inject({ method: 'GET', url: '/models#x' })).statusCode, 200)
  const server = await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = new URL(server)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('QUERY /models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  await once(socket, 'close')
  t.match(text, /^HTTP\/1\.1 40[05] /)
})
