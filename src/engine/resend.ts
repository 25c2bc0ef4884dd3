// One call by the rules of restarts: it waits for a server, is sent, and is sent once more, alone, when only the transport failed. Knows no process; the supervisor tells what became of the server.
import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { CallError, type Channel } from '../grpc/channel.js'
import { errorOfCall } from '../grpc/status.js'
import type { EngineCallOptions, LateRequest } from './engine.js'
import type { Gate } from './gate.js'

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

type Fate = Promise<'alive' | 'ended'>
type Outcome = { answer: Buffer } | { lost: CallError, fate: Fate, sent: Uint8Array }

export class Caller<S extends Server> {
  readonly #options: CallerOptions<S>

  constructor (options: CallerOptions<S>) { this.#options = options }

  /** See Engine.call. Calls that were in flight when a server died are suspects: each goes again alone, so that the one that kills the next server is known, and kills no other. */
  async call (path: string, request: Uint8Array | LateRequest, options: EngineCallOptions): Promise<Buffer> {
    if (options.again !== true) {
      const first = await this.#attempt(path, request, options, false)
      if ('answer' in first) return first.answer
      if (!options.resend) throw errorOfCall(first.lost)
    }
    const second = await this.#attempt(path, request, options, true)
    if ('answer' in second) return second.answer
    if (await before(second.fate, options) === 'alive') throw errorOfCall(second.lost)
    throw this.#crashed(path, second.sent)
  }

  #crashed (path: string, request: Uint8Array): OutriggerError {
    const requestSha256 = createHash('sha256').update(request).digest('hex')
    this.#options.log.error({ requestSha256, requestBytes: request.byteLength, path }, 'the model server died twice while this request was with it')
    return new OutriggerError('MODEL_SERVER_CRASHED', 'The model server died while it worked on this request, and died again when it was sent once more')
  }

  /** Rejects with an OutriggerError for everything but a failed transport. */
  async #attempt (path: string, request: Uint8Array | LateRequest, { deadline, signal, metadata }: EngineCallOptions, alone: boolean): Promise<Outcome> {
    const leave = await this.#options.gate.enter(bytesOf(request), deadline, signal, alone)
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
    return await unlessAborted(call.then(answer => {
      leave()
      return { answer }
    }, (error: unknown) => {
      const lost = error instanceof CallError && error.origin === 'transport'
      // Before the place is free: nobody is let through to a server of which nothing is known.
      const outcome = lost ? { lost: error, fate: this.#options.fate(server), sent: bytes } : undefined
      leave()
      if (outcome !== undefined) return outcome
      throw error instanceof CallError ? errorOfCall(error) : error
    }), signal)
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
