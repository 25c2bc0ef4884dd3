// What a generator is told, and what it tells: the messages between its process and the one that started it.
import type { Target } from './connection.js'

/** `rate`: so many requests a second whatever becomes of them, each measured from the moment when it was due, late ones too where only so many may be under way (`atMost`). `closed`: so many at a time, each sent when another is answered. */
export type Pace = { readonly kind: 'rate', readonly perSecond: number, readonly atMost?: number } | { readonly kind: 'closed', readonly concurrency: number }

/** A load balancer in front, once it is told to look: it asks a path for 200, and after so many answers in a row that say otherwise, or none in time, nothing is sent any more. */
export interface Balancer { readonly path: string, readonly everyMs: number, readonly failures: number, readonly timeoutMs: number }

export interface Plan {
  readonly target: Target
  /** Module whose default export makes the traffic (traffic.ts), as a URL, and what it is given. */
  readonly traffic: string
  readonly options: unknown
  readonly pace: Pace
  /** Share of requests that open a connection, 0 to 1. */
  readonly freshShare: number
  /** How long a request may take from the moment it is sent, in milliseconds. */
  readonly deadlineMs: number
  /** Ends by itself after so many requests. */
  readonly requests?: number | undefined
}

/** `failed`: not answered, or not with status 200; `refused` where that was 503 with Retry-After. `wrong`: status 200 and another content than this request must have. */
export interface Failure { readonly kind: 'failed' | 'wrong', readonly at: number, readonly index: number, readonly text: string, readonly refused?: boolean }

/** Which moments a version answered in, in milliseconds since the epoch: the earliest end of a request and the latest start of one. */
export interface Served { readonly model: string, readonly version: string, readonly count: number, readonly firstEnd: number, readonly lastStart: number }

/** What came to its end since the last message. A sample is a request: the moment at which it was due, in milliseconds since the epoch, and how long it took from then. */
export interface Batch {
  readonly kind: 'batch'
  readonly dueAt: Float64Array
  readonly tookMs: Float32Array
  readonly failures: readonly Failure[]
}

export interface End {
  readonly kind: 'end'
  readonly sent: number
  readonly failed: number
  readonly wrong: number
  /** Of those that failed: answered 503 with Retry-After. */
  readonly refused: number
  readonly served: readonly Served[]
  readonly connections: number
  /** Processor time of the generator during this plan, in seconds. */
  readonly cpuSeconds: number
  /** The balancer's end of it, if it came to that. */
  readonly balancedOutAt: number | undefined
}

/** The traffic is loaded, and the first request is sent. */
export interface Begun { readonly kind: 'begun' }

export type FromGenerator = Begun | Batch | End
export type ToGenerator = { readonly kind: 'plan', readonly plan: Plan } | { readonly kind: 'balance', readonly balancer: Balancer } | { readonly kind: 'stop' }
