// Both ways of listening keep the same contract towards grpc-js's client; what only a raw HTTP/2 client can send is for the socket.
import { EventEmitter, once } from 'node:events'
import { connect, type ClientHttp2Session } from 'node:http2'
import { createServer, connect as connectSocket, type AddressInfo } from 'node:net'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { ModelError } from '../../src/embedded/formats/format.js'
import type { CallContext, Method } from '../../src/embedded/method.js'
import { ModelServer } from '../../src/embedded/server.js'

const same = (bytes: Buffer): Buffer => bytes

function socketFor (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 's')
}

/** A port that was free a moment ago. */
async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const ways = {
  socket: async (t: Test) => { const socketPath = socketFor(t); return { listen: { socketPath, port: 0 }, target: `unix:${socketPath}` } },
  port: async () => { const port = await freePort(); return { listen: { socketPath: undefined, port }, target: `127.0.0.1:${port}` } }
}

for (const [name, way] of Object.entries(ways)) {
  const serve = async (t: Test, method: Method): Promise<{ client: Client, call: (request: Buffer, options?: { path?: string, deadline?: number }) => Promise<Buffer> }> => {
    const { listen, target } = await way(t)
    const server = new ModelServer(new Map([['/t/Echo', method]]))
    await server.listen(listen)
    const client = new Client(target, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 })
    t.teardown(() => { client.close(); server.close() })
    return {
      client,
      call: async (request, { path = '/t/Echo', deadline = Date.now() + 60_000 } = {}) => await new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, request, { deadline }, (error: ServiceError | null, answer?: Buffer) => { if (error === null) resolve(answer!); else reject(error) })
      })
    }
  }

  t.test(`${name}: bytes pass unchanged, none and many`, async t => {
    const { call } = await serve(t, request => request)
    for (const size of [0, 1, 20_000, 9_000_000]) t.ok((await call(Buffer.alloc(size, 7))).equals(Buffer.alloc(size, 7)), String(size))
    const numbers = Array.from({ length: 200 }, (_, i) => String(i))
    t.strictSame(await Promise.all(numbers.map(async text => String(await call(Buffer.from(text))))), numbers)
  })

  t.test(`${name}: what a method throws is the status`, async t => {
    const { call } = await serve(t, request => {
      if (request.length > 0) throw new ModelError(request[0], '100 % – é ')
      throw new TypeError('bug')
    })
    for (let status = 1; status <= 16; status++) await t.rejects(call(Buffer.from([status])), { code: status, details: '100 % – é ' })
    await t.rejects(call(Buffer.alloc(0)), { code: 13, details: 'bug' })
    const long = await serve(t, () => { throw new ModelError(3, 'é'.repeat(2000)) })
    await t.rejects(long.call(Buffer.alloc(0)), { code: 3, details: `${'é'.repeat(512)}...TRUNCATED` })
  })

  t.test(`${name}: an unknown method`, async t => {
    const { call } = await serve(t, same)
    await t.rejects(call(Buffer.alloc(0), { path: '/t/Other' }), { code: 12, details: /\/t\/Other/ })
  })

  t.test(`${name}: the method learns the deadline, and that the caller left`, async t => {
    const calls = new EventEmitter()
    const { client } = await serve(t, async (_request, context) => await new Promise(() => calls.emit('call', context)))
    for (const [options, least, most] of [[{ deadline: Date.now() + 300_000 }, 200_000, 400_000], [{}, 500_000, 700_000]] as const) {
      const begun = once(calls, 'call') as Promise<[CallContext]>
      const call = client.makeUnaryRequest('/t/Echo', same, same, Buffer.alloc(0), options, () => {})
      const [context] = await begun
      const left = context.deadline - Date.now()
      t.ok(left > least && left < most, `${left} ms`)
      const heard = new Promise<void>(resolve => { context.onLeft = resolve })
      call.cancel()
      await heard
    }
  })

  t.test(`${name}: an address that is taken`, async t => {
    const { listen } = await way(t)
    const target = listen.socketPath === undefined ? listen : { socketPath: join(listen.socketPath, '../none/s'), port: 0 }
    const methods = new Map([['/t/Echo', same]])
    const first = new ModelServer(methods)
    await first.listen(listen)
    t.teardown(() => first.close())
    await t.rejects(new ModelServer(methods).listen(target), { message: /^cannot listen on / })
  })
}

t.test('a socket file that was left behind is replaced, and gone at the end', async t => {
  const socketPath = socketFor(t)
  writeFileSync(socketPath, '')
  const server = new ModelServer(new Map())
  t.equal(await server.listen({ socketPath, port: undefined }), undefined)
  server.close()
  t.notOk(existsSync(socketPath))
  await t.rejects(server.listen({ socketPath: `/${'x'.repeat(108)}`, port: 0 }), /longer than 107 bytes/)
})

t.test('what no gRPC client sends', async t => {
  const socketPath = socketFor(t)
  const server = new ModelServer(new Map([['/t/Echo', same]]))
  await server.listen({ socketPath, port: 0 })
  const session: ClientHttp2Session = connect('http://localhost', { createConnection: () => connectSocket(socketPath) })
  t.teardown(() => { session.destroy(); server.close() })
  const ask = async (headers: Record<string, string>, ...chunks: number[][]): Promise<Record<string, unknown>> => {
    const stream = session.request({ ':method': 'POST', ':path': '/t/Echo', 'content-type': 'application/grpc', ...headers })
    let answer = {}
    stream.on('response', headers => { answer = { ...answer, ...headers } })
    stream.on('trailers', headers => { answer = { ...answer, ...headers } })
    stream.on('error', () => {})
    stream.resume()
    for (const chunk of chunks) stream.write(Buffer.from(chunk))
    stream.end()
    await once(stream, 'close')
    return answer
  }
  t.match(await ask({ ':method': 'GET' }), { ':status': 415 })
  t.match(await ask({ 'content-type': 'text/plain' }, [1]), { ':status': 415 })
  t.match(await ask({}), { 'grpc-status': '13', 'grpc-message': /no message/ })
  t.match(await ask({}, [0, 0, 0, 0, 9, 1]), { 'grpc-status': '13', 'grpc-message': /cut off/ })
  t.match(await ask({}, [1, 0, 0, 0, 1, 1]), { 'grpc-status': '12', 'grpc-accept-encoding': 'identity' })
  t.match(await ask({}, [0, 0, 0, 0, 0, 0]), { 'grpc-status': '13' })
  t.match(await ask({ 'grpc-timeout': 'soon' }, [0, 0], [0, 0, 1, 5]), { ':status': 200, 'grpc-status': '0' })
})
