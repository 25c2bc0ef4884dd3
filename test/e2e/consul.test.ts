import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { startConsul } from '../helpers/real-consul.js'
import { checks, noConsul, program, services, untilCritical, untilPassing } from './in-consul.js'
import { engines, start, until } from './service.js'

t.test('with a real Consul', { skip: noConsul }, async t => {
  const consul = await startConsul(program!)
  t.teardown(async () => await consul.stop())
  const env = { CONSUL_HTTP_ADDR: consul.address }

  for (const engine of engines) {
    t.test(`${engine.name}: registered when ready, passing, gone at the drain`, async t => {
      const name = `samples-${engine.name}`
      const service = await start(t, { engine, env, flags: ['--service-name', name, '--service-tags', 'prometheus,blue'], ...(engine.name === 'tensorflow' ? { control: { loadMs: 1500 } } : {}), waitUntilReady: false })
      if (engine.name === 'tensorflow') t.same((await services(consul)).filter(one => one.Service === name), [], 'not while it loads')
      await service.ready()
      const entry = await untilPassing(consul, service, name)
      t.match(entry, { Tags: ['prometheus', 'blue'], Meta: { metrics_path: '/metrics' } })
      t.match(JSON.stringify(entry.Meta), /titanic/)
      t.equal((await checks(consul, name)).length, 1, 'one check')
      t.match((await service.call('/metrics')).text, /^outrigger_consul_registered 1$/m)

      const begun = Date.now()
      service.signal('SIGTERM')
      await until('it is gone from Consul', async () => !(await services(consul)).some(one => one.Service === name), 5000)
      t.equal((await service.call('/health/live')).status, 200, 'it has left Consul before it stops listening')
      t.equal(await service.ended(), 0)
      t.ok(Date.now() - begun >= 1500, 'callers that still held the address had time')
    })
  }

  t.test('the check turns critical when the model server is frozen, and back', async t => {
    const service = await start(t, { env, flags: ['--service-name', 'frozen'] })
    await untilPassing(consul, service, 'frozen')
    const [child] = service.children()
    process.kill(child!, 'SIGSTOP')
    await untilCritical(consul, 'frozen')
    process.kill(child!, 'SIGCONT')
    await untilPassing(consul, service, 'frozen')
    t.pass()
  })

  t.test('an agent that restarts and forgets gets it again; away, it is served on', async t => {
    const service = await start(t, { env, flags: ['--service-name', 'survivor'] })
    await untilPassing(consul, service, 'survivor')
    await consul.stop()
    t.equal((await service.call('/health/ready')).status, 200)
    t.equal((await service.post('/models/half_plus_two/versions/1/evaluate', { x: 1 })).status, 200)
    await consul.start()
    await untilPassing(consul, service, 'survivor', 60_000)
    t.pass()
  })

  t.test('a service that is frozen itself, whose heartbeats stay away: critical, and back', async t => {
    const service = await start(t, { env, flags: ['--service-name', 'stopped', '--service-check', 'ttl'] })
    await untilPassing(consul, service, 'stopped')
    service.signal('SIGSTOP')
    await untilCritical(consul, 'stopped')
    service.signal('SIGCONT')
    await untilPassing(consul, service, 'stopped')
    t.equal((await service.post('/models/half_plus_two/versions/1/evaluate', { x: 1 })).status, 200)
    t.equal((await checks(consul, 'stopped')).length, 1)
  })

  // CONTRIBUTING.md: the agent takes no less than a minute, and looks every 30 s.
  const reaps = process.env.CONSUL_REAPS === '1'
  t.test(`SIGKILL leaves an entry that turns critical${reaps ? ', and is removed in the end' : ''}`, { timeout: 200_000 }, async t => {
    const service = await start(t, { env, flags: ['--service-name', 'killed', '--service-deregister-after', '1m'] })
    await untilPassing(consul, service, 'killed')
    service.signal('SIGKILL')
    await service.ended()
    await untilCritical(consul, 'killed')
    const begun = Date.now()
    if (reaps) {
      await until('it is gone', async () => !(await services(consul)).some(one => one.Service === 'killed'), 150_000)
      t.comment(`removed ${Math.round((Date.now() - begun) / 1000)} s after it turned critical`)
    }
    t.pass()
  })

  t.test('not where Nomad registers the service', async t => {
    const service = await start(t, { env: { ...env, NOMAD_ALLOC_ID: '3f1c8f5e-0000-0000-0000-000000000000' }, flags: ['--service-name', 'nomads'] })
    t.ok(service.lines.some(line => /NOMAD_ALLOC_ID/.test(String(line.message))), 'one line says so')
    service.signal('SIGTERM')
    await service.ended()
    t.notOk((await services(consul)).some(one => one.Service === 'nomads'))
  })
})

t.test('an agent that never answers holds up neither start nor end', async t => {
  const silent: Server = createServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => { silent.closeAllConnections(); silent.close() })
  const service = await start(t, { env: { CONSUL_HTTP_ADDR: `127.0.0.1:${(silent.address() as AddressInfo).port}` } })
  t.equal((await service.post('/models/half_plus_two/versions/1/evaluate', { x: 1 })).status, 200)
  service.signal('SIGTERM')
  t.equal(await service.ended(20_000), 0)
})
