// Bodies as bytes, and bodies that nobody asked for.
import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import errors from '../../../src/http/plugins/errors.js'
import rawBody from '../../../src/http/plugins/raw-body.js'
import requestContext from '../../../src/http/plugins/request-context.js'

const build = async (t: Test): Promise<{ app: ReturnType<typeof Fastify>, send: (head: string, body: Buffer) => Promise<string> }> => {
  const app = Fastify({ bodyLimit: 2 ** 20 })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(rawBody)
  app.get('/large', async () => 'y'.repeat(500_000))
  app.post('/', async request => (request.body as Buffer).toString('hex'))
  t.teardown(() => app.close())
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const send = async (head: string, body: Buffer): Promise<string> => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`${head}\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`)
    socket.write(body)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk }).on('error', () => {})
    await once(socket, 'close')
    return text
  }
  return { app, send }
}

t.test('any media type, or none', async t => {
  const { app, send } = await build(t)
  for (const type of ['application/json', 'image/png', 'x/y; z']) t.equal((await app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, payload: '{' })).body, '7b', type)
  t.match(await send('POST / HTTP/1.1', Buffer.from('é')), /\r\n\r\nc3a9$/)
})

t.test('a GET with a body is answered to the end', async t => {
  const { send } = await build(t)
  const answer = await send('GET /large HTTP/1.1', Buffer.alloc(900_000, 0x20))
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.equal(answer.length - answer.indexOf('\r\n\r\n') - 4, 500_000)
  t.match(await send('GET /large HTTP/1.1', Buffer.alloc(2 ** 20 + 1, 0x20)), /^HTTP\/1\.1 413 /)
  t.match(await send('GET /large HTTP/1.1', Buffer.alloc(0)), /^HTTP\/1\.1 200 /)
})
