// The service's end as callers on open connections see it.
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import drain from '../../../src/http/plugins/drain.js'
import errors from '../../../src/http/plugins/errors.js'
import requestContext from '../../../src/http/plugins/request-context.js'

t.test('in the drain delay requests are served, but their connections end', async t => {
  let phase: 'serving' | 'draining' = 'serving'
  const app = Fastify({ return503OnClosing: false })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(drain, { service: { phase: () => phase } })
  app.get('/x', async () => 'served')
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const agent = new Agent({ keepAlive: true })
  const get = async (): Promise<IncomingMessage> => {
    const [answer] = await once(httpRequest({ port: (app.server.address() as AddressInfo).port, path: '/x', agent }).end(), 'response') as [IncomingMessage]
    answer.resume()
    await once(answer, 'end')
    return answer
  }
  t.equal((await get()).headers.connection, 'keep-alive')
  phase = 'draining'
  const answer = await get()
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers.connection, 'close')
})

t.test('a request under way when the drain begins ends its connection as well', async t => {
  let phase: 'serving' | 'draining' = 'serving'
  const app = Fastify({ return503OnClosing: false })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(drain, { service: { phase: () => phase } })
  app.get('/x', async () => { phase = 'draining'; return 'served' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true })
  const [answer] = await once(httpRequest({ port: (app.server.address() as AddressInfo).port, path: '/x', agent }).end(), 'response') as [IncomingMessage]
  t.equal(answer.headers.connection, 'close')
  answer.resume()
  await app.close()
})

t.test('after it stopped accepting, an open connection is told to go elsewhere; health still answers', async t => {
  const app = Fastify({ return503OnClosing: false })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(drain, { service: { phase: () => 'draining' } })
  let release = (): void => {}
  const held = new Promise<void>(resolve => { release = resolve })
  let asked = (): void => {}
  const inside = new Promise<void>(resolve => { asked = resolve })
  app.get('/slow', async () => { asked(); await held; return 'done' })
  app.get('/x', async () => 'served')
  app.get('/health/live', async () => 'alive')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const open = async (bytes: string): Promise<{ text: Promise<string>, write: (more: string) => void }> => {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8')
    let text = ''
    socket.on('data', (chunk: string) => { text += chunk })
    await once(socket, 'connect')
    socket.write(bytes)
    return { text: once(socket, 'close').then(() => text), write: more => { socket.write(more) } }
  }
  // Requests whose heads are not complete when the close begins: their connections are not idle.
  const late = await open('GET /x HTTP/1.1\r\n')
  const probe = await open('GET /health/live HTTP/1.1\r\n')
  const slow = await open('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await inside
  const closed = app.close()
  while (app.server.listening) await new Promise(resolve => setImmediate(resolve))
  late.write('Host: x\r\n\r\n')
  probe.write('Host: x\r\n\r\n')
  t.match(await late.text, /^HTTP\/1\.1 503 [^]*retry-after: 1[^]*"code":"SERVICE_DRAINING"/i)
  t.match(await probe.text, /^HTTP\/1\.1 200 [^]*alive/)
  release()
  t.match(await slow.text, /^HTTP\/1\.1 200 [^]*done/)
  await closed
})

t.test('what callers have sent by the moment of the close is answered, and not cut off with the idle connections', async t => {
  const app = Fastify({ return503OnClosing: false, forceCloseConnections: 'idle' })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(drain, { service: { phase: () => 'draining' } })
  app.get('/x', async () => 'served')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const answerOn = async (socket: Socket): Promise<string> => {
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    return text
  }
  const sockets = await Promise.all([open(), open()])
  const answers = sockets.map(answerOn)
  for (const socket of sockets) socket.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n')
  await app.close()
  for (const answer of await Promise.all(answers)) t.match(answer, /200 OK[^]*served/)
})
