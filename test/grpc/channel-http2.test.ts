// Calls over a real Unix socket: bytes pass unchanged, and a failure says truthfully who made it.
import { EventEmitter, once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Metadata, Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { openChannel } from '../../src/grpc/channel-http2.js'
import { CallError, type Channel } from '../../src/grpc/channel.js'
import { methods } from '../../src/grpc/protos.js'

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
  const same = (bytes: Buffer): Buffer => bytes
  server.addService({ Predict: { path: methods.predict, requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same } }, { Predict: handler })
  await new Promise<void>((resolve, reject) => server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), error => error === null ? resolve() : reject(error)))
  const channel = openChannel(socket)
  t.teardown(() => { channel.close(); server.forceShutdown() })
  return channel
}

async function serveStreams (t: Test, onStream: (stream: ServerHttp2Stream) => void, socket = socketFor(t)): Promise<Channel> {
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
  t.equal(answer.length, 11 + 9_000_000 - 1)
  t.equal(large.length, 0, 'the memory of the request is given back')
  t.equal((await channel.unary(methods.predict, new Uint8Array(0), { deadline: soon(), metadata: { traceparent: '' } })).length, 0)
})

t.test('a request that failed is the caller\'s, and so is one that was answered before it was read', async t => {
  const refused = await serve(t, (_call, callback) => callback({ code: status.UNAVAILABLE, details: 'not now' }))
  const request = Buffer.alloc(100_000)
  await failure(t, refused.unary(methods.predict, request, { deadline: soon() }), { status: status.UNAVAILABLE, origin: 'server' })
  t.equal(request.length, 100_000)
  // More than the server's window, which it does not open again.
  const hasty = await serveStreams(t, stream => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.from([0, 0, 0, 0, 1, 7]))
  })
  t.same([...await hasty.unary(methods.predict, request, { deadline: soon() })], [7])
  t.equal(request.length, 100_000, 'the socket may be about to read it')
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
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { origin: 'transport', status: 14 })
})

t.test('a closed channel rejects as a broken transport', async t => {
  const channel = await serve(t, (_call, callback) => callback(null, Buffer.alloc(0)))
  channel.close()
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'transport' })
})

const headers = { ':status': 200, 'content-type': 'application/grpc' }

/** Answers with these chunks, each written by itself, and this status. */
const answering = (chunks: readonly Buffer[], trailers: Record<string, string>) => (stream: ServerHttp2Stream): void => {
  stream.respond(headers, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(trailers))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
}

t.test('an answer in pieces is put together', async t => {
  const channel = await serveStreams(t, answering([Buffer.from([0, 0]), Buffer.from([0, 0, 3, 1]), Buffer.from([2, 3])], { 'grpc-status': '0' }))
  t.strictSame([...await channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() })], [1, 2, 3])
})

t.test('an OK without one whole message is a broken answer of the server', async t => {
  for (const [chunk, details] of [
    [[], /no message came/],
    [[0, 0, 0, 0, 3, 1], /cut off: 8 bytes announced, 6 came/],
    [[0, 0, 0, 0, 0, 1], /more than one message/],
    [[1, 0, 0, 0, 1, 1], /compressed/]
  ] as const) {
    const channel = await serveStreams(t, answering([Buffer.from(chunk)], { 'grpc-status': '0' }))
    await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 13, origin: 'server', details })
  }
})

t.test('a status that is no number, and words that are not well encoded', async t => {
  const channel = await serveStreams(t, stream => stream.respond({ ...headers, 'grpc-status': 'x', 'grpc-message': '100% %zz' }, { endStream: true }))
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 2, origin: 'server', details: '100% %zz' })
})

t.test('a stream that ends without a status is a broken transport', async t => {
  const channel = await serveStreams(t, stream => { stream.respond(headers); stream.end() })
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'transport' })
})

t.test('headers that cannot be sent fail their call only', async t => {
  const channel = await serve(t, (_call, callback) => callback(null, Buffer.from('ok')))
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon(), metadata: { connection: 'close' } }), { status: 14, origin: 'transport' })
  t.equal(String(await channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() })), 'ok')
})

t.test('many calls at once, each with its own answer', async t => {
  const channel = await serve(t, (call, callback) => callback(null, call.request))
  const numbers = Array.from({ length: 300 }, (_, i) => String(i))
  t.strictSame(await Promise.all(numbers.map(async text => String(await channel.unary(methods.predict, Buffer.from(text), { deadline: soon() })))), numbers)
})

t.test('a server that says goodbye: what runs ends well, later calls go over a session of their own', async t => {
  const ok = answering([Buffer.from([0, 0, 0, 0, 1, 7])], { 'grpc-status': '0' })
  const seen = new EventEmitter()
  const begun = once(seen, 'stream')
  const sessions = new Set<unknown>()
  const channel = await serveStreams(t, stream => {
    sessions.add(stream.session)
    if (sessions.size > 1) return ok(stream)
    stream.session?.goaway(0, stream.id)
    seen.emit('stream', stream)
  })
  const call = async (): Promise<Buffer> => await channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() })
  const first = call()
  const [stream] = await begun as [ServerHttp2Stream]
  // Until the goodbye is read, a call may still go the old way and is refused there.
  let second: Buffer | undefined | void
  while (second === undefined) second = await call().catch((error: CallError) => { t.match(error, { status: 14, origin: 'transport' }) })
  t.strictSame([...second], [7])
  ok(stream)
  t.strictSame([...await first], [7])
  t.equal(sessions.size, 2)
})

t.test('a server that comes back is met by the next call', async t => {
  const socket = socketFor(t)
  const channel = await serveStreams(t, stream => stream.session?.destroy(), socket)
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'transport' })
  rmSync(socket)
  await failure(t, channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() }), { status: 14, origin: 'transport', details: /ENOENT/ })
  await serveStreams(t, answering([Buffer.from([0, 0, 0, 0, 0])], { 'grpc-status': '0' }), socket)
  t.equal((await channel.unary(methods.predict, Buffer.alloc(0), { deadline: soon() })).length, 0)
})
