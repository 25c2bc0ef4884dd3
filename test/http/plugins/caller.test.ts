// Address lists, quotas and the audit trail, through the whole server.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { audience, issuerKey, issuerName, jwksOf, token } from '../../helpers/issuer.js'
import { guardedApp } from '../../helpers/guarded-app.js'

t.test('everybody may call unless a list is there', async t => {
  const { call } = await guardedApp(t, [])
  t.equal((await call('GET', '/models', { remoteAddress: '203.0.113.9' })).status, 200)
})

t.test('the list, v4, v6 and mapped', async t => {
  const { call } = await guardedApp(t, ['--allow', '10.0.0.0/8,2001:db8::/32'])
  for (const remoteAddress of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::5']) t.equal((await call('GET', '/models', { remoteAddress })).status, 200, remoteAddress)
  for (const remoteAddress of ['11.0.0.1', '::ffff:11.0.0.1', '2001:db9::1', '127.0.0.1', '::1']) {
    t.match(await call('GET', '/models', { remoteAddress }), { status: 403, code: 'ADDRESS_FORBIDDEN' }, remoteAddress)
    t.match(await call('GET', '/nothing', { remoteAddress }), { status: 403 })
    t.match(await call('POST', '/v1/models/m:predict', { remoteAddress }), { status: 403, body: /"error"/ })
  }
  t.match(await call('GET', '/models', { remoteAddress: '11.0.0.1', headers: { 'x-forwarded-for': '10.1.2.3', forwarded: 'for=10.1.2.3', 'x-real-ip': '10.1.2.3' } }), { status: 403 }, 'nobody is believed unless named')
})

t.test('health and metrics have a list of their own', async t => {
  const probes = ['/health/live', '/metrics']
  const usual = await guardedApp(t, ['--allow', '10.0.0.0/8'])
  for (const url of probes) {
    for (const remoteAddress of ['10.0.0.1', '127.0.0.1', '::1']) t.equal((await usual.call('GET', url, { remoteAddress })).status, 200, `${url} ${remoteAddress}`)
    t.equal((await usual.call('GET', url, { remoteAddress: '192.0.2.1' })).status, 403)
  }
  const own = await guardedApp(t, ['--allow', '10.0.0.0/8', '--probe-allow', '192.0.2.0/24'])
  for (const url of probes) {
    t.equal((await own.call('GET', url, { remoteAddress: '192.0.2.1' })).status, 200)
    for (const remoteAddress of ['10.0.0.1', '127.0.0.1']) t.equal((await own.call('GET', url, { remoteAddress })).status, 403)
  }
  t.equal((await own.call('GET', '/models', { remoteAddress: '192.0.2.1' })).status, 403)
  const only = await guardedApp(t, ['--probe-allow', '192.0.2.0/24'])
  t.equal((await only.call('GET', '/metrics', { remoteAddress: '10.0.0.1' })).status, 403)
  t.equal((await only.call('GET', '/models', { remoteAddress: '10.0.0.1' })).status, 200)
})

t.test('behind proxies', async t => {
  const { call, lines } = await guardedApp(t, ['--allow', '10.0.0.0/8', '--trusted-proxies', '192.0.2.1'])
  const by = async (forwarded: string, remoteAddress = '192.0.2.1') => await call('GET', '/models', { remoteAddress, headers: { 'x-forwarded-for': forwarded } })
  t.equal((await by('10.0.0.5')).status, 200)
  t.equal(lines.find(({ msg }) => msg === 'request')?.remoteAddress, '10.0.0.5', 'the log has the caller')
  t.equal((await by('10.0.0.5, 203.0.113.9')).status, 403, 'the leftmost is what the caller says')
  t.match(await by('10.0.0.5, garbage'), { status: 403, body: /do not say who called/ })
  t.equal((await by('10.0.0.5', '192.0.2.2')).status, 403)
  t.equal((await call('GET', '/models', { remoteAddress: '192.0.2.1', headers: { forwarded: 'for=10.0.0.5' } })).status, 403, 'the other header is not looked at')
  const rfc = await guardedApp(t, ['--allow', '10.0.0.0/8', '--trusted-proxies', '192.0.2.1', '--forwarded-header', 'forwarded'])
  t.equal((await rfc.call('GET', '/models', { remoteAddress: '192.0.2.1', headers: { forwarded: 'for=10.0.0.5', 'x-forwarded-for': '6.6.6.6' } })).status, 200)
})

t.test('the address is looked at before the token', async t => {
  const key = await issuerKey('k')
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-caller-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  await writeFile(join(folder, 'jwks.json'), jwksOf(key))
  const audit = join(folder, 'audit.jsonl')
  const { app, call } = await guardedApp(t, ['--allow', '10.0.0.0/8', '--auth-jwks-file', join(folder, 'jwks.json'), '--auth-issuer', issuerName, '--auth-audience', audience, '--audit', audit, '--quota-requests', '2', '--quota-window', '1h'])
  const text = await token(key, { scope: 'predict:m' })
  const headers = { authorization: `Bearer ${text}` }
  const remoteAddress = '10.0.0.1'
  t.match(await call('GET', '/models', { headers, remoteAddress: '192.0.2.1' }), { status: 403, code: 'ADDRESS_FORBIDDEN' })
  const first = await call('POST', '/models/m/evaluate', { headers, remoteAddress, payload: '{"x":[1]}' })
  t.match(first, { status: 200, headers: { 'ratelimit-policy': '"caller";q=2;w=3600', ratelimit: '"caller";r=1;t=1800' } })
  t.equal((await call('POST', '/models/other/evaluate', { headers, remoteAddress })).status, 403, 'refusals by scope cost nothing')
  t.equal((await call('GET', '/models', { headers, remoteAddress: '10.9.9.9' })).status, 200)
  t.match(await call('GET', '/models', { headers, remoteAddress: '10.8.8.8' }), { status: 429, code: 'QUOTA_EXCEEDED', headers: { 'retry-after': /^1[78]\d\d$/ } }, 'the subject counts, not the address')
  const another = { authorization: `Bearer ${await token(key, { sub: 'bob' })}` }
  t.equal((await call('GET', '/models', { headers: another, remoteAddress })).status, 200)
  t.equal((await call('GET', '/health/live', { remoteAddress })).status, 200)
  t.equal((await call('GET', '/models', { remoteAddress })).status, 401)

  const lineOf = async (): Promise<Record<string, unknown>[]> => (await readFile(audit, 'utf8')).trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
  await app.close()
  let lines = await lineOf()
  while (lines.length < 7) { await new Promise(resolve => setImmediate(resolve)); lines = await lineOf() }
  t.match(lines, [
    { subject: null, address: '192.0.2.1', route: '/models', status: 403, code: 'ADDRESS_FORBIDDEN' },
    { subject: 'alice', address: '10.0.0.1', method: 'POST', route: '/models/:model/evaluate', model: 'm', version: '1', status: 200, code: null },
    { subject: 'alice', model: 'other', status: 403, code: 'AUTH_SCOPE' },
    { subject: 'alice', address: '10.9.9.9', status: 200 },
    { subject: 'alice', status: 429, code: 'QUOTA_EXCEEDED' },
    { subject: 'bob', status: 200 },
    { subject: null, status: 401, code: 'AUTH_REQUIRED' }
  ])
  t.equal(lines.length, 7, 'probes have none')
  t.notMatch(await readFile(audit, 'utf8'), text.split('.')[2], 'no token')
})
