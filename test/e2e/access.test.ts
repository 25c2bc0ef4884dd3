// Who may call the built service, set up as the docs say: an issuer over https and http, scopes, rotation, outages, lists, quotas, the audit trail.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { authority, noOpenssl } from '../helpers/authority.js'
import { audience, issuerKey, issuerName, token, type IssuerKey } from '../helpers/issuer.js'
import { issuerServer, type IssuerServer } from './issuer-server.js'
import { copyModel, engines, start, temporaryFolder, until, type Answer, type Running } from './service.js'

const [engine] = engines
const evaluate = '/models/half_plus_two/evaluate'
const [first, second, third, stranger] = await Promise.all([issuerKey('first'), issuerKey('second'), issuerKey('third'), issuerKey('first')])

function repository (t: Test): string {
  const folder = temporaryFolder(t)
  for (const name of ['half_plus_two', 'other']) copyModel(folder, 'half_plus_two/1', name)
  return folder
}

const flags = ({ url }: IssuerServer): string[] => ['--auth-jwks-url', url, '--auth-issuer', issuerName, '--auth-audience', audience]

let made = 0
/** No two are alike, so that each is checked anew. */
const bearer = async (by: IssuerKey, scope = 'predict', sub = 'alice'): Promise<Record<string, string>> => ({ authorization: `Bearer ${await token(by, { scope, sub, jti: String(made++) })}` })
const withUnknownKey = async (): Promise<Record<string, string>> => await bearer({ ...stranger, kid: `unknown-${made}` })

/** Calls with fresh tokens from six callers at once until `stop`, which tells how often each status came. */
function stream (service: Running, key: () => IssuerKey): { count: () => number, stop: () => Promise<Record<string, number>> } {
  const statuses: Record<string, number> = {}
  let count = 0
  let going = true
  const callers = Array.from({ length: 6 }, async () => {
    while (going) {
      const { status, json } = await service.post(evaluate, { x: 1 }, await bearer(key()))
      const seen = status === 200 ? '200' : `${status} ${json?.code}`
      statuses[seen] = (statuses[seen] ?? 0) + 1
      count++
    }
  })
  return { count: () => count, stop: async () => { going = false; await Promise.all(callers); return statuses } }
}

t.test('an issuer over https', { skip: noOpenssl }, async t => {
  const root = authority(t)
  const issuer = await issuerServer(t, [first], root.sign('/CN=issuer'))
  const cooldownMs = 3000
  const service = await start(t, { engine, models: repository(t), env: { NODE_EXTRA_CA_CERTS: root.certFile }, flags: [...flags(issuer), '--auth-open', 'health,metrics,docs', '--auth-jwks-cooldown', `${cooldownMs}ms`] })

  await t.test('scopes', async t => {
    for (const [path, body, access, wrong] of [
      [evaluate, { x: 1 }, 'predict', 'admin'],
      ['/v1/models/half_plus_two:predict', { instances: [1] }, 'predict', 'admin'],
      ['/models/half_plus_two/reload', {}, 'admin', 'predict']
    ] as const) {
      const answered = async (headers: Record<string, string>): Promise<Answer> => await service.post(path, body, headers)
      for (const scope of [access, `${access}:half_plus_two`]) t.equal((await answered(await bearer(first, scope))).status, access === 'admin' ? 202 : 200, `${path}: ${scope}`)
      for (const scope of [wrong, `${access}:other`, '']) {
        const refused = await answered(await bearer(first, scope))
        t.equal(refused.status, 403, `${path}: ${scope === '' ? 'no scope' : scope}`)
        t.match(refused.headers.get('www-authenticate'), /insufficient_scope/)
      }
      t.match(await answered({}), { status: 401 }, `${path}: none`)
      t.match(await answered(await bearer(stranger)), { status: 401 }, `${path}: a stranger's key under a known name`)
    }
    t.equal((await service.post('/models/other/evaluate', { x: 1 }, await bearer(first, 'predict:other'))).status, 200)
    await service.checkAnswers(t)
  })

  await t.test('the issuer rotates its key while requests are under way', async t => {
    const before = issuer.asked()
    let key = first
    const { count, stop } = stream(service, () => key)
    const further = async (n: number): Promise<void> => { const begun = count(); await until('requests go on', () => count() >= begun + n) }
    await further(50)
    issuer.keys = [first, second]
    key = second
    await further(200)
    t.same(Object.keys(await stop()), ['200'], 'none is refused')
    t.equal(issuer.asked() - before, 1, 'the first token of the new key has it fetched')
  })

  const mostFetches = (sinceMs: number): number => 1 + Math.ceil((Date.now() - sinceMs) / cooldownMs)

  await t.test('a flood of unknown keys', async t => {
    const [before, begun] = [issuer.asked(), Date.now()]
    const answers = await Promise.all(Array.from({ length: 200 }, async () => await service.post(evaluate, { x: 1 }, await withUnknownKey())))
    t.same(new Set(answers.map(({ status, json }) => `${status} ${json.code}`)), new Set(['401 AUTH_TOKEN_INVALID']))
    t.ok(issuer.asked() - before <= mostFetches(begun), `200 tokens cause ${issuer.asked() - before} fetches`)
  })

  await t.test('the issuer goes away and comes back', async t => {
    const [before, begun] = [issuer.asked(), Date.now()]
    issuer.state = 'silent'
    await until('it is asked in vain', async () => {
      const unknown = service.post(evaluate, { x: 1 }, await withUnknownKey())
      t.equal((await service.post(evaluate, { x: 1 }, await bearer(second))).status, 200, 'a known key does not wait')
      t.equal((await unknown).status, 401, 'an unknown one is told in the end')
      return service.lines.some(line => /cannot be fetched anew/.test(String(line.message)))
    })
    issuer.state = 'cut'
    for (let i = 0; i < 50; i++) t.equal((await service.post(evaluate, { x: 1 }, await withUnknownKey())).status, 401)
    t.equal((await service.post(evaluate, { x: 1 }, await bearer(second))).status, 200)
    // Besides those of the callers there are the service's own tries, with growing pauses.
    t.ok(issuer.asked() - before <= mostFetches(begun) + 5, `${issuer.asked() - before} fetches in ${Date.now() - begun} ms`)
    issuer.keys = [second, third]
    issuer.state = 'answers'
    await until('the new key counts', async () => (await service.post(evaluate, { x: 1 }, await bearer(third))).status === 200)
    t.match((await service.call('/metrics')).text, /^outrigger_token_key_fetches_total\{.*\} [1-9]/m)
  })
})

t.test('an issuer whose certificate is of an unknown authority', { skip: noOpenssl }, async t => {
  const issuer = await issuerServer(t, [first], authority(t).sign('/CN=issuer'))
  const service = await start(t, { engine, models: repository(t), flags: flags(issuer) })
  const answer = await service.post(evaluate, { x: 1 }, await bearer(first))
  t.match(answer, { status: 503, json: { code: 'AUTH_KEYS_UNAVAILABLE' } })
  t.match(await until('it is told', () => service.lines.find(line => /keys for tokens cannot be fetched/.test(String(line.message)))), { reason: /CERT|SIGNED|VERIFY/ })
  t.equal(issuer.asked(), 0)
})

t.test('an issuer over http on this machine, lists, quotas, the trail', async t => {
  const folder = temporaryFolder(t)
  const [settings, trail] = [join(folder, 'outrigger.yaml'), join(folder, 'audit.jsonl')]
  const issuer = await issuerServer(t, [first])
  issuer.state = 'cut'
  writeFileSync(settings, 'quota_requests: 5\nquota_window: 1h\n')
  const service = await start(t, { engine, models: repository(t), flags: [...flags(issuer), '--config', settings, '--audit', trail] })
  const asked = async (sub: string): Promise<Answer> => await service.post(evaluate, { x: 1 }, await bearer(first, 'predict', sub))

  t.match(await asked('early'), { status: 503, json: { code: 'AUTH_KEYS_UNAVAILABLE' } }, 'no keys yet')
  issuer.state = 'answers'
  await until('the keys have come', async () => (await asked(`early-${made}`)).status === 200)

  for (let i = 0; i < 5; i++) t.equal((await asked('greedy')).status, 200)
  const beyond = await asked('greedy')
  t.match(beyond, { status: 429, json: { code: 'QUOTA_EXCEEDED' } })
  t.ok(Number(beyond.headers.get('retry-after')) > 0, `Retry-After ${beyond.headers.get('retry-after')}`)
  t.equal((await asked('modest')).status, 200, 'others have their own')

  writeFileSync(settings, 'allow: 10.0.0.0/8\n')
  service.signal('SIGHUP')
  await until('the list counts', async () => (await asked(`other-${made}`)).status === 403)
  t.match(await asked('modest'), { status: 403, json: { code: 'ADDRESS_FORBIDDEN' } })
  for (const path of ['/health', '/health/live', '/metrics']) t.equal((await service.call(path)).status, 200, `${path} answers this machine`)

  service.signal('SIGTERM')
  t.equal(await service.ended(), 0)
  const lines = readFileSync(trail, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
  const of = (subject: string | null, status: number): Record<string, unknown>[] => lines.filter(line => line.subject === subject && line.status === status)
  t.match(of('greedy', 200), Array.from({ length: 5 }, () => ({ address: '127.0.0.1', method: 'POST', route: '/models/:model/evaluate', model: 'half_plus_two', version: '1', code: null })))
  t.match(of('greedy', 429), [{ code: 'QUOTA_EXCEEDED' }])
  t.ok(of(null, 403).some(({ code }) => code === 'ADDRESS_FORBIDDEN'))
  t.notOk(lines.some(({ route }) => route === '/health'), 'no probes')
  t.notMatch(readFileSync(trail, 'utf8'), /eyJ/, 'no token')
})
