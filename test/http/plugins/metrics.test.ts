// Each request is counted once, with what it turned out to be; callers that leave count as 499.
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { createMetrics, type Metrics } from '../../../src/metrics.js'
import { OutriggerError } from '../../../src/errors.js'
import errors from '../../../src/http/plugins/errors.js'
import metricsPlugin from '../../../src/http/plugins/metrics.js'
import requestContext from '../../../src/http/plugins/request-context.js'
import { modelEntry, stillEngine, versionEntry } from '../../helpers/still-engine.js'

async function build (t: Test): Promise<{ app: FastifyInstance, metrics: Metrics, value: (series: string) => Promise<number>, left: Promise<void> }> {
  const metrics = createMetrics({ build: { version: '1', commit: null }, engines: () => [], models: () => [modelEntry('m', [versionEntry(stillEngine(), 'm', 3n)])], processMetrics: false })
  let leave = (): void => {}
  const left = new Promise<void>(resolve => { leave = resolve })
  const app = Fastify()
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(metricsPlugin, { metrics })
  await app.register(errors)
  app.post('/models/:model/evaluate', async request => {
    Object.assign(request.outcome, { api: 'evaluate', model: (request.params as { model: string }).model })
    if ((request.body as { bad?: boolean }).bad === true) throw new OutriggerError('REQUEST_INVALID', 'bad')
    request.outcome.version = 3n
    return { ok: true }
  })
  app.get('/missing/:model', async request => { throw new OutriggerError('MODEL_NOT_FOUND', 'no', request.params as { model: string }) })
  app.get('/never', async request => {
    app.server.emit('asked')
    await once(request.callerSignal, 'abort')
    // After the listeners of the answer's own close, the metrics' among them.
    setImmediate(leave)
    return ''
  })
  t.teardown(() => app.close())
  const value = async (series: string): Promise<number> =>
    (await metrics.registry.metrics()).split('\n').filter(line => line.startsWith(series)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  return { app, metrics, value, left }
}

t.test('after N good and M bad predictions the series rose by exactly that', async t => {
  const { app, value } = await build(t)
  const [n, m] = [7, 4]
  for (let i = 0; i < n; i++) await app.inject({ method: 'POST', url: '/models/m/evaluate', payload: {} })
  for (let i = 0; i < m; i++) await app.inject({ method: 'POST', url: '/models/m/evaluate', payload: { bad: true } })
  const labels = 'api="evaluate",route="/models/:model/evaluate",method="POST",model="m"'
  t.equal(await value(`outrigger_requests_total{${labels},version="3",status="200"}`), n)
  t.equal(await value(`outrigger_requests_total{${labels},version="",status="400"}`), m)
  t.equal(await value(`outrigger_request_seconds_count{${labels}`), n + m)
  t.equal(await value('outrigger_failures_total{code="REQUEST_INVALID"}'), m)
  t.equal(await value('outrigger_failures_total'), m, 'and no other failure')
  t.equal(await value('outrigger_requests_in_flight'), 0)
})

t.test('names that callers make up do not become series', async t => {
  const { app, value } = await build(t)
  await app.inject('/missing/y')
  await app.inject('/missing/m')
  t.equal(await value('outrigger_requests_total{api="other",route="/missing/:model",method="GET",model="_unknown",version="",status="404"'), 1, 'told by the error alone')
  t.equal(await value('outrigger_requests_total{api="other",route="/missing/:model",method="GET",model="m",version="",status="404"'), 1)
  for (let i = 0; i < 5; i++) {
    await app.inject({ method: 'POST', url: `/models/x${i}/evaluate`, payload: { bad: true } })
    await app.inject(`/path-${i}`)
  }
  t.equal(await value('outrigger_requests_total{api="evaluate",route="/models/:model/evaluate",method="POST",model="_unknown"'), 5)
  t.equal(await value('outrigger_requests_total{api="other",route="_unmatched",method="GET",model="",version="",status="404"}'), 5)
})

t.test('a caller that leaves counts as 499', async t => {
  const { app, value, left } = await build(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(app.server, 'asked')
  t.equal(await value('outrigger_requests_in_flight'), 1)
  socket.destroy()
  await left
  t.equal(await value('outrigger_requests_total{api="other",route="/never",method="GET",model="",version="",status="499"}'), 1)
  t.equal(await value('outrigger_requests_total'), 1, 'once')
  t.equal(await value('outrigger_requests_in_flight'), 0)
})
