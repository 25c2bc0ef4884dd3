// tensorflow.TensorProto and TensorShapeProto <-> Tensor. Knows no service; field numbers from tensorflow/core/framework/tensor.proto and tensor_shape.proto.
import { dtypeOfNumber, dtypeRow, dtypes, elementBytes, type DType } from '../dtype.js'
import { allocate, elementCount, viewOf, type NumericData, type Tensor, type TensorData } from '../tensor.js'
import { DELIMITED, FIXED32, FIXED64, Reader, VARINT, WireError, type Writer } from './wire.js'

/** A tensor of more bytes than this is refused: a few bytes on the wire may announce any size. */
export const maxTensorBytes = 2 ** 31 - 1

/** What an element of a string tensor takes at least, in our memory as in TensorFlow's. */
const stringBytes = 32

/** TensorFlow's own limit (TensorShape::MaxDimensions). */
const maxRank = 254

type ValueKind = 'float' | 'double' | 'int32' | 'int64' | 'bool' | 'uint32' | 'uint64' | 'half' | 'bytes'

/** Which repeated field holds a dtype's elements, and how they stand in it. */
const valueFields: Readonly<Partial<Record<DType, readonly [field: number, kind: ValueKind]>>> = {
  DT_FLOAT: [5, 'float'],
  DT_DOUBLE: [6, 'double'],
  DT_INT32: [7, 'int32'],
  DT_INT16: [7, 'int32'],
  DT_UINT16: [7, 'int32'],
  DT_INT8: [7, 'int32'],
  DT_UINT8: [7, 'int32'],
  DT_QINT8: [7, 'int32'],
  DT_QUINT8: [7, 'int32'],
  DT_QINT16: [7, 'int32'],
  DT_QUINT16: [7, 'int32'],
  DT_QINT32: [7, 'int32'],
  DT_STRING: [8, 'bytes'],
  DT_COMPLEX64: [9, 'float'],
  DT_INT64: [10, 'int64'],
  DT_BOOL: [11, 'bool'],
  DT_COMPLEX128: [12, 'double'],
  DT_HALF: [13, 'half'],
  DT_BFLOAT16: [13, 'half'],
  DT_UINT32: [16, 'uint32'],
  DT_UINT64: [17, 'uint64']
}

/** Sizes of a TensorShapeProto, -1 for an unknown one; undefined for an unknown rank. Throws a WireError. */
export function readShape (reader: Reader): number[] | undefined {
  const sizes: number[] = []
  let unknownRank = false
  while (reader.next()) {
    if (reader.field === 2 && reader.is(DELIMITED)) {
      const dim = reader.sub()
      let size = 0
      while (dim.next()) {
        if (dim.field === 1 && dim.is(VARINT)) size = dim.safeInt64()
        else dim.skip()
      }
      sizes.push(size)
    } else if (reader.field === 3 && reader.is(VARINT)) unknownRank = reader.bool()
    else reader.skip()
  }
  return unknownRank ? undefined : sizes
}

/** Writes a TensorShapeProto as `field`; undefined is an unknown rank. */
export function writeShape (writer: Writer, field: number, shape: readonly number[] | undefined): void {
  writer.message(field, w => {
    if (shape === undefined) w.bool(3, true)
    else for (const size of shape) w.message(2, dim => { dim.int64(1, BigInt(size)) })
  })
}

/**
 * A TensorProto from `reader` to its end. Both forms are read: `tensor_content` and the typed fields, packed or not.
 * As in TensorFlow, fewer typed values than elements repeat the last one, none at all mean zeros (or empty strings), surplus ones are not looked at.
 * The data may share memory with the reader's bytes. Throws a WireError that says what does not fit.
 */
export function readTensorProto (reader: Reader): Tensor {
  const start = reader.position
  let number = 0
  let shape: number[] | undefined = []
  let content: Buffer | undefined
  while (reader.next()) {
    if (reader.field === 1 && reader.is(VARINT)) number = reader.int32()
    else if (reader.field === 2 && reader.is(DELIMITED)) shape = readShape(reader.sub())
    else if (reader.field === 4 && reader.is(DELIMITED)) content = reader.bytes()
    else reader.skip()
  }
  const dtype = dtypeOfNumber(number)
  if (dtype === undefined) throw new WireError(`tensor of unknown dtype ${number}`)
  const valueField = valueFields[dtype]
  if (valueField === undefined) throw new WireError(`tensor of dtype ${dtypes[dtype].short}, which has no values on the wire`)
  const known = checkShape(shape, dtype)
  const count = elementCount(known)
  let data: TensorData
  if (content !== undefined && content.length > 0) data = readContent(dtype, count, content)
  else if (dtype === 'DT_STRING') data = readStrings(new Reader(reader.source, start, reader.end), count)
  else data = readValues(new Reader(reader.source, start, reader.end), dtype, count, ...valueField)
  return { dtype, shape: known, data }
}

function checkShape (shape: number[] | undefined, dtype: DType): number[] {
  if (shape === undefined) throw new WireError('tensor of unknown rank')
  if (shape.length > maxRank) throw new WireError(`tensor of rank ${shape.length}, the limit is ${maxRank}`)
  let bytes = elementBytes(dtype) ?? stringBytes
  for (const size of shape) {
    if (size < 0) throw new WireError(`tensor with the size ${size} in its shape [${shape.join(',')}]`)
    bytes *= size
  }
  if (bytes > maxTensorBytes) throw new WireError(`tensor of shape [${shape.join(',')}] is larger than ${maxTensorBytes} bytes`)
  return shape
}

/** The elements of a `tensor_content`: little-endian, row-major; for strings their lengths as varints, then all their bytes. */
function readContent (dtype: DType, count: number, content: Buffer): TensorData {
  const size = elementBytes(dtype)
  if (size === undefined) return readStringContent(content, count)
  if (content.length !== count * size) throw new WireError(`tensor_content has ${content.length} bytes, ${count} elements of ${dtypes[dtype].short} need ${count * size}`)
  const data = viewOf(dtype, content)
  return dtype === 'DT_BOOL' && (data as Uint8Array).some(v => v > 1) ? (data as Uint8Array).map(v => v === 0 ? 0 : 1) : data
}

function readStringContent (content: Buffer, count: number): Uint8Array[] {
  // Each length takes a byte at least.
  if (count > content.length) throw new WireError(`tensor_content has ${content.length} bytes, too few for ${count} strings`)
  const reader = new Reader(content)
  const lengths = new Uint32Array(count)
  for (let i = 0; i < count; i++) lengths[i] = reader.uint32()
  const strings: Uint8Array[] = new Array(count)
  for (let i = 0; i < count; i++) strings[i] = reader.raw(lengths[i])
  if (!reader.done) throw new WireError(`tensor_content has ${content.length - reader.position} bytes more than its strings`)
  return strings
}

function readStrings (reader: Reader, count: number): Uint8Array[] {
  const strings: Uint8Array[] = []
  while (reader.next()) {
    if (reader.field === 8 && reader.is(DELIMITED) && strings.length < count) strings.push(reader.bytes())
    else reader.skip()
  }
  if (strings.length < count) {
    const last = strings.at(-1) ?? new Uint8Array(0)
    while (strings.length < count) strings.push(last)
  }
  return strings
}

function readValues (reader: Reader, dtype: DType, count: number, field: number, kind: ValueKind): NumericData {
  const total = count * (dtypeRow(dtype).lanes ?? 1)
  const single = singleRun(reader, dtype, total, field, kind)
  if (single !== undefined) return single
  const data = allocate(dtype, count)
  const filled = fillValues(reader, data, field, kind)
  if (filled > 0 && filled < total) repeatLast(data, filled, dtypeRow(dtype).lanes ?? 1)
  return data
}

/** All of a float or double tensor's elements as one packed run: the bytes are already the array. */
function singleRun (reader: Reader, dtype: DType, total: number, field: number, kind: ValueKind): NumericData | undefined {
  if (kind !== 'float' && kind !== 'double') return undefined
  const probe = new Reader(reader.source, reader.position, reader.end)
  let run: Buffer | undefined
  while (probe.next()) {
    if (probe.field !== field) { probe.skip(); continue }
    if (run !== undefined || !probe.is(DELIMITED)) return undefined
    run = probe.bytes()
  }
  return run !== undefined && run.length === total * (kind === 'float' ? 4 : 8) ? viewOf(dtype, run) : undefined
}

const wireTypeOf = (kind: ValueKind): number => kind === 'float' ? FIXED32 : kind === 'double' ? FIXED64 : VARINT

/** Copies the field's values into `data` and returns how many there were, at most its length. */
function fillValues (reader: Reader, data: NumericData, field: number, kind: ValueKind): number {
  const put = elementReader(data, kind)
  let filled = 0
  while (reader.next()) {
    if (reader.field !== field) reader.skip()
    else if (reader.is(DELIMITED)) {
      const packed = reader.sub()
      while (!packed.done && filled < data.length) put(packed, filled++)
    } else if (reader.is(wireTypeOf(kind)) && filled < data.length) put(reader, filled++)
    else reader.skip()
  }
  return filled
}

function elementReader (data: NumericData, kind: ValueKind): (reader: Reader, index: number) => void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length * 2)
    return (reader, index) => { reader.intoWords(words, index * 2) }
  }
  switch (kind) {
    case 'float': return (reader, index) => { data[index] = reader.float() }
    case 'double': return (reader, index) => { data[index] = reader.double() }
    case 'bool': return (reader, index) => { data[index] = reader.bool() ? 1 : 0 }
    default: return (reader, index) => { data[index] = reader.int32() }
  }
}

function repeatLast (data: NumericData, filled: number, lanes: number): void {
  if (filled % lanes !== 0) throw new WireError('complex tensor with half a value')
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(data[filled - 1] as never, filled)
  else for (let i = filled; i < data.length; i++) data[i] = data[i - lanes]
}

/** The bytes of a numeric tensor's data, without copying. */
export const bytesOf = (data: NumericData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const isStrings = (data: TensorData): data is readonly Uint8Array[] => Array.isArray(data)

/** Upper bound of the bytes that `writeTensorProto` needs, close for anything large. */
export function tensorProtoBytes (tensor: Tensor): number {
  let bytes = 32 + tensor.shape.length * 14
  if (isStrings(tensor.data)) for (const text of tensor.data) bytes += text.length + 6
  else bytes += tensor.data.byteLength
  return bytes
}

/** Writes the tensor as message `field`: `tensor_content` for everything but strings. Throws a WireError where data and shape do not fit. */
export function writeTensorProto (writer: Writer, field: number, tensor: Tensor): void {
  checkData(tensor)
  writeData(writer, field, tensor.dtype, tensor.shape, [tensor])
}

/** Writes tensors that differ in nothing but their first size as one tensor, one below the other, without joining their data before. Throws a WireError as `writeTensorProto` does, and where they do not stack. */
export function writeStackedTensorProto (writer: Writer, field: number, tensors: readonly Tensor[]): void {
  const { dtype, shape: [, ...inner] } = tensors[0]
  let rows = 0
  for (const tensor of tensors) {
    checkData(tensor)
    const { shape } = tensor
    if (tensor.dtype !== dtype || shape.length !== inner.length + 1 || inner.some((size, i) => size !== shape[i + 1])) throw new WireError(`a ${dtypes[tensor.dtype].short} tensor of shape [${shape.join(',')}] does not stack with one of ${dtypes[dtype].short} and inner shape [${inner.join(',')}]`)
    rows += shape[0]
  }
  writeData(writer, field, dtype, [rows, ...inner], tensors)
}

function checkData ({ dtype, shape, data }: Tensor): void {
  const expected = elementCount(shape) * (dtypeRow(dtype).lanes ?? 1)
  if (data.length !== expected) throw new WireError(`tensor of shape [${shape.join(',')}] has ${data.length} values, needs ${expected}`)
  if (isStrings(data) !== (dtype === 'DT_STRING')) throw new WireError(`tensor of dtype ${dtypes[dtype].short} with data of another kind`)
}

function writeData (writer: Writer, field: number, dtype: DType, shape: readonly number[], parts: readonly Tensor[]): void {
  let contentBytes = 0
  for (const { data } of parts) if (!isStrings(data)) contentBytes += data.byteLength
  let expectedBytes = 8 + shape.length * 14
  for (const part of parts) expectedBytes += tensorProtoBytes(part) - 32 - part.shape.length * 14
  writer.message(field, w => {
    w.uint32(1, dtypes[dtype].number)
    writeShape(w, 2, shape)
    if (contentBytes > 0) w.message(4, content => { for (const { data } of parts) if (!isStrings(data)) content.raw(bytesOf(data)) }, contentBytes)
    else for (const { data } of parts) if (isStrings(data)) for (const text of data) w.bytes(8, text)
  }, expectedBytes)
}
