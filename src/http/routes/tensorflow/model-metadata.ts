// Model metadata over TensorFlow Serving's REST: the servable's signatures as proto3 JSON. Source: section 11. Knows no URL.
import type { FastifyRequest } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import { codecs, methods } from '../../../grpc/protos.js'
import type { SignatureDef, TensorInfoProto, TensorProto, TensorShapeProto } from '../../../grpc/messages.js'
import { servableName } from '../../../inference/registry.js'
import type { Service } from '../../service.js'
import { deadlineOf } from './predict.js'
import type { Target } from './url.js'

const mapValues = <T>(map: Readonly<Record<string, T>>, print: (value: T) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, print(value)]))

const shapeJson = ({ dim, unknown_rank: unknownRank }: TensorShapeProto): object => ({
  dim: (dim ?? []).map(({ size, name }) => ({ size: String(size), name: name ?? '' })), unknown_rank: unknownRank ?? false
})

const shapeMember = (shape: TensorShapeProto | null | undefined): object => shape === null || shape === undefined ? {} : { tensor_shape: shapeJson(shape) }

function tensorInfoJson (info: TensorInfoProto): object {
  const encoding = info.encoding === 'coo_sparse' ? { coo_sparse: info.coo_sparse } : info.encoding === 'name' ? { name: info.name } : {}
  return { dtype: info.dtype, ...shapeMember(info.tensor_shape), ...encoding }
}

/** Numbers that JSON has no literal for are strings in proto3 JSON. */
const numberJson = (value: number): number | string => Number.isFinite(value) ? value : String(value)

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** A default value, with every field that TensorProto has. */
function tensorJson (tensor: TensorProto): object {
  return {
    dtype: tensor.dtype,
    ...shapeMember(tensor.tensor_shape),
    version_number: tensor.version_number ?? 0,
    tensor_content: base64(tensor.tensor_content ?? new Uint8Array(0)),
    half_val: tensor.half_val ?? [],
    float_val: (tensor.float_val ?? []).map(numberJson),
    double_val: (tensor.double_val ?? []).map(numberJson),
    int_val: tensor.int_val ?? [],
    string_val: (tensor.string_val ?? []).map(base64),
    scomplex_val: (tensor.scomplex_val ?? []).map(numberJson),
    int64_val: (tensor.int64_val ?? []).map(String),
    bool_val: tensor.bool_val ?? [],
    dcomplex_val: (tensor.dcomplex_val ?? []).map(numberJson),
    resource_handle_val: [],
    variant_val: [],
    uint32_val: tensor.uint32_val ?? [],
    uint64_val: (tensor.uint64_val ?? []).map(String),
    float8_val: ''
  }
}

const signatureJson = (definition: SignatureDef): object => ({
  inputs: mapValues(definition.inputs, tensorInfoJson),
  outputs: mapValues(definition.outputs, tensorInfoJson),
  method_name: definition.method_name,
  defaults: mapValues(definition.defaults ?? {}, tensorJson)
})

function signaturesOf (answer: Buffer, model: string, version: bigint): Record<string, SignatureDef> {
  try {
    return codecs.signatureDefMap.decode(codecs.getModelMetadataResponse.decode(answer).metadata['signature_def'].value).signature_def
  } catch (error) {
    throw new OutriggerError('MODEL_ANSWER_INVALID', `The model server's description of ${model} version ${version} holds no signatures that can be read`, { cause: error, model, version })
  }
}

/** The text of the answer, for the version that would answer a predict. Rejects with an OutriggerError. */
export async function modelMetadata (service: Service, request: FastifyRequest, target: Target): Promise<string> {
  const entry = service.registry.resolve(target.model, target.choice)
  const { model, version } = entry
  request.outcome.model = model
  const message = codecs.getModelMetadataRequest.encode({ model_spec: { name: servableName(entry), version: { value: version.toString() }, signature_name: '' }, metadata_field: ['signature_def'] })
  const answer = await entry.engine.call(methods.getModelMetadata, message, { deadline: deadlineOf(service, request, model), signal: request.callerSignal, resend: true })
  const signatures = signaturesOf(answer, model, version)
  request.outcome.version = version
  return `${JSON.stringify({
    model_spec: { name: model, signature_name: '', version: version.toString() },
    metadata: { signature_def: { signature_def: mapValues(signatures, signatureJson) } }
  }, null, 1)}\n`
}
