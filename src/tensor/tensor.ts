// The one tensor type of the service and of the embedded model server: dtype, shape, flat row-major data. Knows no wire form.
import { dtypeRow, type DType } from './dtype.js'

export type NumericData =
  | Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array
  | Uint8Array | Uint16Array | Uint32Array | BigUint64Array

/** Elements in row-major order. Strings are their bytes, one Uint8Array per element; 64-bit integers are bigint arrays; booleans are 0 or 1 in a Uint8Array. */
export type TensorData = NumericData | readonly Uint8Array[]

export interface Tensor {
  readonly dtype: DType
  /** Sizes, all known and >= 0; [] is a scalar. */
  readonly shape: readonly number[]
  readonly data: TensorData
}

/** Tensors by input or output name. */
export type Tensors = Readonly<Record<string, Tensor>>

/** What a signature says of one input or output. */
export interface TensorInfo {
  readonly dtype: DType
  /** Sizes, -1 for an unknown one; undefined when the rank itself is unknown. */
  readonly shape: readonly number[] | undefined
}

export interface Signature {
  readonly name: string
  readonly methodName: string
  readonly inputs: ReadonlyMap<string, TensorInfo>
  readonly outputs: ReadonlyMap<string, TensorInfo>
}

/** Product of the sizes; 1 for a scalar. */
export function elementCount (shape: readonly number[]): number {
  let count = 1
  for (const size of shape) count *= size
  return count
}

/** A zero-filled numeric array of `count` tensor elements of this dtype. Throws a TypeError for types without one (strings, resources). */
export function allocate (dtype: DType, count: number): NumericData {
  const { array: Constructor, lanes = 1 } = dtypeRow(dtype)
  if (Constructor === undefined) throw new TypeError(`${dtype} has no numeric array`)
  return new Constructor(count * lanes)
}

/** Little-endian elements of a numeric dtype (the order of every machine that this runs on) as a typed array: a view where the bytes are aligned for it, else a copy. */
export function viewOf (dtype: DType, bytes: Uint8Array): NumericData {
  const Constructor = dtypeRow(dtype).array!
  const width = Constructor.BYTES_PER_ELEMENT
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  return new Constructor(buffer as ArrayBuffer, byteOffset, bytes.length / width)
}
