// Whether two tensors say the same, up to what rounding does to the same sum in another order. Pure.
import { bfloat16ToFloat32, halfToFloat32 } from '../tensor/half.js'
import type { DType } from '../tensor/dtype.js'
import type { Tensor, Tensors } from '../tensor/tensor.js'

/**
 * How far two floats may be apart, as a share of the largest magnitude in the tensor: kernels for one row and for many add up in different orders,
 * which leaves about 1e-6 of a float32; the 16-bit types have 11 and 8 bits.
 */
const tolerances: Readonly<Partial<Record<DType, number>>> = { DT_FLOAT: 1e-4, DT_DOUBLE: 1e-6, DT_COMPLEX64: 1e-4, DT_COMPLEX128: 1e-6, DT_HALF: 2e-2, DT_BFLOAT16: 5e-2 }

const numbersOf = ({ dtype, data }: Tensor): ArrayLike<number> =>
  dtype === 'DT_HALF' ? Array.from(data as Uint16Array, halfToFloat32) : dtype === 'DT_BFLOAT16' ? Array.from(data as Uint16Array, bfloat16ToFloat32) : data as Float64Array

function floatsAlike (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number): boolean {
  let largest = 0
  for (let i = 0; i < a.length; i++) if (Number.isFinite(a[i])) largest = Math.max(largest, Math.abs(a[i]))
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i]) && a[i] !== b[i] && !(Math.abs(a[i] - b[i]) <= tolerance * largest)) return false
  return true
}

/** The same dtype, shape and values: floats within the tolerance of their type (a NaN is like a NaN), everything else to the bit. */
export function tensorsAlike (a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length || a.shape.some((size, i) => size !== b.shape[i])) return false
  const tolerance = tolerances[a.dtype]
  if (tolerance !== undefined) return floatsAlike(numbersOf(a), numbersOf(b), tolerance)
  if (a.dtype === 'DT_STRING') return (a.data as readonly Uint8Array[]).every((text, i) => Buffer.compare(text, (b.data as readonly Uint8Array[])[i]!) === 0)
  const [left, right] = [a.data as Int32Array, b.data as Int32Array]
  return left.every((value, i) => value === right[i])
}

/** The name of the first tensor in which the two differ; undefined where they say the same. */
export function differingTensor (a: Tensors, b: Tensors): string | undefined {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return names.find(name => !Object.hasOwn(b, name)) ?? Object.keys(b).find(name => !Object.hasOwn(a, name))
  return names.find(name => !Object.hasOwn(b, name) || !tensorsAlike(a[name], b[name]))
}
