// One Predict call inside a worker: bytes of a PredictRequest in, bytes of a PredictResponse out, checked as TensorFlow Serving checks. Source of the rules and words: tensorflow_serving/servables/tensorflow/predict_util.cc.
import { dtypes } from '../tensor/dtype.js'
import { readPredictRequest, writePredictResponse, type PredictRequest } from '../tensor/proto/predict.js'
import { WireError } from '../tensor/proto/wire.js'
import { ModelError, type LoadedModel } from './formats/format.js'
import { FAILED_PRECONDITION, INVALID_ARGUMENT } from './status.js'
import type { Signature, Tensors } from '../tensor/tensor.js'

export const defaultSignature = 'serving_default'

const sorted = (names: Iterable<string>): string[] => [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
const listed = (names: Iterable<string>): string => `{${sorted(names).join(',')}}`
const invalid = (message: string): ModelError => new ModelError(INVALID_ARGUMENT, message)

function read (bytes: Uint8Array): PredictRequest {
  try {
    return readPredictRequest(bytes)
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause
    const [, name, detail] = /^tensor "(.*?)": (.*)$/s.exec(cause.message) ?? []
    throw new ModelError(INVALID_ARGUMENT, name === undefined ? `The request is not a PredictRequest: ${cause.message}` : `tensor parsing error: ${name} (${detail})`, { cause })
  }
}

/** Throws INVALID_ARGUMENT unless the inputs have the signature's names (those in `optional` may be missing) and dtypes. */
export function checkInputs (signature: Signature, optional: ReadonlySet<string> | undefined, inputs: Tensors): void {
  const sent = Object.keys(inputs)
  const wanted = [...signature.inputs.keys()]
  const extra = sent.filter(name => !signature.inputs.has(name))
  const missing = wanted.filter(name => inputs[name] === undefined && !(optional?.has(name) ?? false))
  if (missing.length > 0 || sent.length > wanted.length) {
    throw invalid(`input size does not match signature: ${sent.length}!=${wanted.length} len(${listed(sent)}) != len(${listed(wanted)}). Sent extra: ${listed(extra)}. Missing but required: ${listed(missing)}.`)
  }
  if (extra.length > 0) throw invalid(`input tensor alias not found in signature: ${sorted(extra)[0]}. Inputs expected to be in the set ${listed(wanted)}.`)
  for (const [i, name] of wanted.entries()) {
    const got = inputs[name]?.dtype
    const expected = signature.inputs.get(name)!.dtype
    if (got !== undefined && got !== expected) throw invalid(`Expects arg[${i}] to be ${dtypes[expected].short} but ${dtypes[got].short} is provided`)
  }
}

/** Throws INVALID_ARGUMENT for a name that is no output or comes twice. */
export function checkOutputFilter (signature: Signature, filter: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of filter) {
    if (!signature.outputs.has(name)) throw invalid(`output tensor alias not found in signature: ${name} Outputs expected to be in the set ${listed(signature.outputs.keys())}.`)
    if (seen.has(name)) throw invalid(`duplicate output tensor alias: ${name}`)
    seen.add(name)
  }
}

/** Answers a PredictRequest; `version` is what the answer names as its model version. Outputs come as `tensor_content`. Throws a ModelError. */
export function predict (model: LoadedModel, version: bigint, bytes: Uint8Array): Uint8Array {
  const { model: spec, inputs, outputFilter } = read(bytes)
  const name = spec.signatureName === '' ? defaultSignature : spec.signatureName
  const signature = model.signatures.get(name)
  if (signature === undefined) throw new ModelError(FAILED_PRECONDITION, `Serving signature key "${name}" not found.`)
  checkInputs(signature, model.defaults?.get(name), inputs)
  checkOutputFilter(signature, outputFilter)
  const outputs = model.run(name, inputs, outputFilter)
  return writePredictResponse({ model: { name: spec.name, version, signatureName: name }, outputs })
}
