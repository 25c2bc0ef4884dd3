// Tokens on every route, through the whole server: which route needs what, and the ways around it that do not work.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { audience, forged, goodClaims, issuerKey, issuerName, jwksOf, token } from '../../helpers/issuer.js'
import { guardedApp, type GuardedApp } from '../../helpers/guarded-app.js'

const key = await issuerKey('k')
const folder = await mkdtemp(join(tmpdir(), 'outrigger-tokens-'))
t.teardown(async () => { await rm(folder, { recursive: true }) })
await writeFile(join(folder, 'jwks.json'), jwksOf(key))
const flags = ['--auth-jwks-file', join(folder, 'jwks.json'), '--auth-issuer', issuerName, '--auth-audience', audience]

const app = async (t: Test, more: readonly string[] = [], options?: Parameters<typeof guardedApp>[2]): Promise<GuardedApp> => await guardedApp(t, [...flags, ...more], options)
const bearer = async (scope: string | undefined): Promise<{ headers: Record<string, string> }> => ({ headers: { authorization: `Bearer ${await token(key, { scope })}` } })
const body = (text: object): { payload: string } => ({ payload: JSON.stringify(text) })
const evaluate = body({ x: [1] })
const predict = body({ instances: [1] })

t.test('without a token only health and metrics answer', async t => {
  const { call } = await app(t)
  for (const url of ['/health/live', '/metrics']) t.equal((await call('GET', url)).status, 200, url)
  t.equal((await call('GET', '/health')).status, 503, 'nothing runs here, and everybody may know')
  for (const [method, url] of [['GET', '/models'], ['GET', '/models/m'], ['GET', '/describe'], ['GET', '/version'], ['GET', '/changes'], ['GET', '/docs'], ['GET', '/docs/json'], ['GET', '/docs/static/index.css'], ['GET', '/openapi.json'], ['HEAD', '/models'], ['POST', '/models/m/evaluate'], ['POST', '/evaluate'], ['POST', '/shutdown'], ['POST', '/models/m/reload'], ['PUT', '/models/m/labels/x'], ['GET', '/nothing'], ['DELETE', '/models/m'], ['GET', '/'], ['OPTIONS', '/models']] as const) {
    const answer = await call(method, url)
    t.match(answer, { status: 401, headers: { 'www-authenticate': 'Bearer realm="outrigger"' } }, `${method} ${url}`)
    if (method !== 'HEAD') t.match(answer, { code: 'AUTH_REQUIRED', headers: { 'content-type': 'application/problem+json' } })
  }
  for (const [method, url] of [['POST', '/v1/models/m:predict'], ['GET', '/v1/models/m'], ['GET', '/V1/models/m/metadata'], ['POST', '/v1/nothing']] as const) t.match(await call(method, url), { status: 401, body: /^\{\s+"error": "This needs a token/ }, url)
  t.equal((await call('OPTIONS', '/v1/models/m:predict', { headers: { origin: 'http://a.example' } })).status, 200, 'a preflight')
})

t.test('what is open is a setting', async t => {
  const none = await app(t, ['--auth-open', 'none'])
  for (const url of ['/health', '/health/live', '/metrics']) t.equal((await none.call('GET', url)).status, 401, url)
  t.equal((await none.call('GET', '/metrics', await bearer(undefined))).status, 200)
  const docs = await app(t, ['--auth-open', 'docs'])
  for (const url of ['/docs', '/docs/json', '/openapi.json']) t.equal((await docs.call('GET', url)).status, 200, url)
  t.equal((await docs.call('GET', '/health/live')).status, 401)
  t.equal((await docs.call('GET', '/models')).status, 401)
})

t.test('any valid token reads, predict predicts, admin administrates', async t => {
  const { call, orders } = await app(t)
  const [reader, caller, admin] = await Promise.all([bearer(undefined), bearer('predict'), bearer('admin')])
  for (const url of ['/models', '/models/m', '/version', '/changes', '/docs', '/openapi.json']) t.equal((await call('GET', url, reader)).status, 200, url)
  t.match(await call('GET', '/nothing', reader), { status: 404, code: 'ROUTE_NOT_FOUND' })
  for (const [who, status] of [[reader, 403], [admin, 403], [caller, 200]] as const) {
    t.equal((await call('POST', '/models/m/evaluate', { ...who, ...evaluate })).status, status)
    t.equal((await call('POST', '/v1/models/m:predict', { ...who, ...predict })).status, status)
  }
  t.match(await call('POST', '/models/m/evaluate', { ...reader, ...evaluate }), { code: 'AUTH_SCOPE', headers: { 'www-authenticate': 'Bearer realm="outrigger", error="insufficient_scope", scope="predict:m"' } })
  for (const who of [reader, caller]) {
    t.match(await call('POST', '/shutdown', { ...who, payload: '{"mode":"force"}', headers: { ...who.headers, 'content-type': 'application/json' } }), { status: 403, code: 'AUTH_SCOPE' })
    t.match(await call('POST', '/models/m/reload', who), { status: 403, code: 'AUTH_SCOPE' })
    t.match(await call('PUT', '/models/m/labels/x', { ...who, payload: '{"version":"1"}' }), { status: 403, code: 'AUTH_SCOPE' })
  }
  t.same(orders, [])
  t.equal((await call('PUT', '/models/m/labels/x', { ...admin, payload: '{"version":"1"}' })).status, 200)
  t.equal((await call('POST', '/models/m/reload', admin)).status, 202)
  t.same(orders, ['label: PUT label by alice (127.0.0.1)', 'reload m: POST reload by alice (127.0.0.1)'])
})

t.test('--allow-local-admin opens nothing where tokens are on', async t => {
  const { call, orders } = await app(t, ['--allow-local-admin'])
  const local = { payload: '{"mode":"force"}', headers: { 'content-type': 'application/json', host: '127.0.0.1:80' } }
  t.match(await call('POST', '/shutdown', local), { status: 401 })
  t.match(await call('POST', '/shutdown', { ...local, headers: { ...local.headers, ...(await bearer('predict')).headers } }), { status: 403 })
  t.same(orders, [])
})

t.test("another model's scope, in every spelling", async t => {
  const { call } = await app(t, ['--default-model', 'other'])
  const mine = await bearer('predict:m explain:other admin:m')
  for (const url of ['/models/m/evaluate', '/models/m/versions/1/evaluate', '/models/m/labels/stable/evaluate', '/models/%6D/evaluate']) t.equal((await call('POST', url, { ...mine, ...evaluate })).status, 200, url)
  for (const url of ['/v1/models/m:predict', '/V1/MODELS/m:predict', '/v1/models/m/versions/1:predict', '/v1/models/m/labels/stable:predict', '/v1/models/%6d:predict']) t.equal((await call('POST', url, { ...mine, ...predict })).status, 200, url)
  for (const url of ['/models/other/evaluate', '/models/other/versions/1/evaluate', '/models/other/labels/stable/evaluate', '/models/%6Fther/evaluate', '/models/other/evaluate?model=m', '/models/M/evaluate', '/models/m%2F..%2Fother/evaluate', '/models/none/evaluate', '/models//evaluate', '/evaluate', '/evaluate?model=m']) {
    const answer = await call('POST', url, { ...mine, ...evaluate })
    t.ok(answer.code === 'AUTH_SCOPE' || answer.status === 404, `${url} ${answer.status} ${answer.code ?? ''}`)
  }
  for (const url of ['/v1/models/other:predict', '/V1/MODELS/other:predict', '/v1/Models/other/Versions/1:predict', '/v1/models/other/labels/stable:predict', '/v1/models/%6fther:predict', '/v1/models/other:classify', '/v1/models/other:regress', '/v1/models/none:predict', '/v1/models/M:predict']) t.equal((await call('POST', url, { ...mine, ...predict })).status, 403, url)
  for (const url of ['/v1/models/m/../other:predict', '/v1//models/other:predict', '/v1/models/m%2F..%2Fother:predict', '/v1/models/m%3A:predict', '/v1/models/other%3Apredict', '/v1/models/other:predict/', '/v1/./models/other:predict', '/V1/models/other:PREDICT']) {
    const { status } = await call('POST', url, { ...mine, ...predict })
    t.ok(status >= 400 && status < 500, `${url} ${status}`)
  }
  t.equal((await call('POST', '/models/other/reload', mine)).status, 403)
  t.equal((await call('POST', '/models/m/reload', mine)).status, 202)
  t.equal((await call('POST', '/shutdown', { ...mine, payload: '{"mode":"force"}' })).status, 403, 'an admin of one model does not end the service')
})

t.test('the default model', async t => {
  const { call, registry } = await app(t, [], { models: ['m'] })
  t.equal((await call('POST', '/evaluate', { ...await bearer('predict:m'), ...evaluate })).status, 200)
  t.equal((await call('POST', '/evaluate', { ...await bearer('predict:other'), ...evaluate })).status, 403)
  registry.defaultModel = 'other'
  t.equal((await call('POST', '/evaluate', { ...await bearer('predict:m'), ...evaluate })).status, 403)
})

t.test('where a token may stand', async t => {
  const { app: server, call } = await app(t)
  const text = await token(key, { scope: 'predict' })
  for (const url of [`/models?access_token=${text}`, `/models?token=${text}`, `/models?authorization=Bearer%20${text}`]) t.equal((await call('GET', url)).status, 401, 'not in the query')
  for (const headers of [{ cookie: `access_token=${text}` }, { 'x-access-token': text }, { 'proxy-authorization': `Bearer ${text}` }]) t.equal((await call('GET', '/models', { headers })).status, 401, Object.keys(headers)[0])
  t.match(await call('GET', '/models', { headers: { authorization: `Basic ${text}` } }), { status: 400, code: 'AUTH_REQUEST', headers: { 'www-authenticate': /invalid_request/ } })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  // Node's own client merges nothing here: the bytes are ours.
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.end(`GET /models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${text}\r\nAuthorization: Bearer evil\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  t.match(answer, /^HTTP\/1\.1 400 [^]*AUTH_REQUEST/, 'two headers')
})

t.test('tokens that are none, and what is told of them', async t => {
  const { call, lines } = await app(t)
  const bad: [string, string, RegExp][] = [
    ['alg none', forged({ alg: 'none' }, goodClaims()), /./],
    ['oversized', 'a'.repeat(9000), /longer than 8192/],
    ['expired', await token(key, { exp: 1 }), /has expired/],
    ['audience', await token(key, { aud: 'x' }), /another audience/],
    ['stranger', await token(await issuerKey('k')), /signature/]
  ]
  for (const [name, text, why] of bad) {
    const answer = await call('GET', '/models', { headers: { authorization: `Bearer ${text}` } })
    t.match(answer, { status: 401, code: 'AUTH_TOKEN_INVALID', body: why, headers: { 'www-authenticate': /^Bearer realm="outrigger", error="invalid_token", error_description="[^"\\]*"$/ } }, name)
    t.notMatch(answer.body, text.slice(0, 40), 'nothing of the token comes back')
    t.notMatch(JSON.stringify(lines), text.slice(0, 40), 'or stands in the log')
  }
})

t.test('who may not is told so before the body is there', async t => {
  const { app: server } = await app(t)
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const call = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/models/m/evaluate', headers: { 'content-length': '1000000' } })
  call.write('{"x":')
  const [answer] = await once(call, 'response') as [{ statusCode: number }]
  t.equal(answer.statusCode, 401)
  call.destroy()
})

t.test('the default model changes while the body comes', async t => {
  const { app: server, registry } = await app(t, [], { models: ['m', 'other'] })
  registry.defaultModel = 'm'
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const begun = new Promise<void>(resolve => { server.server.once('request', () => { setImmediate(resolve) }) })
  const call = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/evaluate', headers: { ...(await bearer('predict:m')).headers, 'content-type': 'application/json', 'content-length': '9' } })
  const answered = once(call, 'response')
  call.write('{"x":')
  await begun
  registry.defaultModel = 'other'
  call.end('[1]}')
  const [answer] = await answered as [{ statusCode: number, resume: () => void }]
  answer.resume()
  t.equal(answer.statusCode, 403)
})

t.test('the admin socket needs no token', async t => {
  const adminSocket = join(folder, 'private', 'admin.sock')
  const { app: server, orders } = await app(t, [], { adminSocket })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const call = httpRequest({ socketPath: adminSocket, method: 'POST', path: '/models/m/reload' }).end()
  const [answer] = await once(call, 'response') as [{ statusCode: number, resume: () => void }]
  answer.resume()
  t.equal(answer.statusCode, 202)
  t.same(orders, ['reload m: POST reload by the admin socket'])
})
