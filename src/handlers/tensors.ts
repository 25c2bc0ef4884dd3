// Helpers with which a handler makes and reads tensors. Pure; part of the public module.
import { dtypes, type DType } from '../tensor/dtype.js'
import { nest, readNested } from '../tensor/evaluate/nested.js'
import { asShortDouble } from '../tensor/evaluate/shortest.js'
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from '../tensor/half.js'
import { allocate, elementCount, type Tensor } from '../tensor/tensor.js'
import type { FieldError } from '../errors.js'
import type { Nested } from './context.js'

/** NumPy's words for the dtypes, as describe prints them. */
export type DTypeWord = (typeof dtypes)[DType]['numpy']

const byWord = new Map<string, DType>(Object.entries(dtypes).map(([name, row]) => [row.numpy, name as DType]))

export const dtypeOfWord = (word: DTypeWord | DType): DType | undefined => Object.hasOwn(dtypes, word) ? word as DType : byWord.get(word)

/** Whether these are an array of numbers, which an array of real numbers takes as a whole. */
const isNumbers = (data: ArrayLike<number | bigint>): boolean => ArrayBuffer.isView(data) && !(data instanceof BigInt64Array || data instanceof BigUint64Array)

/** Flat numbers or bigints into the array that the dtype keeps; always a copy. Throws a RangeError for what a whole number of that type cannot hold: nothing is cut or wrapped. */
export function castData (dtype: DType, data: ArrayLike<number | bigint>): Tensor['data'] {
  const target = allocate(dtype, data.length)
  const big = target instanceof BigInt64Array || target instanceof BigUint64Array
  const real = target instanceof Float32Array || target instanceof Float64Array
  if (target.constructor === data.constructor || (real && isNumbers(data))) {
    target.set(data as never)
    return target
  }
  const pattern = dtype === 'DT_HALF' ? float32ToHalf : dtype === 'DT_BFLOAT16' ? float32ToBfloat16 : undefined
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    if (big) target[i] = BigInt(value)
    else target[i] = pattern === undefined ? Number(value) : pattern(Number(value))
    // eslint-disable-next-line eqeqeq -- a bigint and a number of the same value are meant to be equal here
    if (!real && pattern === undefined && target[i] != value) throw new RangeError(`${value} is no ${dtypes[dtype].numpy}`)
  }
  return target
}

/**
 * A tensor: `tensor('float32', [1, 28, 28, 1], pixels)`. `data` is flat (a typed array or list with as many values as the shape has room for) or nested lists of that shape.
 * Strings are given as texts or bytes. Throws a TypeError that says what does not fit.
 */
export function tensor (dtype: DTypeWord | DType, shape: readonly number[], data: Nested): Tensor {
  const name = dtypeOfWord(dtype)
  if (name === undefined) throw new TypeError(`${String(dtype)} is no dtype`)
  const count = elementCount(shape)
  if (ArrayBuffer.isView(data) && name !== 'DT_STRING') {
    if ((data as Uint8Array).length !== count) throw new TypeError(`the shape [${shape.join(', ')}] takes ${count} values, not ${(data as Uint8Array).length}`)
    return { dtype: name, shape: [...shape], data: castData(name, data as unknown as ArrayLike<number>) }
  }
  const faults: FieldError[] = []
  const read = readNested(name === 'DT_STRING' ? bytesAsElements(data) : data, name, '', faults)
  if (read === undefined) throw new TypeError(`data${faults[0]!.pointer} ${faults[0]!.detail}`)
  if (read.data.length !== count || (read.shape.length > 1 && read.shape.join() !== shape.join())) throw new TypeError(`the shape [${shape.join(', ')}] does not take data of shape [${read.shape.join(', ')}]`)
  return { dtype: name, shape: [...shape], data: read.data }
}

/** Bytes inside nested lists as the form in which JSON gives them. */
export function bytesAsElements (value: unknown): unknown {
  if (value instanceof Uint8Array) return { b64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  return Array.isArray(value) ? value.map(bytesAsElements) : value
}

const utf8 = new TextDecoder()

/** The elements of a string tensor as texts (UTF-8; bytes that are none become U+FFFD), flat. */
export function texts ({ dtype, data }: Tensor): string[] {
  if (dtype !== 'DT_STRING') throw new TypeError(`texts takes a string tensor, not ${dtypes[dtype].numpy}`)
  return (data as readonly Uint8Array[]).map(bytes => utf8.decode(bytes))
}

/** The elements as plain JavaScript values, flat: numbers (a float32 as its short decimal, 0.1 and not 0.10000000149011612), bigints for 64-bit integers, booleans, texts. */
export function values (tensor: Tensor): (number | bigint | boolean | string)[] {
  const { dtype, data } = tensor
  switch (dtype) {
    case 'DT_STRING': return texts(tensor)
    case 'DT_BOOL': return Array.from(data as Uint8Array, Boolean)
    case 'DT_FLOAT': return Array.from(data as Float32Array, value => asShortDouble(value))
    case 'DT_HALF': return Array.from(data as Uint16Array, pattern => asShortDouble(halfToFloat32(pattern), value => halfToFloat32(float32ToHalf(value))))
    case 'DT_BFLOAT16': return Array.from(data as Uint16Array, pattern => asShortDouble(bfloat16ToFloat32(pattern), value => bfloat16ToFloat32(float32ToBfloat16(value))))
    default: return Array.from(data as ArrayLike<number | bigint>)
  }
}

/** The elements of a numeric tensor as numbers, flat; a float32 as its short decimal. Throws a RangeError for a 64-bit integer beyond 2^53. */
export function numbers (tensor: Tensor): number[] {
  return values(tensor).map(value => {
    if (typeof value === 'string') throw new TypeError('numbers takes a numeric tensor')
    const number = Number(value)
    if (typeof value === 'bigint' && !Number.isSafeInteger(number)) throw new RangeError(`${value} cannot be a number without loss; use values`)
    return number
  })
}

/** The tensor as nested lists of plain values, as deep as its rank; a scalar is the value itself. */
export function nested (tensor: Tensor): unknown {
  return nest(values(tensor), tensor.shape)
}

/** One entry per instance: the tensor cut along its first dimension, each entry as `nested` gives it. */
export function rows<Row = unknown> (tensor: Tensor): Row[] {
  if (tensor.shape.length === 0) throw new TypeError('a scalar has no rows')
  return nested(tensor) as Row[]
}
