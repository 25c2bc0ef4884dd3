// One call of a model: tensors in, tensors out, over the version's engine. The place where batching will stand. Knows no HTTP and no connection.
import { OutriggerError } from '../errors.js'
import { readPredictResponse, writePredictRequest } from '../tensor/proto/predict.js'
import { WireError } from '../tensor/proto/wire.js'
import type { Tensors } from '../tensor/tensor.js'
import { using } from './lease.js'
import { servableName, type VersionEntry } from './registry.js'

const predictPath = '/tensorflow.serving.PredictionService/Predict'

export interface PredictCall {
  /** Signature name; empty means serving_default. */
  readonly signature: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly signal: AbortSignal
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Asks exactly this version. Returns every output of the signature. Rejects with the engine's OutriggerError, naming model and version,
 * or with MODEL_ANSWER_INVALID when the answer is not a PredictResponse.
 */
export async function predict (entry: VersionEntry, inputs: Tensors, call: PredictCall): Promise<Tensors> {
  const { model, version } = entry
  try {
    const request = writePredictRequest({ model: { name: servableName(entry), version, signatureName: call.signature }, inputs, outputFilter: [] })
    const options = { deadline: call.deadline, signal: call.signal, resend: entry.mayResend(call.signature), ...(call.metadata === undefined ? {} : { metadata: call.metadata }) }
    const answer = await using(entry, async () => await entry.engine.call(predictPath, request, options))
    return readPredictResponse(answer).outputs
  } catch (error) {
    if (error instanceof OutriggerError) {
      error.model ??= model
      error.version ??= version
      throw error
    }
    if (error instanceof WireError) throw new OutriggerError('MODEL_ANSWER_INVALID', `The answer of ${model} version ${version} cannot be read: ${error.message}`, { cause: error, model, version })
    throw error
  }
}
