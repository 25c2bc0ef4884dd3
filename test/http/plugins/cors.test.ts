// Calls of pages of other origins, through the whole server: headers on answers and refusals, preflights of both APIs, with tokens and without.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { guardedApp, type GuardedApp } from '../../helpers/guarded-app.js'

const app = async (t: Test, cors: string | undefined | (() => string | undefined), flags: readonly string[] = []): Promise<GuardedApp['call']> => (await guardedApp(t, flags, { server: { cors: typeof cors === 'function' ? cors : () => cors } })).call
const origin = 'https://a.example'
const from = { headers: { origin } }
const allowed = 'access-control-allow-origin'
const folder = await mkdtemp(join(tmpdir(), 'outrigger-cors-'))
t.teardown(async () => { await rm(folder, { recursive: true }) })
await writeFile(join(folder, 'secret'), 'x'.repeat(64), { mode: 0o600 })
const secret = ['--auth-secret-file', join(folder, 'secret'), '--auth-issuer', 'i', '--auth-audience', 'a']
const preflight = (method: string): { headers: Record<string, string> } => ({ headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' } })

t.test("TensorFlow Serving's headers for all origins, on every answer", async t => {
  const call = await app(t, '*')
  const requests = [
    ['POST', '/v1/models/m:predict', { payload: '{"instances":[1]}' }], ['POST', '/v1/models/m:predict', { payload: '{' }], ['GET', '/v1/foo', {}], ['GET', '/V1/models/m', {}],
    ['OPTIONS', '/v1/anything', from], ['OPTIONS', '/v1/models/m', {}]
  ] as const
  for (const [method, url, more] of requests) {
    t.match((await call(method, url, more)).headers, { [allowed]: '*', 'access-control-allow-methods': 'POST, GET', 'access-control-allow-headers': /^Content-Type$/ }, `${method} ${url}`)
  }
})

t.test("TensorFlow Serving's preflights, without the setting", async t => {
  const call = await app(t, undefined)
  for (const [from, status] of [['http://a.b', 200], ['https://a.b', 200], ['null', 400], [undefined, 400]] as const) {
    const answer = await call('OPTIONS', '/v1/models/m:predict', { headers: from === undefined ? {} : { origin: from } })
    t.match(answer, { status, body: /^$/ })
    t.notOk(answer.headers[allowed])
  }
  t.match(await call('OPTIONS', '/models/m/evaluate', preflight('POST')), { status: 405, headers: { [allowed]: undefined } })
})

t.test('a list of origins', async t => {
  const call = await app(t, 'https://a.example, https://b.example')
  for (const url of ['/v1/models/m', '/models/m']) {
    for (const given of [origin, 'https://b.example']) t.match((await call('GET', url, { headers: { origin: given } })).headers, { [allowed]: given, vary: 'Origin' })
    for (const headers of [{}, { origin: 'https://c.example' }]) {
      const answer = await call('GET', url, { headers })
      t.equal(answer.headers[allowed], undefined)
      t.equal(answer.headers.vary, 'Origin', 'a cache must not give it to the other origin')
    }
  }
})

t.test('another list while the service runs', async t => {
  let cors: string | undefined
  const call = await app(t, () => cors)
  const allows = async (): Promise<unknown> => (await call('GET', '/models/m', from)).headers[allowed]
  t.equal(await allows(), undefined)
  cors = origin
  t.equal(await allows(), origin)
  t.match(await call('OPTIONS', '/models/m/evaluate', preflight('POST')), { status: 204, headers: { [allowed]: origin } })
  cors = 'https://b.example'
  t.equal(await allows(), undefined)
  t.match(await call('OPTIONS', '/models/m/evaluate', preflight('POST')), { status: 405, headers: { [allowed]: undefined } })
})

t.test('evaluate and what describes it, but nothing of an admin', async t => {
  const call = await app(t, '*')
  for (const [method, url] of [['POST', '/models/m/evaluate'], ['GET', '/models/m'], ['GET', '/openapi.json']] as const) {
    t.match(await call('OPTIONS', url, preflight(method)), { status: 204, body: /^$/, headers: { [allowed]: '*', 'access-control-allow-methods': 'GET, HEAD, POST', 'access-control-allow-headers': /^content-type,((?!authorization).)*$/i } }, url)
    t.match((await call(method, url, { ...from, ...(method === 'POST' ? { payload: '{"x":[1]}' } : {}) })), { status: 200, headers: { [allowed]: '*', 'access-control-expose-headers': /outrigger-model-version/ } }, url)
  }
  t.equal((await call('GET', '/models/m')).headers[allowed], undefined, 'asked by no page')
  for (const [method, url] of [['POST', '/shutdown'], ['PUT', '/models/m/labels/stable'], ['POST', '/models/m/reload'], ['DELETE', '/models/m']] as const) {
    const asked = await call('OPTIONS', url, preflight(method))
    t.not(asked.status, 204, url)
    t.notOk(asked.headers[allowed], url)
    t.notOk((await call(method, url, from)).headers[allowed], url)
  }
})

t.test('with tokens: the header Authorization may be sent, and refusals can be read', async t => {
  const call = await app(t, origin, secret)
  t.match(await call('OPTIONS', '/v1/models/m:predict', preflight('POST')), { status: 200, headers: { [allowed]: origin, 'access-control-allow-headers': 'Content-Type, Authorization' } })
  t.match(await call('OPTIONS', '/models/m/evaluate', preflight('POST')), { status: 204, headers: { [allowed]: origin, 'access-control-allow-headers': /, Authorization$/ } })
  for (const url of ['/v1/models/m:predict', '/models/m/evaluate']) t.match(await call('POST', url, from), { status: 401, headers: { [allowed]: origin, 'www-authenticate': String } }, url)
  t.equal((await call('OPTIONS', '/models/m/evaluate', { headers: { ...preflight('POST').headers, origin: 'https://c.example' } })).status, 401, 'of another origin')
})

t.test('addresses that are not on the list get no preflight, and are told why', async t => {
  const call = await app(t, '*', ['--allow', '10.0.0.0/8'])
  for (const url of ['/v1/models/m:predict', '/models/m/evaluate']) {
    t.match(await call('OPTIONS', url, preflight('POST')), { status: 403, headers: { [allowed]: '*' } }, url)
    t.match(await call('POST', url, from), { status: 403, headers: { [allowed]: '*' } }, url)
  }
})
