// The Channel over node:http2: unary calls over one session to one Unix socket, bytes in and bytes out. Knows no message. Source of the rules: gRPC's PROTOCOL-HTTP2.md.
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { now } from '../clock.js'
import { release } from '../release.js'
import { CallError, type CallOptions, type Channel } from './channel.js'
import { framed, MessageReader, percentDecoded, timeoutText, windowBytes } from './framing.js'

const CANCELLED = 1
const UNKNOWN = 2
const DEADLINE_EXCEEDED = 4
const INTERNAL = 13
const UNAVAILABLE = 14

/** A session has 2^30 stream numbers; a fresh one is opened in good time. */
const maxCallsOfSession = 2 ** 29

/**
 * A call that passed its deadline is left to the server for so long, which ends it by itself. A reset for each would not do: nghttp2, in the embedded model server
 * among others, takes more than 33 resets a second for an attack and ends the connection with all its calls.
 */
const resetAfterMs = 1000

/** setTimeout's limit. */
const maxTimerMs = 2 ** 31 - 1

/** Finished streams live on for a while and keep what they hold, so a settled call is taken away from its stream. */
type CallStream = ClientHttp2Stream & { call?: Call | undefined }

const aborted = (): CallError => new CallError(CANCELLED, 'the call was cancelled by the caller', 'aborted')
const late = (): CallError => new CallError(DEADLINE_EXCEEDED, 'the deadline passed', 'deadline')
const unavailable = (why: string): CallError => new CallError(UNAVAILABLE, why, 'transport')

/** A call under way: what has come of its answer, and who waits for it. */
class Call {
  readonly #message = new MessageReader()
  readonly #stream: CallStream
  readonly #sent: Uint8Array
  readonly #deadline: number
  readonly #signal: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout
  readonly #resolve: (answer: Buffer) => void
  readonly #reject: (error: CallError) => void
  #sawOk = false

  constructor (stream: CallStream, sent: Uint8Array, { deadline, signal }: CallOptions, resolve: (answer: Buffer) => void, reject: (error: CallError) => void) {
    this.#stream = stream
    this.#sent = sent
    this.#deadline = deadline
    this.#signal = signal
    this.#timer = setTimeout(expire, Math.min(deadline - now(), maxTimerMs), this)
    this.#resolve = resolve
    this.#reject = reject
    signal?.addEventListener('abort', this.#abort, { once: true })
    stream.call = this
  }

  add (chunk: Buffer): void { this.#message.add(chunk) }

  /** Headers or trailers of the server, of which one holds the status. */
  heard (headers: IncomingHttpHeaders): void {
    const text = headers['grpc-status']
    if (text === undefined) return
    const status = Number(text)
    if (status === 0) {
      this.#sawOk = true
      this.#finish(false)
    } else if (status === CANCELLED && now() >= this.#deadline) this.#fail(late()) // What C++ servers may say of a deadline.
    else this.#fail(new CallError(Number.isInteger(status) ? status : UNKNOWN, percentDecoded(String(headers['grpc-message'] ?? '')), 'server'))
  }

  /** The stream is over, with or without the server's status. */
  ended (why: string): void {
    if (this.#sawOk) this.#finish(true)
    else this.#fail(unavailable(why))
  }

  /** The deadline passed. */
  expire (): void {
    this.#fail(late())
    setTimeout(reset, resetAfterMs, this.#stream).unref()
  }

  readonly #abort = (): void => {
    this.#fail(aborted())
    reset(this.#stream)
  }

  /** Trailers may overtake the last chunks: then the end of the stream is waited for. */
  #finish (ended: boolean): void {
    const read = this.#message.message()
    if ('message' in read) {
      this.#settle()
      // Else the socket may be about to read it: a server can answer before it has seen all.
      if (this.#stream.writableFinished) release(this.#sent)
      this.#resolve(read.message)
    } else if (ended || read.kind !== 'short') this.#fail(new CallError(INTERNAL, `the answer cannot be read: ${read.fault}`, 'server'))
  }

  #fail (error: CallError): void {
    this.#settle()
    this.#reject(error)
  }

  #settle (): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#stream.call = undefined
  }
}

const expire = (call: Call): void => call.expire()
const reset = (stream: CallStream): void => { if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL) }

// Listeners of every stream alike: a closure per call would be kept by the finished streams.
function onHeaders (this: CallStream, headers: IncomingHttpHeaders): void { this.call?.heard(headers) }
function onData (this: CallStream, chunk: Buffer): void { this.call?.add(chunk) }
function onError (this: CallStream, error: Error): void { this.call?.ended(error.message) }
function onClose (this: CallStream): void { this.call?.ended('the connection ended before the answer') }

function open (socketPath: string, onEnd: (session: ClientHttp2Session) => void): ClientHttp2Session {
  const session = connect('http://localhost', {
    createConnection: () => connectSocket(socketPath),
    // Sizes and numbers are limited at the HTTP edge.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    peerMaxConcurrentStreams: 2 ** 31 - 1,
    settings: { enablePush: false, initialWindowSize: windowBytes }
  })
  session.once('connect', () => session.setLocalWindowSize(windowBytes))
  const end = (): void => onEnd(session)
  session.once('goaway', end)
  session.once('close', end)
  session.on('error', () => {}) // Each of its streams has the same error.
  return session
}

/**
 * A channel to the model server that listens on this Unix socket (absolute path). Connects at the first call, and again with the next call after a loss:
 * on a Unix socket that succeeds or fails at once, so nothing is gained by waiting in between.
 */
export function openChannel (socketPath: string): Channel {
  let session: ClientHttp2Session | undefined
  let calls = 0
  let closed = false

  const forget = (ended: ClientHttp2Session): void => { if (session === ended) session = undefined }

  function usable (): ClientHttp2Session {
    if (session !== undefined && (session.closed || session.destroyed)) session = undefined
    if (calls === maxCallsOfSession) {
      session?.close()
      session = undefined
    }
    if (session === undefined) {
      calls = 0
      session = open(socketPath, forget)
    }
    calls++
    return session
  }

  function request (path: string, { deadline, metadata }: CallOptions): CallStream {
    const headers: OutgoingHttpHeaders = {
      ':method': 'POST',
      ':path': path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'grpc-timeout': timeoutText(deadline - now())
    }
    return usable().request(metadata === undefined ? headers : { ...metadata, ...headers })
  }

  function unary (path: string, message: Uint8Array, options: CallOptions): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      if (options.signal?.aborted === true) return reject(aborted())
      if (closed) return reject(unavailable('the channel is closed'))
      if (options.deadline <= now()) return reject(late())
      let stream: CallStream
      try {
        stream = request(path, options)
      } catch (error) {
        // node:http2 throws for headers that cannot be sent, and for a session that ended this moment.
        return reject(unavailable(error instanceof Error ? error.message : String(error)))
      }
      new Call(stream, message, options, resolve, reject)
      stream.on('response', onHeaders)
      stream.on('trailers', onHeaders)
      stream.on('data', onData)
      stream.on('error', onError)
      stream.on('close', onClose)
      const chunks = framed(message)
      if (chunks.length === 2) {
        stream.cork()
        stream.write(chunks[0])
      }
      stream.end(chunks[chunks.length - 1])
    })
  }

  return {
    unary,
    close: () => {
      closed = true
      session?.close()
    }
  }
}
