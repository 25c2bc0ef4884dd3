// What a way of making gRPC calls must offer: one unary call with bytes in and bytes out. Implementations stand beside this file.

export interface CallOptions {
  /** The moment at which the caller stops waiting, by clock.ts. Always given: no call is without one. */
  deadline: number
  /** Aborted when nobody wants the answer any more. */
  signal?: AbortSignal
  /** Request metadata, e.g. traceparent. */
  metadata?: Readonly<Record<string, string>>
}

/** One connection to one model server over its Unix socket. */
export interface Channel {
  /**
   * One call, e.g. `/tensorflow.serving.PredictionService/Predict`. Resolves with the bytes of the answer; then nobody may look at the request any more,
   * whose memory, all that it lies in, may be gone. Rejects with a CallError, and with nothing else.
   */
  unary (path: string, request: Uint8Array, options: CallOptions): Promise<Buffer>
  close (): void
}

/** A call that did not give an answer. */
export class CallError extends Error {
  /** gRPC status, 1 to 16. */
  readonly status: number
  /** The server's own words, or the transport's. */
  readonly details: string
  /**
   * `server`: the model server itself sent this status. `transport`: the connection failed, whether or not the server saw the request.
   * `deadline`: our deadline passed first. `aborted`: the signal fired.
   */
  readonly origin: 'server' | 'transport' | 'deadline' | 'aborted'

  constructor (status: number, details: string, origin: CallError['origin']) {
    super(details)
    this.name = 'CallError'
    this.status = status
    this.details = details
    this.origin = origin
  }
}
