// Calls to the agent: addresses, tokens, time limits, and the statuses of old and new agents.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createAgent, parseAgentAddress } from '../../src/consul/client.js'
import { registrationOf } from '../../src/consul/service.js'
import { FakeConsul } from '../helpers/fake-consul.js'

const registration = registrationOf({ serviceName: 's', serviceId: 's/1 ä', tags: [], listening: { host: '127.0.0.1', port: 1 }, version: '1', deregisterAfterMs: 900_000 }, [])

t.test('addresses as Consul itself takes them', async t => {
  t.same(parseAgentAddress('127.0.0.1:8500'), { secure: false, host: '127.0.0.1', port: 8500, socketPath: undefined })
  t.match(parseAgentAddress('consul.example'), { host: 'consul.example', port: 8500 })
  t.match(parseAgentAddress('https://c:8501'), { secure: true, host: 'c', port: 8501 })
  t.match(parseAgentAddress('https://c:443'), { secure: true, port: 443 })
  t.match(parseAgentAddress('[::1]:8500'), { host: '::1', port: 8500 })
  t.match(parseAgentAddress('unix:///run/consul.sock'), { socketPath: '/run/consul.sock' })
  for (const bad of ['ftp://x', 'http://', 'a b']) t.throws(() => parseAgentAddress(bad), { code: 'CONFIG_INVALID' }, bad)
})

for (const version of ['1.8', '1.22'] as const) {
  t.test(`against ${version}`, async t => {
    const fake = new FakeConsul(version)
    const agent = createAgent({ address: await fake.start(), token: 'secret', timeoutMs: 2000 })
    t.teardown(async () => { agent.close(); await fake.stop() })
    fake.token = 'secret'
    t.equal(await agent.knows(registration.ID), false)
    await agent.register(registration, true)
    t.equal(fake.asked.at(-1)?.query.get('replace-existing-checks'), 'true')
    await agent.register(registration, false)
    t.equal(fake.asked.at(-1)?.query.get('replace-existing-checks'), null)
    t.equal(await agent.knows(registration.ID), true)
    await agent.maintenance(registration.ID, 'leaving')
    t.equal(fake.asked.at(-1)?.query.get('reason'), 'leaving')
    t.ok(fake.inMaintenance.has(registration.ID))
    await agent.deregister(registration.ID)
    await agent.deregister(registration.ID)
    t.equal(fake.services.size, 0)
    t.ok(fake.asked.every(({ token, query }) => token === 'secret' && !query.has('token')), 'the token travels in the header')
    await t.rejects(agent.register({ ...registration, Locality: {} } as typeof registration, true), { code: 'CONSUL_CALL', agentStatus: 400, message: /Locality/ })
    fake.token = 'other'
    await t.rejects(agent.knows('x'), { code: 'CONSUL_CALL', agentStatus: 403 })
    await t.rejects(agent.deregister('x'), { code: 'CONSUL_CALL', agentStatus: 403 })
  })
}

t.test('an agent that hangs, one that is away', async t => {
  const fake = new FakeConsul('1.22')
  const address = await fake.start()
  const agent = createAgent({ address, timeoutMs: 100 })
  fake.hangs = true
  await t.rejects(agent.knows('x'), { code: 'CONSUL_CALL', agentStatus: undefined })
  await t.rejects(agent.register(registration, true), { code: 'CONSUL_CALL' })
  await t.rejects(agent.deregister('x'), { code: 'CONSUL_CALL' })
  await t.rejects(agent.maintenance('x', ''), { code: 'CONSUL_CALL' })
  await fake.stop()
  await t.rejects(agent.knows('x'), { code: 'CONSUL_CALL', message: /ECONNREFUSED/ })
  agent.close()
})

t.test('token file and Unix socket', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-consul-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => { seen.push(request.headers['x-consul-token'] as string | undefined); response.end('{}') }).listen(join(folder, 'c.sock'))
  await once(server, 'listening')
  const tokenFile = join(folder, 'token')
  const agent = createAgent({ address: `unix://${join(folder, 'c.sock')}`, token: 'plain', tokenFile, timeoutMs: 2000 })
  t.teardown(() => { agent.close(); server.close() })
  await t.rejects(agent.knows('x'), { code: 'CONSUL_CALL', message: /token file/ })
  await writeFile(tokenFile, 'one\n')
  await agent.knows('x')
  await writeFile(tokenFile, 'two\n')
  await agent.deregister('x')
  t.same(seen, ['one', 'two'])
})
