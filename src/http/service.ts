// What the routes are given of the service behind them. serve.ts builds it; routes and plugins import only this type.
import type { Logger } from 'pino'
import type { Engine } from '../engine/engine.js'
import type { Registry, VersionEntry } from '../inference/registry.js'
import type { Tensors } from '../tensor/tensor.js'
import type { Metrics } from '../metrics.js'

export interface PredictOptions {
  /** Empty means serving_default. */
  signature: string
  /** Milliseconds since the epoch. */
  deadline: number
  signal: AbortSignal
  /** gRPC metadata, e.g. traceparent. */
  metadata?: Readonly<Record<string, string>>
}

export interface Service {
  readonly log: Logger
  readonly metrics: Metrics
  readonly registry: Registry
  /** The engines in use, running or not. */
  readonly engines: () => readonly Engine[]
  /** Runs the model, without its handler. Inputs are checked for names and dtypes by the caller. Rejects with an OutriggerError. */
  readonly predict: (entry: VersionEntry, inputs: Tensors, options: PredictOptions) => Promise<Tensors>
  /** Where the service is in its life. `loading` until every required model is served or has failed. */
  readonly phase: () => 'loading' | 'serving' | 'draining' | 'failed'
  /** Starts the end of the service; resolves at once. `force` skips the drain. */
  readonly shutdown: (mode: 'graceful' | 'force', reason: string) => void
  /** The loading of models that failed before they had an entry in the registry, or repository-wide faults: name (or path) and reason. */
  readonly repositoryFaults: () => readonly { model: string, required: boolean, reason: string }[]
}
