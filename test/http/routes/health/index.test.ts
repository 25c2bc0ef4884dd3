// The health routes and /metrics over HTTP: statuses, headers, media types; never waiting for an engine.
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import health, { wantsOpenMetrics } from '../../../../src/http/routes/health/index.js'
import requestContext from '../../../../src/http/plugins/request-context.js'
import type { Service } from '../../../../src/http/service.js'
import { Registry } from '../../../../src/inference/registry.js'
import { createMetrics } from '../../../../src/metrics.js'
import { modelEntry, servable, stillEngine, versionEntry } from '../../../helpers/still-engine.js'

async function build (t: Test): Promise<{ app: FastifyInstance, engine: ReturnType<typeof stillEngine> }> {
  const engine = stillEngine()
  engine.seen.set('m', [servable(1n)])
  const registry = new Registry()
  registry.put(modelEntry('m', [versionEntry(engine, 'm', 1n)]))
  const metrics = createMetrics({ build: { version: '1', commit: null }, engines: () => [engine], models: () => registry.list() })
  const service = { registry, metrics, engines: () => [engine], phase: () => 'serving', repositoryFaults: () => [] } as unknown as Service
  const app = Fastify()
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(health, { service })
  t.teardown(() => app.close())
  return { app, engine }
}

t.test('one truth at /health and /health/ready, 200 or 503 and nothing in between', async t => {
  const { app, engine } = await build(t)
  for (const url of ['/health', '/health/ready']) {
    const good = await app.inject(url)
    t.equal(good.statusCode, 200)
    t.equal(good.headers['cache-control'], 'no-store')
    t.match(good.json(), { ready: true })
    const head = await app.inject({ method: 'HEAD', url })
    t.equal(head.statusCode, 200)
    t.equal(head.body, '')
  }
  engine.state = 'unresponsive'
  const bad = await app.inject('/health')
  t.equal(bad.statusCode, 503)
  t.equal(bad.headers['retry-after'], '1')
  t.equal((await app.inject({ method: 'HEAD', url: '/health/ready' })).statusCode, 503)
  t.equal((await app.inject('/health/live')).statusCode, 200)
  engine.state = 'failed'
  t.match((await app.inject('/health/live')), { statusCode: 503 })
})

t.test('/metrics in both text forms', async t => {
  const { app } = await build(t)
  const plain = await app.inject('/metrics')
  t.equal(plain.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.match(plain.body, /^outrigger_model_available\{model="m",version="1"\} 1$/m)
  t.match(plain.body, /^process_resident_memory_bytes /m)
  t.match(plain.body, /^nodejs_eventloop_lag_seconds /m)
  const open = await app.inject({ url: '/metrics', headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3' } })
  t.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  t.match(open.body, /# EOF\n$/)
})

t.test('which form is asked for', async t => {
  t.equal(wantsOpenMetrics(undefined), false)
  t.equal(wantsOpenMetrics('*/*'), false)
  t.equal(wantsOpenMetrics('application/openmetrics-text'), true)
  t.equal(wantsOpenMetrics('text/plain;q=0.9, application/openmetrics-text;q=0.2'), false)
  t.equal(wantsOpenMetrics('application/openmetrics-text;q=0'), false)
})
