// What running a handler means, wherever it runs: threads.ts in worker threads, inline.ts on the main thread. Holds no code.
import type { Logger } from 'pino'
import type { Tensor, Tensors } from '../tensor/tensor.js'
import type { RuntimeSettings } from './runtime.js'
import type { HandlerAnswer, HandlerDescription, HandlerRequest, PredictModel } from './version-handler.js'

export interface RunnerOptions {
  readonly settings: RuntimeSettings
  readonly log: Logger
  /** Limit of one stage of one request, in milliseconds. */
  readonly timeoutMs: () => number
  /** Limit of importing the handler and running its `load`, in milliseconds. */
  readonly loadWithinMs: number
}

/** One request as a runner sees it. */
export interface StageCall {
  readonly requestId: string
  readonly signature: string
  readonly deadline: number
  readonly signal: AbortSignal
  readonly predictModel: PredictModel
}

export interface Prepared { readonly tensors: Record<string, Tensor>, readonly carry: Record<string, unknown> }

/** Rejects with OutriggerError only. */
export interface Runner {
  load (): Promise<HandlerDescription>
  preprocess (call: StageCall, request: HandlerRequest): Promise<Prepared>
  postprocess (call: StageCall, outputs: Tensors, carry: Record<string, unknown>): Promise<HandlerAnswer>
  /** Runs `dispose` and frees everything. */
  close (): Promise<void>
}
