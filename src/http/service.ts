// What the routes are given of the service behind them. serve.ts builds it; routes and plugins import only this type.
import type { Logger } from 'pino'
import type { AsideThreads } from '../aside/threads.js'
import type { Change } from '../changes/journal.js'
import type { Engine } from '../engine/engine.js'
import type { BatchingState } from '../inference/batch-proof.js'
import type { LargeCalls } from '../inference/large-call.js'
import type { Registry, VersionEntry } from '../inference/registry.js'
import type { Tensors } from '../tensor/tensor.js'
import type { Metrics } from '../metrics.js'

export interface PredictOptions {
  /** Empty means serving_default. */
  signature: string
  /** By clock.ts. */
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
  /** The same for requests that are bytes already, and so are their answers. */
  readonly large: Pick<LargeCalls, 'call' | 'rowsPerCall'>
  /** Threads for what takes long with large bodies and answers. */
  readonly aside: Pick<AsideThreads, 'run'>
  /** Which signatures of a version are batched, or why not. */
  readonly batching: (entry: VersionEntry) => ReadonlyMap<string, BatchingState>
  /** Where the service is in its life. `loading` until every required model is served or has failed. */
  readonly phase: () => 'loading' | 'serving' | 'draining' | 'failed'
  /** Starts the end of the service; resolves at once. `force` skips the drain. */
  readonly shutdown: (mode: 'graceful' | 'force', reason: string) => void
  /** What cannot be served and has no entry in the registry: models whose folder or settings are at fault, the repository as a whole, what shall take the place of a version that serves and cannot. */
  readonly repositoryFaults: () => readonly { model: string, version?: bigint, required: boolean, reason: string }[]
  /** The newest changes first. */
  readonly changes: (limit: number) => readonly Change[]
  /** Looks at the repository now and takes what is there of this model, failed versions too; resolves before it is live. Rejects with MODEL_NOT_FOUND. */
  readonly reload: (model: string, by: string) => Promise<void>
  /** Begins to replace a model server; resolves at once. Throws ENGINE_NOT_FOUND. */
  readonly replaceEngine: (engine: string, by: string) => void
  /** Moves a label to a version that is available; `from` is the one before. Rejects with MODEL_NOT_FOUND, MODEL_NOT_READY or DATA_DIR. */
  readonly moveLabel: (model: string, label: string, version: bigint, by: string) => Promise<{ from: bigint | undefined }>
}
