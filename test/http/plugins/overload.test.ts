// More requests than can be answered in time: two long turns of the event loop in a row, and what is refused of the second.
import Fastify from 'fastify'
import { once } from 'node:events'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import errors from '../../../src/http/plugins/errors.js'
import overload from '../../../src/http/plugins/overload.js'
import requestContext from '../../../src/http/plugins/request-context.js'

/** More than lies between two turns of a busy machine. */
const turnLimitMs = 200
const requestMs = 50
const connections = 40

/** Every request blocks the loop. */
function block (): object {
  const end = performance.now() + requestMs
  while (performance.now() < end);
  return {}
}

/** Asks for all of these paths at once, on connections that stand already. Gives the statuses. */
type Ask = (paths: readonly string[]) => Promise<number[]>

async function listening (t: Test): Promise<Ask> {
  const app = Fastify()
  await app.register(requestContext, { requestTimeoutMs: () => 30_000 })
  await app.register(errors)
  await app.register(overload, { turnLimitMs })
  for (const path of ['/models', '/metrics']) app.get(path, async () => block())
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const { port } = app.server.address() as { port: number }
  let accepted = 0
  const allAccepted = new Promise<void>(resolve => { app.server.on('connection', () => { if (++accepted === connections) resolve() }) })
  const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1'))
  t.teardown(() => { for (const socket of sockets) socket.destroy() })
  await Promise.all([allAccepted, ...sockets.map(async socket => await once(socket, 'connect'))])
  return async paths => await Promise.all(paths.map(async path => {
    const socket = sockets.pop()!
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const [data] = await once(socket, 'data') as [Buffer]
    return Number(data.toString().split(' ', 2)[1])
  }))
}

const many = (path: string, count = 10): string[] => Array.from({ length: count }, () => path)

t.test('one long turn refuses nobody, the next one its rest', async t => {
  const ask = await listening(t)
  t.same(new Set(await ask(many('/models'))), new Set([200]))
  const [first, ...rest] = await ask([...many('/models'), '/metrics'])
  t.equal(first, 200)
  t.equal(rest.pop(), 200, 'who watches is answered')
  t.same(new Set(rest.slice(-5)), new Set([503]), rest.join())
  t.equal(rest[0], 200)
})

t.test('a long turn some time after another one is not overload', async t => {
  const ask = await listening(t)
  for (let i = 0; i < 2; i++) {
    t.same(new Set(await ask(many('/models'))), new Set([200]))
    await new Promise(resolve => setTimeout(resolve, turnLimitMs + 20))
  }
})
