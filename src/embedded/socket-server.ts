// gRPC by our own framing on node:http2, for the private Unix socket whose only caller is the gateway. Knows no model. Source of the rules: gRPC's PROTOCOL-HTTP2.md; why not grpc-js: docs/adr/0003.
import { rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { now } from '../clock.js'
import { framed, MessageReader, percentEncoded, timeoutMs, windowBytes } from '../grpc/framing.js'
import { ModelError } from './formats/format.js'
import { defaultDeadlineMs, refusalOf, type CallContext, type Method, type Methods } from './method.js'
import { INTERNAL, UNIMPLEMENTED } from './status.js'

/** sun_path of a Unix socket, with its closing zero. */
const maxSocketPathBytes = 107

const contentType = 'application/grpc'
const head = { ':status': 200, 'content-type': contentType }

/** Finished streams live on for a while and keep what they hold, so an answered call is taken away from its stream. */
type CallStream = ServerHttp2Stream & { call?: Call | undefined }

/** One call, from its headers to its answer. */
class Call implements CallContext {
  readonly deadline: number
  onLeft: (() => void) | undefined
  readonly #stream: CallStream
  readonly #method: Method
  readonly #request = new MessageReader()

  constructor (stream: CallStream, method: Method, timeout: string | undefined) {
    this.#stream = stream
    this.#method = method
    this.deadline = now() + (timeoutMs(timeout ?? '') ?? defaultDeadlineMs)
  }

  add (chunk: Buffer): void { this.#request.add(chunk) }

  /** The whole request is there. */
  async run (): Promise<void> {
    try {
      const read = this.#request.message()
      if ('fault' in read) throw new ModelError(read.kind === 'compressed' ? UNIMPLEMENTED : INTERNAL, `The request cannot be read: ${read.fault}`)
      this.#answer(await this.#method(read.message, this))
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** The stream is over; when it still has its call, the caller left. */
  left (): void {
    this.#stream.call = undefined
    this.onLeft?.()
  }

  #answer (message: Uint8Array): void {
    if (this.#stream.call === undefined) return
    this.#stream.call = undefined
    this.#stream.respond(head, { waitForTrailers: true })
    this.#stream.on('wantTrailers', sendOk)
    const [first, second] = framed(message)
    if (second !== undefined) {
      this.#stream.cork()
      this.#stream.write(first)
    }
    this.#stream.end(second ?? first)
  }

  #refuse (error: unknown): void {
    if (this.#stream.call === undefined) return
    this.#stream.call = undefined
    refuse(this.#stream, error)
  }
}

/** Answers with a status and no message. */
function refuse (stream: ServerHttp2Stream, error: unknown): void {
  const { status, words } = refusalOf(error)
  stream.respond({ ...head, 'grpc-status': String(status), 'grpc-message': percentEncoded(words), 'grpc-accept-encoding': 'identity' }, { endStream: true })
}

// Listeners of every stream alike: a closure per call would be kept by the finished streams.
function onData (this: CallStream, chunk: Buffer): void { this.call?.add(chunk) }
function onEnd (this: CallStream): void { void this.call?.run() }
function onClose (this: CallStream): void { this.call?.left() }
function onError (): void {}
function sendOk (this: ServerHttp2Stream): void { this.sendTrailers({ 'grpc-status': '0' }) }

function receive (methods: Methods, stream: CallStream, headers: IncomingHttpHeaders): void {
  stream.on('error', onError)
  if (headers[':method'] !== 'POST' || headers['content-type']?.startsWith(contentType) !== true) return stream.respond({ ':status': 415 }, { endStream: true })
  const path = String(headers[':path'])
  const method = methods.get(path)
  if (method === undefined) return refuse(stream, new ModelError(UNIMPLEMENTED, `The server does not implement the method ${path}`))
  const timeout = headers['grpc-timeout']
  stream.call = new Call(stream, method, typeof timeout === 'string' ? timeout : undefined)
  stream.on('data', onData)
  stream.on('end', onEnd)
  stream.on('close', onClose)
}

/**
 * Serves the methods on a Unix socket; a socket file that was left behind is replaced. Resolves with what ends all connections at once and removes the socket.
 * Rejects with an Error that says why it cannot listen.
 */
export async function listenOnSocket (path: string, methods: Methods): Promise<() => void> {
  if (Buffer.byteLength(path) > maxSocketPathBytes) throw new Error(`the socket path is longer than ${maxSocketPathBytes} bytes: ${path}`)
  rmSync(path, { force: true })
  // Sizes are limited at the gateway's HTTP edge.
  const server = createServer({ maxSessionMemory: Number.MAX_SAFE_INTEGER, settings: { initialWindowSize: windowBytes } })
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.setLocalWindowSize(windowBytes)
    session.once('close', () => sessions.delete(session))
  })
  server.on('sessionError', onError)
  server.on('stream', (stream, headers) => receive(methods, stream, headers))
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(new Error(`cannot listen on ${path}: ${cause.message}`, { cause })))
    server.listen(path, resolve)
  })
  return () => {
    server.close()
    for (const session of sessions) session.destroy()
    rmSync(path, { force: true })
  }
}
