// One line per request, at a level that fits, without queries, bodies or headers.
import { Writable } from 'node:stream'
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { createMetrics } from '../../../src/metrics.js'
import { OutriggerError } from '../../../src/errors.js'
import accessLog from '../../../src/http/plugins/access-log.js'
import errors from '../../../src/http/plugins/errors.js'
import metricsPlugin from '../../../src/http/plugins/metrics.js'
import requestContext from '../../../src/http/plugins/request-context.js'

async function build (t: Test, enabled: boolean): Promise<{ app: FastifyInstance, lines: Record<string, unknown>[] }> {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({ write (chunk, _encoding, done) { lines.push(JSON.parse(String(chunk)) as Record<string, unknown>); done() } })
  const app = Fastify({ logController: new LogController({ disableRequestLogging: true }), logger: { level: 'info', stream } })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(metricsPlugin, { metrics: createMetrics({ build: { version: '1', commit: null }, engines: () => [], models: () => [], processMetrics: false }) })
  await app.register(accessLog, { enabled: () => enabled })
  await app.register(errors)
  app.get('/good', async request => { Object.assign(request.outcome, { api: 'evaluate', model: 'm', version: 2n }); return { a: 1 } })
  app.get('/busy', async () => { throw new OutriggerError('SERVICE_OVERLOADED', 'full') })
  app.get('/probe', async request => { request.outcome.api = 'health'; return '' })
  t.teardown(() => app.close())
  return { app, lines }
}

t.test('a line says who, what, which model and how it ended', async t => {
  const { app, lines } = await build(t, true)
  await app.inject({ url: '/good?token=secret', headers: { authorization: 'Bearer secret', 'user-agent': 'me' } })
  t.equal(lines.length, 1)
  t.match(lines[0], { level: 30, method: 'GET', path: '/good', route: '/good', status: 200, api: 'evaluate', model: 'm', version: '2', bytes: 7, userAgent: 'me', request_id: 'req-1', milliseconds: Number })
  t.notMatch(JSON.stringify(lines), /secret/)
  await app.inject('/probe')
  t.equal(lines.length, 1, 'probes are quiet')
})

t.test('failures are logged even when the lines are off', async t => {
  const { app, lines } = await build(t, false)
  await app.inject('/good')
  t.same(lines, [])
  await app.inject('/busy')
  t.match(lines.find(line => line.path === '/busy'), { level: 40, status: 503, code: 'SERVICE_OVERLOADED' })
})
