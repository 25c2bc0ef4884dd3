// Halves and bfloat16 in kernels: whole tensors to float32 and back, and the wrapper that lets a float kernel take them. TensorFlow computes element by element in float32 and rounds each result to nearest even.
import { isHalf } from './values.js'
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from '../../../tensor/half.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Kernel, Value } from '../kernel.js'

/** A NaN keeps its sign here, as in TensorFlow's kernels. */
const sign = new Float32Array(1)
const signWord = new Uint32Array(sign.buffer)

function signOf (value: number): number {
  sign[0] = value
  return (signWord[0] >>> 16) & 0x8000
}

const toHalf = (value: number): number => Number.isNaN(value) ? signOf(value) | 0x7e00 : float32ToHalf(value)

const toBfloat16 = (value: number): number => Number.isNaN(value) ? signOf(value) | 0x7fc0 : float32ToBfloat16(value)

/** Nearest integer, ties to the even one. */
export function roundEven (value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest < 0.5) return floor === 0 && (value < 0 || Object.is(value, -0)) ? -0 : floor
  if (rest > 0.5 || floor % 2 !== 0) return floor + 1 === 0 ? -0 : floor + 1
  return floor
}

/** Patterns of DT_HALF or DT_BFLOAT16 as float32. */
export function unpackHalves (dtype: DType, patterns: Uint16Array): Float32Array {
  return Float32Array.from(patterns, dtype === 'DT_HALF' ? halfToFloat32 : bfloat16ToFloat32)
}

/** Float values, rounded to float32 first, as patterns of DT_HALF or DT_BFLOAT16. */
export function packHalves (dtype: DType, values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, dtype === 'DT_HALF' ? toHalf : toBfloat16)
}

const widen = (value: Value): Value =>
  isHalf(value.dtype) ? { dtype: 'DT_FLOAT', shape: value.shape, data: unpackHalves(value.dtype, (value as Tensor).data as Uint16Array) } : value

const narrow = (dtype: DType, value: Value): Value =>
  value.dtype === 'DT_FLOAT' ? { dtype, shape: value.shape, data: packHalves(dtype, (value as Tensor).data as Float32Array) } : value

/** A float32 kernel, made to take and to give this half-width type. All its float outputs become halves. */
export function throughFloat (dtype: DType, kernel: Kernel): Kernel {
  return (inputs, session) => {
    const outputs = kernel(inputs.map(widen), session)
    return Array.isArray(outputs) ? (outputs as readonly Value[]).map(value => narrow(dtype, value)) : narrow(dtype, outputs as Value)
  }
}
