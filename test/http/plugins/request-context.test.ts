import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { now } from '../../../src/clock.js'
import requestContext from '../../../src/http/plugins/request-context.js'

async function build (routes: (app: FastifyInstance) => void): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(requestContext, { requestTimeoutMs: () => 5000 })
  routes(app)
  return app
}

t.test('the deadline: the header lowers it and never raises it', async t => {
  const app = await build(app => app.get('/', async request => ({ left: Math.round(request.deadline - now()) })))
  const left = async (header?: string): Promise<number> => (await app.inject({ url: '/', headers: header === undefined ? {} : { 'x-request-timeout-ms': header } })).json<{ left: number }>().left
  t.ok(await left() > 4000)
  const lowered = await left('1000')
  t.ok(lowered <= 1000 && lowered > 0)
  for (const header of ['60000', '0', '-1', 'soon', '1e3', '99999999999']) t.ok(await left(header) > 4000, header)
  await app.close()
})

t.test('the answer names request and version', async t => {
  const app = await build(app => app.get('/', async request => { request.outcome.version = 9007199254740993n; return '' }))
  const { headers } = await app.inject({ url: '/' })
  t.equal(headers['outrigger-model-version'], '9007199254740993')
  t.type(headers['x-request-id'], 'string')
  await app.close()
})

t.test('the signal fires when the caller leaves, and only then', async t => {
  let entered = (): void => {}
  const inside = new Promise<void>(resolve => { entered = resolve })
  let signal: AbortSignal | undefined
  const app = await build(app => {
    app.get('/slow', async request => { signal = request.callerSignal; entered(); await once(request.callerSignal, 'abort') })
    app.get('/quick', async request => { signal = request.callerSignal; return '' })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const leaving = httpRequest(`${url}/slow`).end()
  leaving.on('error', () => {})
  await inside
  leaving.destroy()
  await once(signal!, 'abort')
  t.equal(signal!.aborted, true)
  await (await fetch(`${url}/quick`)).text()
  t.equal(signal!.aborted, false)
  await app.close()
})
