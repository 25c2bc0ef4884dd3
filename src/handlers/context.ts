// What a handler is given and what it may return: the types of the public module. Holds no code.
import type { Signature, Tensor, Tensors, NumericData } from '../tensor/tensor.js'
import type { MediaAnswer } from './media.js'

export type Plain = number | bigint | string | boolean | Uint8Array

/** Nested lists of any depth; the depth is the rank. */
export type Nested = Plain | readonly Nested[] | NumericData

/** A value for one input: a tensor, a typed array (flat, or one row per instance), or nested lists. It is converted to the dtype and shape that the signature asks for. */
export type TensorLike = Tensor | Nested

export type TensorsLike = Readonly<Record<string, TensorLike>>

/** Writes structured lines into the service's log; every line carries model, version and request id. */
export interface HandlerLog {
  debug (message: string, fields?: Readonly<Record<string, unknown>>): void
  info (message: string, fields?: Readonly<Record<string, unknown>>): void
  warn (message: string, fields?: Readonly<Record<string, unknown>>): void
  error (message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** What `load` is given. */
export interface LoadContext {
  readonly model: string
  readonly version: bigint
  /** The signatures of the version by name. */
  readonly signatures: ReadonlyMap<string, Signature>
  /** The version's folder: vocabularies and tables stand there. */
  readonly folder: string
  readonly log: HandlerLog
  /** Aborted when the time for loading is up. */
  readonly signal: AbortSignal
}

/** What `preprocess` and `postprocess` are given, one per request. */
export interface Context<State = unknown> extends LoadContext {
  /** The signature that the request asks for. */
  readonly signature: Signature
  readonly requestId: string
  /** Aborted when the time limit or the request's deadline is reached, or when the caller has left. */
  readonly signal: AbortSignal
  /** What `load` returned. */
  readonly state: State
  /** What `preprocess` wants `postprocess` of the same request to know: plain data, sent as structured clone. */
  readonly carry: Record<string, unknown>
  readonly models: {
    /** Calls another model of this service (its newest version, without its handler) within the request's deadline. */
    predict (model: string, tensors: Readonly<Record<string, Tensor>>): Promise<Tensors>
  }
}

/** The functions that a handler.ts may export; `input` and `output` are JSON Schemas, usually made with `Type`. */
export interface Handler<Request = unknown, State = unknown> {
  readonly input?: object
  readonly output?: object
  load? (context: LoadContext): State | Promise<State>
  preprocess? (request: Request, context: Context<State>): TensorsLike | Promise<TensorsLike>
  postprocess? (outputs: Tensors, context: Context<State>): unknown
  dispose? (state: State): unknown
}

export type { MediaAnswer, Signature, Tensor, Tensors }
