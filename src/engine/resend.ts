// One call by the rules of restarts: it waits for a server, is sent, and is sent once more, alone, when only the transport failed. Knows no process; the supervisor tells what became of the server.
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { CallError, type Channel } from '../grpc/channel.js'
import { errorOfCall } from '../grpc/status.js'
import type { EngineCallOptions, LateRequest } from './engine.js'
import { Gate } from './gate.js'

/** All that a call needs of a server. */
interface Server { readonly channel: Channel }

export interface CallerOptions<S extends Server> {
  /** Open while a server serves; its places are the server's threads. */
  gate: Gate
  /** The server behind the open gate. */
  current: () => S
  /** After a failed transport: closes the gate, and resolves when it is known whether the process lives on or has ended. */
  fate: (server: S) => Promise<'alive' | 'ended'>
  log: Logger
}

const bytesOf = (request: Uint8Array | LateRequest): number => request instanceof Uint8Array ? request.byteLength : request.bytes
const written = (request: Uint8Array | LateRequest): Uint8Array => request instanceof Uint8Array ? request : request.write()

type Outcome<S> = { answer: Buffer } | { lost: CallError, server: S, sent: Uint8Array }

export class Caller<S extends Server> {
  readonly #options: CallerOptions<S>
  /** Calls that were in flight when a server died are suspects: one at a time goes again, so that the one that kills the next server is known. */
  readonly #suspects = new Gate({ maxInFlight: 1 })

  constructor (options: CallerOptions<S>) {
    this.#options = options
    this.#suspects.open()
  }

  /** See Engine.call. */
  async call (path: string, request: Uint8Array | LateRequest, options: EngineCallOptions): Promise<Buffer> {
    let fate: Promise<unknown> | undefined
    if (options.again !== true) {
      const first = await this.#attempt(path, request, options)
      if ('answer' in first) return first.answer
      fate = this.#options.fate(first.server)
      if (!options.resend) throw errorOfCall(first.lost)
    }
    const leave = await this.#suspects.enter(bytesOf(request), options.deadline, options.signal)
    try {
      // Until then nothing is known of the server that failed, and the gate may still be open for it.
      if (fate !== undefined) await before(fate, options)
      const second = await this.#attempt(path, request, options)
      if ('answer' in second) return second.answer
      if (await before(this.#options.fate(second.server), options) === 'alive') throw errorOfCall(second.lost)
      throw this.#crashed(path, second.sent)
    } finally {
      leave()
    }
  }

  shut (error: () => OutriggerError): void { this.#suspects.shut(error) }

  #crashed (path: string, request: Uint8Array): OutriggerError {
    const requestSha256 = createHash('sha256').update(request).digest('hex')
    this.#options.log.error({ requestSha256, requestBytes: request.byteLength, path }, 'the model server died twice while this request was with it')
    return new OutriggerError('MODEL_SERVER_CRASHED', 'The model server died while it worked on this request, and died again when it was sent once more')
  }

  /** Rejects with an OutriggerError for everything but a failed transport. */
  async #attempt (path: string, request: Uint8Array | LateRequest, { deadline, signal, metadata }: EngineCallOptions): Promise<Outcome<S>> {
    const leave = await this.#options.gate.enter(bytesOf(request), deadline, signal)
    const server = this.#options.current()
    let bytes: Uint8Array
    try {
      bytes = written(request)
    } catch (error) {
      leave()
      throw error
    }
    // Not given the signal: a model server works on after a cancellation, and the place is free only when it has finished.
    const call = server.channel.unary(path, bytes, metadata === undefined ? { deadline } : { deadline, metadata })
    call.then(leave, leave)
    try {
      return { answer: await unlessAborted(call, signal) }
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (error.origin === 'transport') return { lost: error, server, sent: bytes }
      throw errorOfCall(error)
    }
  }
}

/** Rejects with MODEL_CANCELLED as soon as the signal fires. */
function unlessAborted<T> (work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new OutriggerError('MODEL_CANCELLED', 'The call was cancelled by the caller'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Rejects with MODEL_SERVER_UNREACHABLE at the deadline. */
async function before<T> (work: Promise<T>, { deadline, signal }: EngineCallOptions): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new OutriggerError('MODEL_SERVER_UNREACHABLE', 'No model server came back before the deadline', { retryAfterMs: 1000 })), deadline - now())
  })
  try {
    return await unlessAborted(Promise.race([work, late]), signal)
  } finally {
    clearTimeout(timer)
  }
}
