// What the comparison found, as it is written to JSON and put into tables. Pure.
import type { Window } from './window.js'
import type { LoadName } from './loads.js'

/** The windows of one load at one concurrency on one server. */
export interface Cell { readonly server: string, readonly load: LoadName, readonly concurrency: number, readonly windows: readonly Window[] }

/** A rate as a share of what the server does at most, and how long requests took from the moment when they were due. */
export interface RateCell { readonly server: string, readonly share: number, readonly perSecond: number, readonly windows: readonly Window[] }

/** Tiny requests at a fixed rate, alone and beside something else. */
export interface Beside { readonly what: string, readonly perSecond: number, readonly alone: readonly Window[], readonly beside: readonly Window[] }

export interface Overload {
  readonly load: LoadName
  readonly best: number
  readonly offered: number
  readonly window: Window
  readonly rssBefore: number
  readonly rssPeak: number
}

export interface Kill { readonly perSecond: number, readonly window: Window, readonly healthySeconds: number | undefined }

export interface Machine { readonly cpu: string, readonly cores: number, readonly memoryBytes: number, readonly kernel: string, readonly node: string, readonly versions: readonly string[], readonly commit: string, readonly date: string, readonly loadBefore: readonly number[], readonly loadAfter: readonly number[] }

export interface Result {
  readonly machine: Machine
  readonly quick: boolean
  readonly seconds: number
  readonly backend: string
  readonly servers: readonly { readonly name: string, readonly configuration: string, readonly idleBytes: number }[]
  /** What was left out, and why. */
  readonly notes: readonly string[]
  readonly cells: readonly Cell[]
  readonly rates: readonly RateCell[]
  readonly besides: readonly Beside[]
  readonly overloads: readonly Overload[]
  readonly kill: Kill | undefined
  /** Milliseconds of one unary call by the gateway's own gRPC client, one at a time, without a gateway. */
  readonly bareCallMs: number | undefined
}

/** The names by which servers are told apart in targets. */
export const names = { gateway: 'Outrigger', unbatched: 'Outrigger, batching off', floor: 'empty Fastify route', tensorflow: "TensorFlow Serving's REST", fastapi: 'FastAPI + grpc.aio', flask: 'Flask + gunicorn' } as const

/** The middle one, the mean of both where there are two; NaN of nothing. */
export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length === 0 ? NaN : Number.isInteger(middle) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)]
}

type Figure = { readonly [K in keyof Window]: Window[K] extends number ? K : never }[keyof Window]

export const medianOf = (windows: readonly Window[], figure: Figure): number => median(windows.map(window => window[figure]))
export const minOf = (windows: readonly Window[], figure: Figure): number => windows.length === 0 ? NaN : Math.min(...windows.map(window => window[figure]))

/** The windows of a cell; [] where it was not measured. */
export const windowsOf = ({ cells }: Pick<Result, 'cells'>, server: string, load: LoadName, concurrency: number): readonly Window[] =>
  cells.find(cell => cell.server === server && cell.load === load && cell.concurrency === concurrency)?.windows ?? []
