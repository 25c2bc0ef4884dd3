// The unit against a real Consul agent: passing check, agent restart without state, one check after a renamed one, drain. Skipped, aloud, where there is no consul.
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createConsulUnit } from '../../src/consul/registration.js'
import { consulProgram, startConsul } from '../helpers/real-consul.js'

const program = consulProgram()
const skip = program === undefined ? 'SKIPPED: no Consul at hand (set CONSUL_BIN, or have consul on PATH)' : false
if (typeof skip === 'string') process.stderr.write(`${skip}\n`)

type Health = { Status: string, CheckID: string }[]

async function service (t: Test): Promise<{ port: number, state: { status: number } }> {
  const state = { status: 200 }
  const server = createServer((_request, response) => { response.writeHead(state.status).end() }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return { port: (server.address() as AddressInfo).port, state }
}

t.test('a real agent', { skip, timeout: 120_000 }, async t => {
  const consul = await startConsul(program ?? '')
  t.teardown(() => consul.stop())
  const { port, state } = await service(t)
  const failures: string[] = []
  const id = `scorer-127.0.0.1-${port}`
  // An earlier life left another check and its maintenance behind.
  await fetch(`http://${consul.address}/v1/agent/service/register`, { method: 'PUT', body: JSON.stringify({ ID: id, Name: 'scorer', Port: port, Check: { CheckID: 'old', TTL: '60s' } }) })
  await fetch(`http://${consul.address}/v1/agent/service/maintenance/${id}?enable=true`, { method: 'PUT' })
  const unit = createConsulUnit({
    settings: { mode: 'auto', address: consul.address, nomadAllocId: undefined },
    advertised: () => ({ serviceName: 'scorer', tags: ['x'], listening: { host: '127.0.0.1', port }, version: '1', deregisterAfterMs: 900_000 }),
    ready: () => true,
    models: () => [],
    log: pino({ level: 'silent' }),
    metrics: { consulRegistered () {}, consulFailure: call => { failures.push(call) } },
    times: { reconcileMs: 300, backoffMs: 100, maxBackoffMs: 500 }
  })
  t.teardown(() => unit.stop())
  const passing = async (): Promise<void> => { await consul.until('/v1/health/checks/scorer', (checks: Health) => checks.length === 1 && checks[0].Status === 'passing' && checks[0].CheckID === `${id}:ready`) }

  await unit.start()
  await passing()
  t.pass('passing, with its one check; the old one and the maintenance are gone')
  // The catalog follows the agent a moment later.
  await consul.until('/v1/catalog/service/scorer', (entries: { ServiceTags: string[] }[]) => entries[0]?.ServiceTags.length === 1)
  t.match(await consul.get('/v1/catalog/service/scorer'), [{ ServiceID: id, ServicePort: port, ServiceAddress: '127.0.0.1', ServiceTags: ['x'], ServiceMeta: { metrics_path: '/metrics' } }])

  state.status = 503
  await consul.until('/v1/health/checks/scorer', (checks: Health) => checks[0].Status === 'critical')
  t.pass('not ready: critical, and still there')
  state.status = 200

  await consul.stop()
  while (failures.length === 0) await new Promise(resolve => setTimeout(resolve, 20))
  await consul.start()
  await passing()
  t.pass('back after an agent that lost everything')

  await unit.stop()
  t.same(await consul.get('/v1/agent/services'), {}, 'gone at the drain')
  await consul.until('/v1/catalog/service/scorer', (entries: unknown[]) => entries.length === 0)
})

t.test('a real agent that denies what is not allowed, and a TTL check', { skip, timeout: 120_000 }, async t => {
  const management = crypto.randomUUID()
  const consul = await startConsul(program ?? '', { token: management })
  t.teardown(() => consul.stop())
  await consul.put('/v1/acl/policy', { Name: 'scorer', Rules: 'service "scorer" { policy = "write" }' })
  const { SecretID } = await consul.put('/v1/acl/token', { Policies: [{ Name: 'scorer' }] }) as { SecretID: string }
  const tokenFile = join(t.testdir(), 'token')
  await writeFile(tokenFile, crypto.randomUUID())

  const failures: string[] = []
  let ready = true
  const unit = createConsulUnit({
    settings: { mode: 'on', address: consul.address, nomadAllocId: undefined, tokenFile },
    advertised: () => ({ serviceName: 'scorer', tags: [], listening: { host: '127.0.0.1', port: 1 }, version: '1', deregisterAfterMs: 900_000, check: 'ttl', scheme: 'https', metricsPort: 9100 }),
    ready: () => ready,
    models: () => [],
    log: pino({ level: 'silent' }),
    metrics: { consulRegistered () {}, consulFailure: call => { failures.push(call) } },
    times: { reconcileMs: 300, backoffMs: 100, maxBackoffMs: 300, heartbeatMs: 200 }
  })
  t.teardown(() => unit.stop())
  await unit.start()
  while (failures.length === 0) await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(failures[0], 'register', 'a token that the agent does not know is refused')
  await writeFile(tokenFile, `${SecretID}\n`)
  const status = async (wanted: string): Promise<void> => { await consul.until('/v1/health/checks/scorer', (checks: Health) => checks.length === 1 && checks[0].Status === wanted) }
  await status('passing')
  t.pass('the renewed token is read; service:write on its name is enough')
  t.match(await consul.get('/v1/agent/services'), { 'scorer-127.0.0.1-1': { Meta: { scheme: 'https', metrics_port: '9100' } } })
  ready = false
  await status('critical')
  t.pass('a heartbeat says whether it is ready, not only that it lives')
  ready = true
  await status('passing')
  await unit.stop()
  t.same(await consul.get('/v1/agent/services'), {}, 'gone at the drain')
})
