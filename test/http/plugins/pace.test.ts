// The pace: how many requests are read at a time while the loop is busy, that everybody is answered, and that nobody waits where the loop has time.
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import pace from '../../../src/http/plugins/pace.js'
import requestContext from '../../../src/http/plugins/request-context.js'

const callers = 40
const requestsEach = 20

/** The most requests that were answered at a time, from the moment on when each caller has asked a few times; every caller keeps one connection. */
async function mostAtATime (t: Test, share: number): Promise<{ most: number, answered: number }> {
  const app = Fastify({ logger: false })
  await app.register(requestContext, { requestTimeoutMs: () => 30_000 })
  await app.register(pace, { requestsAtATime: 4, busyShare: () => share })
  let [underWay, most, begun] = [0, 0, 0]
  app.get('/', async () => {
    underWay++
    if (++begun > callers * requestsEach / 2) most = Math.max(most, underWay)
    await sleep(5)
    underWay--
    return 'ok'
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => { await app.close() })
  const { port } = app.server.address() as AddressInfo
  let answered = 0
  await Promise.all(Array.from({ length: callers }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < requestsEach; i++) {
      const [answer] = await once(request({ agent, port, host: '127.0.0.1' }).end(), 'response') as [IncomingMessage]
      await answer.resume().toArray()
      if (answer.statusCode === 200) answered++
    }
    agent.destroy()
  }))
  return { most, answered }
}

t.test('a busy loop reads few at a time, and answers all', { timeout: 60_000 }, async t => {
  const { most, answered } = await mostAtATime(t, 1)
  t.equal(answered, callers * requestsEach)
  t.ok(most < callers / 2, `${most} at a time`)
})

t.test('where the loop has time nobody waits', { timeout: 60_000 }, async t => {
  const { most, answered } = await mostAtATime(t, 0)
  t.equal(answered, callers * requestsEach)
  t.ok(most > callers / 2, `${most} at a time`)
})

t.test('what waits in a connection when the server closes is read', { timeout: 60_000 }, async t => {
  const app = Fastify({ logger: false, return503OnClosing: false })
  await app.register(requestContext, { requestTimeoutMs: () => 30_000 })
  await app.register(pace, { requestsAtATime: 1, busyShare: () => 1 })
  app.addHook('preClose', async () => { await sleep(50) })
  app.get('/', async () => { await sleep(20); return 'ok' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const agents = Array.from({ length: callers }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  const ask = async (agent: Agent): Promise<number | undefined> => {
    const [answer] = await once(request({ agent, port, host: '127.0.0.1' }).end(), 'response') as [IncomingMessage]
    await answer.resume().toArray()
    return answer.statusCode
  }
  // The first look at the loop is over after a tenth of a second.
  for (const end = performance.now() + 300; performance.now() < end;) await Promise.all(agents.map(ask))
  const last = agents.map(ask)
  await sleep(10)
  const closed = app.close()
  t.same(await Promise.all(last), last.map(() => 200))
  for (const agent of agents) agent.destroy()
  await closed
})
