// tensorflow.serving.PredictRequest and PredictResponse <-> tensors. Used on both sides: by the gateway and by the embedded model server. Field numbers from tensorflow_serving/apis/predict.proto and model.proto.
import type { Tensor, Tensors } from '../tensor.js'
import { readTensorProto, tensorProtoBytes, writeStackedTensorProto, writeTensorProto } from './tensor-proto.js'
import { DELIMITED, Reader, VARINT, WireError, Writer } from './wire.js'

/** tensorflow.serving.ModelSpec. At most one of version and label is set; an empty signature name means serving_default. */
export interface ModelSpec {
  readonly name: string
  readonly version?: bigint | undefined
  readonly versionLabel?: string | undefined
  readonly signatureName: string
}

export interface PredictRequest {
  readonly model: ModelSpec
  readonly inputs: Tensors
  /** Names of the wanted outputs; empty means all. */
  readonly outputFilter: readonly string[]
}

export interface PredictResponse {
  /** What the server says answered. */
  readonly model: ModelSpec
  readonly outputs: Tensors
}

/** A ModelSpec from `reader` to its end. Of version and label the later one counts, as in any oneof. Throws a WireError. */
export function readModelSpec (reader: Reader): ModelSpec {
  let name = ''
  let signatureName = ''
  let version: bigint | undefined
  let versionLabel: string | undefined
  while (reader.next()) {
    if (!reader.is(DELIMITED)) reader.skip()
    else if (reader.field === 1) name = reader.string()
    else if (reader.field === 2) { version = readInt64Value(reader.sub()); versionLabel = undefined }
    else if (reader.field === 3) signatureName = reader.string()
    else if (reader.field === 4) { versionLabel = reader.string(); version = undefined }
    else reader.skip()
  }
  return { name, version, versionLabel, signatureName }
}

/** google.protobuf.Int64Value. */
function readInt64Value (reader: Reader): bigint {
  let value = 0n
  while (reader.next()) {
    if (reader.field === 1 && reader.is(VARINT)) value = reader.int64()
    else reader.skip()
  }
  return value
}

/** Writes a ModelSpec as message `field`. */
export function writeModelSpec (writer: Writer, field: number, model: ModelSpec): void {
  writer.message(field, w => {
    if (model.name !== '') w.string(1, model.name)
    if (model.version !== undefined) w.message(2, v => { if (model.version !== 0n) v.int64(1, model.version!) })
    else if (model.versionLabel !== undefined) w.string(4, model.versionLabel)
    if (model.signatureName !== '') w.string(3, model.signatureName)
  })
}

/** An entry of map<string, TensorProto>; a name that comes twice counts as its last tensor. Throws a WireError that names the tensor. */
function readEntry (reader: Reader, into: Record<string, Tensor>): void {
  let name = ''
  let value: Reader | undefined
  while (reader.next()) {
    if (reader.field === 1 && reader.is(DELIMITED)) name = reader.string()
    else if (reader.field === 2 && reader.is(DELIMITED)) value = reader.sub()
    else reader.skip()
  }
  if (value === undefined) throw new WireError(`tensor "${name}": no value`)
  try {
    into[name] = readTensorProto(value)
  } catch (error) {
    throw error instanceof WireError ? new WireError(`tensor "${name}": ${error.message}`) : error
  }
}

const noTensors = (): Record<string, Tensor> => Object.create(null) as Record<string, Tensor>

function writeEntries (writer: Writer, field: number, tensors: Tensors): void {
  for (const name of Object.keys(tensors)) {
    const tensor = tensors[name]
    writer.message(field, w => {
      w.string(1, name)
      writeTensorProto(w, 2, tensor)
    }, tensorProtoBytes(tensor) + name.length - 16)
  }
}

function expectedBytes (tensors: Tensors): number {
  let bytes = 256
  for (const name of Object.keys(tensors)) bytes += tensorProtoBytes(tensors[name]) + name.length * 3 + 24
  return bytes
}

/** Bytes of a PredictRequest. Throws a WireError for a tensor whose data do not fit its shape or dtype. */
export function writePredictRequest ({ model, inputs, outputFilter }: PredictRequest): Buffer {
  const writer = new Writer(expectedBytes(inputs))
  writeModelSpec(writer, 1, model)
  writeEntries(writer, 2, inputs)
  for (const name of outputFilter) writer.string(3, name)
  return writer.finish()
}

/**
 * Bytes of one PredictRequest for all outputs that holds the rows of several requests, in their order: each input is the requests' tensors one below the other.
 * Every request must have the inputs of the first. Throws a WireError where they do not stack.
 */
export function writeStackedPredictRequest (model: ModelSpec, requests: readonly Tensors[]): Buffer {
  const writer = new Writer(requests.reduce((sum, inputs) => sum + expectedBytes(inputs), 0))
  writeModelSpec(writer, 1, model)
  for (const name of Object.keys(requests[0])) {
    const tensors = requests.map(inputs => inputs[name])
    if (tensors.includes(undefined as unknown as Tensor)) throw new WireError(`requests that do not all have the input "${name}" do not stack`)
    writer.message(2, w => {
      w.string(1, name)
      writeStackedTensorProto(w, 2, tensors)
    }, tensors.reduce((sum, tensor) => sum + tensorProtoBytes(tensor), 0) + name.length - 16)
  }
  return writer.finish()
}

/** The tensors' data may share memory with `bytes`, which must not change afterwards. Throws a WireError. */
export function readPredictRequest (bytes: Uint8Array): PredictRequest {
  const reader = new Reader(bytes)
  const inputs = noTensors()
  const outputFilter: string[] = []
  let model: ModelSpec = { name: '', signatureName: '' }
  while (reader.next()) {
    if (!reader.is(DELIMITED)) reader.skip()
    else if (reader.field === 1) model = readModelSpec(reader.sub())
    else if (reader.field === 2) readEntry(reader.sub(), inputs)
    else if (reader.field === 3) outputFilter.push(reader.string())
    else reader.skip()
  }
  return { model, inputs, outputFilter }
}

/** Bytes of a PredictResponse. Throws like writePredictRequest. */
export function writePredictResponse ({ model, outputs }: PredictResponse): Buffer {
  const writer = new Writer(expectedBytes(outputs))
  writeEntries(writer, 1, outputs)
  writeModelSpec(writer, 2, model)
  return writer.finish()
}

/** The tensors' data may share memory with `bytes`, which must not change afterwards. Throws a WireError. */
export function readPredictResponse (bytes: Uint8Array): PredictResponse {
  const reader = new Reader(bytes)
  const outputs = noTensors()
  let model: ModelSpec = { name: '', signatureName: '' }
  while (reader.next()) {
    if (!reader.is(DELIMITED)) reader.skip()
    else if (reader.field === 1) readEntry(reader.sub(), outputs)
    else if (reader.field === 2) model = readModelSpec(reader.sub())
    else reader.skip()
  }
  return { model, outputs }
}
