// What Classify and Regress share: their request's examples as the string tensor that the graph parses, and their signature. Sources: tensorflow_serving/servables/tensorflow/util.cc, apis/input.proto.
import { readExamplesRequest } from '../tensor/proto/examples.js'
import { WireError } from '../tensor/proto/wire.js'
import { ModelError, type LoadedModel } from './formats/format.js'
import { defaultSignature } from './predict.js'
import { INVALID_ARGUMENT } from './status.js'
import { dtypes } from '../tensor/dtype.js'
import type { ModelSpec } from '../tensor/proto/predict.js'
import type { Signature, Tensor } from '../tensor/tensor.js'

export interface ExamplesRequest {
  readonly model: ModelSpec
  /** Serialized tf.Examples, the context joined to each: shape [examples]. */
  readonly examples: Tensor
}

/** Reads a ClassificationRequest or a RegressionRequest; both have the same fields. Throws a ModelError, also for one without examples. */
export function readExamples (bytes: Uint8Array): ExamplesRequest {
  try {
    const { model, examples: data } = readExamplesRequest(bytes)
    if (data.length === 0) throw new ModelError(INVALID_ARGUMENT, 'Input is empty')
    return { model, examples: { dtype: 'DT_STRING', shape: [data.length], data } }
  } catch (cause) {
    throw cause instanceof WireError ? new ModelError(INVALID_ARGUMENT, `The request cannot be read: ${cause.message}`, { cause }) : cause
  }
}

/** The signature that a request names. Throws INVALID_ARGUMENT (with other words than Predict, as in TensorFlow Serving). */
export function signatureOf (model: LoadedModel, { signatureName }: ModelSpec): Signature {
  const name = signatureName === '' ? defaultSignature : signatureName
  const signature = model.signatures.get(name)
  if (signature === undefined) throw new ModelError(INVALID_ARGUMENT, `No signature was found with the name: ${name}`)
  return signature
}

/** Throws unless the input `inputs` takes strings, in the words of the session that would refuse them. */
export function checkTakesExamples (signature: Signature): void {
  const dtype = signature.inputs.get('inputs')!.dtype
  if (dtype !== 'DT_STRING') throw new ModelError(INVALID_ARGUMENT, `Expects arg[0] to be ${dtypes[dtype].short} but string is provided`)
}

/** For messages: what the signature has. */
export const outline = ({ inputs, outputs, methodName }: Signature): string =>
  `inputs {${[...inputs.keys()].join(', ')}} outputs {${[...outputs.keys()].join(', ')}} method_name: "${methodName}"`
