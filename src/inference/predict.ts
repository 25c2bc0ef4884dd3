// One call of a model: tensors in, tensors out, over the version's engine. Knows no batch, no HTTP and no connection.
import { OutriggerError } from '../errors.js'
import { readPredictResponse, writePredictRequest, writeStackedPredictRequest } from '../tensor/proto/predict.js'
import { WireError } from '../tensor/proto/wire.js'
import type { Tensors } from '../tensor/tensor.js'
import { using } from './lease.js'
import { servableName, type VersionEntry } from './registry.js'

/** The full name of the method. */
export const predictPath = '/tensorflow.serving.PredictionService/Predict'

export interface PredictCall {
  /** Signature name; empty means serving_default. */
  readonly signature: string
  /** By clock.ts. */
  readonly deadline: number
  readonly signal: AbortSignal
  readonly metadata?: Readonly<Record<string, string>>
  /** Whether it may be sent once more after a failed transport; by default what the version allows. */
  readonly resend?: boolean
  /** It was sent before, in a batch, and the transport failed. */
  readonly again?: boolean
}

/**
 * Asks exactly this version. Returns every output of the signature. Rejects with the engine's OutriggerError, naming model and version,
 * or with MODEL_ANSWER_INVALID when the answer is not a PredictResponse.
 */
export async function predict (entry: VersionEntry, inputs: Tensors, call: PredictCall): Promise<Tensors> {
  const { version } = entry
  const { signature, deadline, signal, metadata, resend = entry.mayResend(signature), again } = call
  try {
    const request = writePredictRequest({ model: { name: servableName(entry), version, signatureName: signature }, inputs, outputFilter: [] })
    const options = { deadline, signal, resend, ...(again === undefined ? {} : { again }), ...(metadata === undefined ? {} : { metadata }) }
    const answer = await using(entry, async () => await entry.engine.call(predictPath, request, options))
    const { outputs } = readPredictResponse(answer)
    if (answer.length >= largeBytes) owners.add(outputs)
    return outputs
  } catch (error) {
    throw predictError(error, entry)
  }
}

/** Only of large answers it matters whose memory they are. */
const largeBytes = 64 * 1024
const owners = new WeakSet<Tensors>()

/** Whether these outputs, as they came from `predict`, are all that lies in their memory: it may be moved away with them. */
export const ownsMemory = (outputs: Tensors): boolean => owners.has(outputs)

export interface StackedCall {
  readonly signature: string
  readonly deadline: number
  readonly signal: AbortSignal
  /** About how many bytes the requests have. */
  readonly bytes: number
  /** Asked in the moment before the call is sent: requests with the same inputs, dtypes and inner shapes. What it throws is what the call rejects with. */
  readonly requests: () => readonly Tensors[]
}

/** Asks exactly this version for the rows of several requests in one call, which is never sent twice. The outputs hold the rows in the requests' order. Rejects as `predict`. */
export async function predictStacked (entry: VersionEntry, { signature, deadline, signal, bytes, requests }: StackedCall): Promise<Tensors> {
  try {
    const write = (): Buffer => writeStackedPredictRequest({ name: servableName(entry), version: entry.version, signatureName: signature }, requests())
    return readPredictResponse(await entry.engine.call(predictPath, { bytes, write }, { deadline, signal, resend: false })).outputs
  } catch (error) {
    throw predictError(error, entry)
  }
}

/** What the caller of a version is told: the error with model and version named; MODEL_ANSWER_INVALID for an answer that cannot be read. */
export function predictError (error: unknown, { model, version }: VersionEntry): unknown {
  if (error instanceof OutriggerError) {
    error.model ??= model
    error.version ??= version
    return error
  }
  if (error instanceof WireError) return new OutriggerError('MODEL_ANSWER_INVALID', `The answer of ${model} version ${version} cannot be read: ${error.message}`, { cause: error, model, version })
  return error
}
