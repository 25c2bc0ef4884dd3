// Calls over a real Unix socket: bytes pass unchanged, and a failure says truthfully who made it.
import { EventEmitter, once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Metadata, Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { openChannel } from '../../src/grpc/channel-grpc-js.js'
import { CallError, type Channel } from '../../src/grpc/channel.js'
import { methods, serviceDefinition } from '../../src/grpc/protos.js'

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void

/** Short, because a socket's path has little room. */
function socketFor (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 's')
}

const soon = (): number => Date.now() + 20_000

async function serve (t: Test, handler: Handler): Promise<Channel> {
  const socket = socketFor(t)
  const server = new Server({ 'grpc.max_receive_message_length': -1 })
  server.addService(serviceDefinition('PredictionService', ['Predict']), { Predict: handler })
  await new Promise<void>((resolve, reject) => server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), error => error === null ? resolve() : reject(error)))
  const channel = openChannel(socket)
  t.teardown(() => { channel.close(); server.forceShutdown() })
  return channel
}

async function serveStreams (t: Test, onStream: (stream: ServerHttp2Stream) => void): Promise<Channel> {
  const socket = socketFor(t)
  const server = createServer()
  server.on('stream', stream => { stream.on('error', () => {}); onStream(stream) })
  server.on('sessionError', () => {})
  await new Promise<void>(resolve => server.listen(socket, resolve))
  const channel = openChannel(socket)
  t.teardown(() => { channel.close(); server.close() })
  return channel
}

async function failure (t: Test, call: Promise<Buffer>, expected: { status: number, origin: CallError['origin'], details?: string | RegExp }): Promise<void> {
  const error = await call.then(() => undefined, (e: unknown) => e)
  t.type(error, CallError)
  t.match(error, expected)
}

t.test('bytes and metadata pass unchanged, also large ones', async t => {
  const channel = await serve(t, (call, callback) => callback(null, Buffer.concat([Buffer.from(String(call.metadata.get('traceparent')[0])), call.request])))
  const large = new Uint8Array(9_000_000).fill(7)
  const answer = await channel.unary(methods.predict, large.subarray(1), { deadline: soon(), metadata: { traceparent: '00-ab-cd-01' } })
  t.equal(answer.subarray(0, 11).toString(), '00-ab-cd-01')
  t.equal(answer.length, 11 + large.length - 1)
  t.equal((await channel.unary(methods.predict, new Uint8Array(0), { deadline: soon(), metadata: { traceparent: '' } })).length, 0)
})

t.test('every status that the server sends is the server\'s', async t => {
  const channel = await serve(t, (call, callback) => callback({ code: call.request[0], details: `said ${call.request[0]} – é`, metadata: new Metadata() }))
  for (let code = 1; code <= 16; code++) {
    await failure(t, channel.unary(methods.predict, Buffer.from([code]), { deadline: soon() }), { status: code, origin: 'server', details: `said ${code} – é` })
  }
})

t.test('a status after the headers is the server\'s too', async t => {
  const channel = await serve(t, (call, callback) => {
    call.sendMetadata(new Metadata())
    callback({ code: status.UNAVAILABLE, details: 'late' })
  })
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'server', details: 'late' })
})

t.test('a server without an answer meets our deadline', async t => {
  const channel = await serve(t, () => {})
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: Date.now() + 60 }), { status: 4, origin: 'deadline' })
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: Date.now() - 1 }), { status: 4, origin: 'deadline' })
})

t.test('the signal cancels, before and during the call', async t => {
  const controller = new AbortController()
  const server = new EventEmitter()
  const cancelled = once(server, 'cancelled')
  const channel = await serve(t, call => {
    call.on('cancelled', () => server.emit('cancelled'))
    controller.abort()
  })
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon(), signal: controller.signal }), { status: 1, origin: 'aborted' })
  await cancelled
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon(), signal: controller.signal }), { status: 1, origin: 'aborted' })
})

t.test('no server there', async t => {
  const channel = openChannel(socketFor(t))
  t.teardown(() => channel.close())
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'transport' })
})

t.test('the connection dies before the headers', async t => {
  const before = await serveStreams(t, stream => stream.session?.destroy())
  await failure(t, before.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'transport' })
})

t.test('the connection dies after the headers', async t => {
  const after = await serveStreams(t, stream => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' })
    stream.write(Buffer.alloc(3), () => stream.session?.destroy())
  })
  await failure(t, after.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { origin: 'transport', status: 14 })
})

t.test('a stream that is reset is a broken transport', async t => {
  const channel = await serveStreams(t, stream => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' })
    stream.close(2)
  })
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { origin: 'transport', status: 13 })
})

t.test('a closed channel rejects as a broken transport', async t => {
  const channel = await serve(t, (_call, callback) => callback(null, Buffer.alloc(0)))
  channel.close()
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'transport' })
})
