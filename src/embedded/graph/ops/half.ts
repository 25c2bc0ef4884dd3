// Halves and bfloat16: patterns to float32 and back, and the wrapper that lets a float kernel take them. TensorFlow computes element by element in float32 and rounds each result to nearest even.
import { isHalf } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Kernel, Value } from '../kernel.js'

const word = new Uint32Array(1)
const real = new Float32Array(word.buffer)

function fromHalf (pattern: number): number {
  const sign = (pattern & 0x8000) === 0 ? 1 : -1
  const exponent = (pattern >> 10) & 31
  const fraction = pattern & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function toHalf (value: number): number {
  real[0] = value
  const bits = word[0]
  const sign = (bits >>> 16) & 0x8000
  const size = Math.abs(real[0])
  if (Number.isNaN(size)) return sign | 0x7e00
  if (size >= 65520) return sign | 0x7c00
  const exponent = Math.max(((bits >>> 23) & 255) - 127, -14)
  // In units of the last place; the sum carries into the exponent by itself.
  const units = roundEven(size / 2 ** (exponent - 10))
  return sign | (units + ((exponent + 14) << 10))
}

function fromBfloat16 (pattern: number): number {
  word[0] = pattern << 16
  return real[0]
}

function toBfloat16 (value: number): number {
  real[0] = value
  const bits = word[0]
  if (Number.isNaN(real[0])) return ((bits >>> 16) & 0x8000) | 0x7fc0
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

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
  return Float32Array.from(patterns, dtype === 'DT_HALF' ? fromHalf : fromBfloat16)
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
