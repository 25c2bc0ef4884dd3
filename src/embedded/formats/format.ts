// What a model format must offer to the embedded model server. One folder per format; index.ts lists them.
import type { Signature, Tensors } from '../../tensor/tensor.js'

/** A loaded version, living in its own worker thread. */
export interface LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>
  /** By signature: inputs that a request may leave out because the model gives their values. */
  readonly defaults?: ReadonlyMap<string, ReadonlySet<string>>
  /** The bytes that GetModelMetadata packs into its Any: a serialized tensorflow.serving.SignatureDefMap. */
  readonly signatureDefMap: Uint8Array
  /**
   * Runs one signature. Inputs are complete and of the signature's dtypes (the caller has checked names and dtypes).
   * `outputs` names the wanted outputs; empty means all. Throws a ModelError with the gRPC status for the caller.
   */
  run (signature: string, inputs: Tensors, outputs: readonly string[]): Tensors
  dispose (): void
}

export interface Format {
  readonly name: 'saved-model' | 'onnx' | 'keras' | 'pmml'
  /** Whether this version folder holds the format; looks at file names only. */
  detect (folder: string): boolean
  /** Reads the whole version. Throws a ModelError; UNIMPLEMENTED `op X (node Y)` for what it cannot run. Never guesses. */
  load (folder: string): Promise<LoadedModel>
}

/** A failure with the gRPC status that the model server shall answer or report for the load. */
export class ModelError extends Error {
  /** Canonical gRPC code. */
  readonly status: number
  constructor (status: number, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'ModelError'
    this.status = status
  }
}
