// The unit over a fake agent, as 1.8 and as 1.22: register when ready, stay registered, leave once and for good.
import { once } from 'node:events'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createConsulUnit, registersItself, type ConsulUnitOptions } from '../../src/consul/registration.js'
import type { ModelEntry } from '../../src/inference/registry.js'
import { FakeConsul } from '../helpers/fake-consul.js'
import { modelEntry, stillEngine, versionEntry } from '../helpers/still-engine.js'

const times = { readyPollMs: 5, reconcileMs: 5, backoffMs: 5, maxBackoffMs: 10, callMs: 1000 }
const id = 's-127.0.0.1-1234'
const on = { mode: 'on', address: undefined, nomadAllocId: undefined } as const

interface Setup { ready: boolean, models: ModelEntry[], registered: boolean, failures: string[], lines: string[], unit: ReturnType<typeof createConsulUnit> }

function build (t: Test, address: string, changes: Partial<ConsulUnitOptions> = {}): Setup {
  const setup: Omit<Setup, 'unit'> = { ready: true, models: [], registered: false, failures: [], lines: [] }
  const unit = createConsulUnit({
    settings: { ...on, address },
    advertised: () => ({ serviceName: 's', tags: [], listening: { host: '127.0.0.1', port: 1234 }, version: '1', deregisterAfterMs: 900_000 }),
    ready: () => setup.ready,
    models: () => setup.models,
    log: pino({ level: 'debug' }, { write: (line: string) => { setup.lines.push(line) } }),
    metrics: { consulRegistered: value => { setup.registered = value }, consulFailure: call => { setup.failures.push(call) } },
    times,
    random: () => 0,
    ...changes
  })
  t.teardown(() => unit.stop())
  return Object.assign(setup, { unit })
}

t.test('who registers', async t => {
  t.equal(registersItself({ mode: 'auto', address: 'x', nomadAllocId: undefined }).on, true)
  t.equal(registersItself({ mode: 'auto', address: undefined, nomadAllocId: undefined }).on, false)
  t.match(registersItself({ mode: 'auto', address: 'x', nomadAllocId: 'a' }), { on: false, reason: /Nomad.*--consul on/ })
  t.equal(registersItself({ mode: 'on', address: undefined, nomadAllocId: 'a' }).on, true)
  t.equal(registersItself({ mode: 'off', address: 'x', nomadAllocId: undefined }).on, false)
})

t.test('off says so once and calls nobody', async t => {
  const fake = new FakeConsul('1.22')
  const address = await fake.start()
  t.teardown(() => fake.stop())
  const setup = build(t, address, { settings: { mode: 'auto', address, nomadAllocId: 'alloc' } })
  await setup.unit.start()
  await setup.unit.stop()
  t.equal(setup.lines.length, 1)
  t.match(setup.lines[0], /NOMAD_ALLOC_ID/)
  t.equal(fake.asked.length, 0)
})

for (const version of ['1.8', '1.22'] as const) {
  t.test(`a life, with ${version}`, async t => {
    const fake = new FakeConsul(version)
    const address = await fake.start()
    t.teardown(() => fake.stop())
    const setup = build(t, address)
    setup.ready = false
    await setup.unit.start()
    // Several polls pass; the agent must not have been asked before readiness.
    await new Promise(resolve => setTimeout(resolve, 30))
    t.equal(fake.asked.length, 0)
    setup.ready = true
    const [first] = await once(fake, 'PUT register') as [FakeConsul['asked'][number]]
    t.equal(first.query.get('replace-existing-checks'), 'true', 'checks and maintenance of an earlier life go')
    t.match(first.body, { Check: { Status: 'passing' } }, 'it is ready: no waiting for the first check')
    await once(fake, 'GET ' + id)
    t.equal(setup.registered, true)

    fake.services.clear()
    await once(fake, 'PUT register')
    t.ok(fake.services.has(id), 'registered anew after the agent forgot')

    await once(fake, 'GET ' + id)
    fake.inMaintenance.add(id)
    setup.models = [modelEntry('m', [versionEntry(stillEngine(), 'm', 7n)])]
    const [changed] = await once(fake, 'PUT register') as [FakeConsul['asked'][number]]
    t.match(changed.body, { Meta: { versions: 'm:7' } }, 'a new version goes into the meta')
    t.notOk('Status' in (changed.body?.Check as object), 'and the check keeps its state')
    t.ok(fake.inMaintenance.has(id), "an operator's maintenance survives it")

    await once(fake, 'GET ' + id)
    const before = fake.asked.length
    await once(fake, 'GET ' + id)
    t.notOk(fake.asked.slice(before).some(({ path }) => path.endsWith('/register')), 'nothing changed: nothing is sent')

    await setup.unit.stop()
    t.same(fake.asked.slice(-2).map(({ path }) => path.split('/')[4]), ['maintenance', 'deregister'])
    t.equal(fake.services.size, 0)
    t.equal(setup.registered, false)
    t.same(setup.failures, [])
    const asked = fake.asked.length
    await new Promise(resolve => setTimeout(resolve, 30))
    t.equal(fake.asked.length, asked, 'nothing is sent after the end')
  })
}

t.test('not ready any more: the entry stays, its check tells', async t => {
  const fake = new FakeConsul('1.22')
  const setup = build(t, await fake.start())
  t.teardown(() => fake.stop())
  await setup.unit.start()
  await once(fake, 'PUT register')
  setup.ready = false
  await once(fake, 'GET ' + id)
  await once(fake, 'GET ' + id)
  t.ok(fake.services.has(id))
  t.equal(setup.registered, true)
  fake.services.clear()
  await once(fake, 'GET ' + id)
  await new Promise(resolve => setTimeout(resolve, 20))
  t.notOk(fake.services.has(id), 'forgotten while not ready: it waits')
  setup.ready = true
  await once(fake, 'PUT register')
})

t.test('an agent that comes late, and one that goes', async t => {
  const fake = new FakeConsul('1.22')
  const port = Number((await fake.start()).split(':')[1])
  await fake.stop()
  const setup = build(t, `127.0.0.1:${port}`)
  await setup.unit.start()
  while (setup.failures.length < 3) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(setup.registered, false)
  t.equal(setup.lines.filter(line => line.includes('cannot be reached')).length, 1, 'said once, not at every try')
  const late = new FakeConsul('1.22')
  await late.start(port)
  await once(late, 'PUT register')
  await once(late, 'GET ' + id)
  t.equal(setup.registered, true)
  t.ok(setup.lines.some(line => line.includes('answers again')))
  await late.stop()
  await setup.unit.stop()
  t.ok(setup.failures.includes('deregister'), 'leaving an agent that is away is tried and given up')
})

t.test('a token that is refused is a fault of configuration', async t => {
  const fake = new FakeConsul('1.8')
  fake.token = 'right'
  const setup = build(t, await fake.start())
  t.teardown(() => fake.stop())
  await setup.unit.start()
  await once(fake, 'PUT register')
  await once(fake, 'PUT register')
  t.equal(setup.lines.filter(line => (JSON.parse(line) as { level: number }).level === 50).length, 1)
  t.match(setup.failures, ['register'])
})

t.test('a registration under way does not outlive the end', async t => {
  const fake = new FakeConsul('1.22')
  const address = await fake.start()
  t.teardown(() => fake.stop())
  let release = (): void => {}
  const held = new Promise<void>(resolve => { release = resolve })
  const order: string[] = []
  let under = (): void => {}
  const underWay = new Promise<void>(resolve => { under = resolve })
  const setup = build(t, address, {
    agent: {
      register: async () => { under(); await held; order.push('registered') },
      knows: async () => true,
      update: async () => true,
      maintenance: async () => { order.push('maintenance') },
      deregister: async () => { order.push('deregistered') },
      close: () => {}
    }
  })
  await setup.unit.start()
  await underWay
  const stopped = setup.unit.stop()
  release()
  await stopped
  t.same(order, ['registered', 'maintenance', 'deregistered'])
})

for (const version of ['1.8', '1.22'] as const) {
  t.test(`heartbeats of a TTL check, with ${version}`, async t => {
    const fake = new FakeConsul(version)
    const address = await fake.start()
    t.teardown(() => fake.stop())
    const setup = build(t, address, { advertised: () => ({ serviceName: 's', tags: [], listening: { host: '127.0.0.1', port: 1234 }, version: '1', deregisterAfterMs: 900_000, check: 'ttl' }), times: { ...times, heartbeatMs: 5 } })
    await setup.unit.start()
    const [registered] = await once(fake, 'PUT register') as [FakeConsul['asked'][number]]
    t.match(registered.body, { Check: { TTL: '15s' } })
    t.notOk('HTTP' in (registered.body?.Check as object))
    t.match(await once(fake, 'PUT update'), [{ body: { Status: 'passing' } }])
    setup.ready = false
    await once(fake, 'PUT update')
    t.match(await once(fake, 'PUT update'), [{ body: { Status: 'critical' } }])
    setup.ready = true
    // The agent has lost the check, and with it the service.
    fake.services.clear()
    await once(fake, 'PUT register')
    await once(fake, 'PUT update')
    t.same(setup.failures, [])
  })
}
