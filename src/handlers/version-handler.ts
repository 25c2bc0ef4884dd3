// What the rest of the service knows of a version's loaded handler, wherever it runs (worker threads or the main thread).
import type { ArrivingInputs } from '../tensor/evaluate/scan.js'
import type { Tensors } from '../tensor/tensor.js'

/** A body as it came, before the handler's `input` schema has shaped it. Without a media type (`''`) it is read as JSON. */
export interface HandlerRequest {
  /** Media type without parameters, lower case, e.g. `application/json`, `image/png`. */
  readonly mediaType: string
  readonly body: Uint8Array
  /** Sizes of a raw tensor (application/octet-stream), where the caller gave them. */
  readonly shape?: readonly number[] | undefined
  /** What has looked at a JSON body while it arrived. */
  readonly scan?: ArrivingInputs | undefined
  /** Parts of a multipart/form-data body by name (body is empty then). */
  readonly parts?: readonly FormPart[]
}

export interface FormPart { readonly name: string, readonly mediaType: string | undefined, readonly filename: string | undefined, readonly data: Uint8Array }

/** An answer ready to send. */
export interface HandlerAnswer { readonly mediaType: string, readonly body: Uint8Array }

/** Calls a model of this service; the handler's way to `context.models.predict`. */
export type PredictModel = (model: string, inputs: Tensors, options: { deadline: number, signal: AbortSignal }) => Promise<Tensors>

/** Milliseconds of each stage, for metrics. */
export type StageTimer = <T>(stage: 'preprocess' | 'predict' | 'postprocess', work: () => Promise<T>) => Promise<T>

export interface HandlerCall {
  readonly request: HandlerRequest
  readonly signature: string
  readonly requestId: string
  readonly deadline: number
  readonly signal: AbortSignal
  /** Runs the version's own model on the preprocessed tensors. */
  readonly predict: (inputs: Tensors) => Promise<Tensors>
  readonly predictModel: PredictModel
  readonly stage: StageTimer
  /** Prints the outputs of the plain form, where that is done elsewhere than by `usual`. */
  readonly print?: (outputs: Tensors, plain: boolean, usual: () => Buffer) => Buffer | Promise<Buffer>
}

/** Schemas are JSON Schema (2020-12), as exported by the handler; undefined where it exports none. */
export interface HandlerDescription {
  readonly input: Record<string, unknown> | undefined
  readonly output: Record<string, unknown> | undefined
  /** Media types of request bodies that the handler takes, e.g. [application/json, image/png, multipart/form-data]. */
  readonly mediaTypes: readonly string[]
  /** Which functions it exports. */
  readonly preprocess: boolean
  readonly postprocess: boolean
}

/** The handler of one version, loaded. Rejects with OutriggerError: HANDLER_INPUT, HANDLER_FAILED, HANDLER_TIMEOUT, REQUEST_…, or what `predict` rejected with. */
export interface VersionHandler {
  readonly description: HandlerDescription
  evaluate (call: HandlerCall): Promise<HandlerAnswer>
  /** Calls the handler's own dispose and frees its threads. */
  close (): Promise<void>
}
