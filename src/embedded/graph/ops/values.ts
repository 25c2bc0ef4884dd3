// How kernels read their inputs and make their outputs: views on values by element kind, index vectors, errors in TensorFlow's words. Knows no op.
import { allocate, elementCount, type NumericData, type Tensor } from '../../../tensor/tensor.js'
import { ModelError } from '../../formats/format.js'
import type { DType } from '../../../tensor/dtype.js'
import type { BoundNode, Value } from '../kernel.js'

/** Elements that are numbers; the pattern of a half or bfloat16 counts as one only for moving it. */
export type NumberArray = Exclude<NumericData, BigInt64Array | BigUint64Array>
export type BigArray = BigInt64Array | BigUint64Array
export type Shape = readonly number[]

export const floatTypes: readonly DType[] = ['DT_FLOAT', 'DT_DOUBLE']
/** The half-width floats: kept as patterns, computed in float32. */
export const halfTypes: readonly DType[] = ['DT_HALF', 'DT_BFLOAT16']
export const smallIntegerTypes: readonly DType[] = ['DT_INT8', 'DT_INT16', 'DT_INT32', 'DT_UINT8', 'DT_UINT16', 'DT_UINT32']
export const bigTypes: readonly DType[] = ['DT_INT64', 'DT_UINT64']
/** All types whose elements kernels may move about: one array element or one byte string per tensor element. */
export const movableTypes: readonly DType[] = [...floatTypes, ...halfTypes, ...smallIntegerTypes, ...bigTypes, 'DT_BOOL', 'DT_STRING']

export const isBig = (dtype: DType): boolean => dtype === 'DT_INT64' || dtype === 'DT_UINT64'
export const isFloat = (dtype: DType): boolean => dtype === 'DT_FLOAT' || dtype === 'DT_DOUBLE'
export const isHalf = (dtype: DType): boolean => dtype === 'DT_HALF' || dtype === 'DT_BFLOAT16'

export const invalid = (message: string): ModelError => new ModelError(3, message)

/** Refuses the node unless its type attribute is one of `allowed`. */
export function typeAttribute (node: BoundNode, name: string, allowed: readonly DType[], fallback?: DType): DType {
  const dtype = node.attrs.dtype(name, fallback)
  if (!allowed.includes(dtype)) node.unimplemented(`${name}=${dtype}`)
  return dtype
}

export function tensorOf (value: Value | undefined): Tensor {
  if (value === undefined || !('data' in value)) throw new ModelError(13, 'A tensor was expected where a handle or nothing came')
  return value
}

export const numbersOf = (tensor: Tensor): NumberArray => tensor.data as NumberArray
export const bigsOf = (tensor: Tensor): BigArray => tensor.data as BigArray
export const bytesOf = (tensor: Tensor): readonly Uint8Array[] => tensor.data as readonly Uint8Array[]

/** The elements of an int32 or int64 tensor as numbers: shapes, axes, permutations, which all fit into 53 bits. */
export function indicesOf (tensor: Tensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number)
}

/** The only element of an index tensor, which TensorFlow wants to be a scalar. */
export function indexOf (tensor: Tensor, name: string): number {
  if (elementCount(tensor.shape) !== 1) throw invalid(`${name} must be a scalar, but received tensor of shape: ${shapeText(tensor.shape)}`)
  return Number((tensor.data as ArrayLike<number | bigint>)[0])
}

/** An int32 or int64 tensor of these numbers. */
export function indexTensor (dtype: DType, shape: Shape, values: ArrayLike<number>): Tensor {
  const data = dtype === 'DT_INT64' ? BigInt64Array.from(values, BigInt) : Int32Array.from(values)
  return { dtype, shape, data }
}

/** As TensorFlow prints a shape: [2,3]. */
export const shapeText = (shape: Shape): string => `[${shape.join(',')}]`

export function sameShape (a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** An axis counted from the end made one counted from the start; undefined when out of range. */
export function axisOf (axis: number, rank: number): number | undefined {
  return axis >= -rank && axis < rank ? (axis < 0 ? axis + rank : axis) : undefined
}

/** Writable elements for moving, zero or empty-string filled. */
export interface Elements {
  readonly length: number
  [index: number]: number | bigint | Uint8Array
}

const emptyBytes = new Uint8Array(0)

export function newElements (dtype: DType, count: number): Elements {
  if (dtype === 'DT_STRING') return new Array<Uint8Array>(count).fill(emptyBytes)
  return allocate(dtype, count)
}

export const elementsOf = (tensor: Tensor): Elements => tensor.data as Elements

/** A tensor over elements that were made for this dtype. */
export const tensorFrom = (dtype: DType, shape: Shape, elements: Elements): Tensor => ({ dtype, shape, data: elements as Tensor['data'] })

/** Copies `count` elements; long typed runs by memory copy. */
export function copyElements (from: Elements, start: number, to: Elements, target: number, count: number): void {
  if (count > 24 && ArrayBuffer.isView(to)) {
    (to as unknown as Float32Array).set((from as unknown as Float32Array).subarray(start, start + count), target)
    return
  }
  for (let i = 0; i < count; i++) to[target + i] = from[start + i]
}
