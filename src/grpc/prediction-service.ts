// Cold calls of PredictionService: what a servable's signatures are. Predict itself is the hot pair in tensor/proto. Knows no connection.
import type { Signature, TensorInfo } from '../tensor/tensor.js'
import { dtypeOfNumber, dtypes, type DType } from '../tensor/dtype.js'
import { OutriggerError } from '../errors.js'
import type { TensorInfoProto } from './messages.js'
import { codecs, methods } from './protos.js'

/** Makes one unary call; the deadline and the rules of resending are the caller's. */
export type Unary = (path: string, request: Uint8Array) => Promise<Buffer>

function dtypeOf (proto: TensorInfoProto): DType {
  const { dtype } = proto
  // A reference type (DT_FLOAT_REF, of old graphs) is fed and fetched as its base type.
  const name = String(dtype).replace(/_REF$/, '')
  const found = typeof dtype === 'number' ? dtypeOfNumber(dtype) : Object.hasOwn(dtypes, name) ? name as DType : undefined
  if (found === undefined) throw new OutriggerError('MODEL_ANSWER_INVALID', `The model's signature uses the element type ${dtype}, which is not known here`)
  return found
}

/** Shape of a dense tensor, -1 for an unknown size; undefined for an unknown rank or where no shape is given. */
function infoOf (proto: TensorInfoProto): TensorInfo {
  const shape = proto.tensor_shape
  return {
    dtype: dtypeOf(proto),
    shape: shape === null || shape === undefined || shape.unknown_rank === true ? undefined : (shape.dim ?? []).map(({ size }) => Number(size))
  }
}

const infosOf = (protos: Readonly<Record<string, TensorInfoProto>>): Map<string, TensorInfo> =>
  new Map(Object.entries(protos).map(([name, proto]) => [name, infoOf(proto)]))

/** The signatures of a loaded servable, without the bookkeeping one that SavedModels carry for their initialiser. Rejects as `unary` does, or with MODEL_ANSWER_INVALID. */
export async function getSignatures (unary: Unary, model: string, version: bigint): Promise<Map<string, Signature>> {
  const request = codecs.getModelMetadataRequest.encode({ model_spec: { name: model, version: { value: version.toString() } }, metadata_field: ['signature_def'] })
  const answer = await unary(methods.getModelMetadata, request)
  try {
    const map = codecs.signatureDefMap.decode(codecs.getModelMetadataResponse.decode(answer).metadata['signature_def']!.value)
    return new Map(Object.entries(map.signature_def)
      .filter(([name]) => name !== '__saved_model_init_op')
      .map(([name, def]) => [name, { name, methodName: def.method_name, inputs: infosOf(def.inputs), outputs: infosOf(def.outputs) }]))
  } catch (error) {
    if (error instanceof OutriggerError) throw error
    throw new OutriggerError('MODEL_ANSWER_INVALID', `The model server's description of ${model} version ${version} cannot be read`, { cause: error, model, version })
  }
}
