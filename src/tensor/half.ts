// The two 16-bit floating-point types: patterns to and from numbers, rounded to the nearest, ties to even. IEEE 754 binary16, and the upper half of a binary32.

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

/** Upper half of the nearest single, rounded to nearest even; NaN stays a NaN. */
export function float32ToBfloat16 (value: number): number {
  single[0] = value
  const pattern = bits[0]
  if (Number.isNaN(value)) return 0x7fc0
  return (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16
}

export function bfloat16ToFloat32 (pattern: number): number {
  bits[0] = pattern << 16 >>> 0
  return single[0]
}

/** Smallest positive half, 2^-24. */
const halfStep = 2 ** -24

/** The half nearest to the number after it was rounded to a single (as TensorFlow's own conversion goes). Beyond 65519 it is an infinity. */
export function float32ToHalf (value: number): number {
  single[0] = value
  const pattern = bits[0]
  const sign = pattern >>> 16 & 0x8000
  const exponent = (pattern >>> 23 & 0xff) - 112
  const mantissa = pattern & 0x7fffff
  if (exponent === 143) return sign | (mantissa === 0 ? 0x7c00 : 0x7e00)
  if (exponent >= 31) return sign | 0x7c00
  if (exponent <= 0) return sign | roundEven(Math.abs(single[0]) / halfStep)
  const rest = mantissa & 0x1fff
  const kept = exponent << 10 | mantissa >>> 13
  return sign | kept + (rest > 0x1000 || (rest === 0x1000 && (kept & 1) === 1) ? 1 : 0)
}

function roundEven (value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

export function halfToFloat32 (pattern: number): number {
  const sign = (pattern & 0x8000) === 0 ? 1 : -1
  const exponent = pattern >>> 10 & 31
  const mantissa = pattern & 0x3ff
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? mantissa * halfStep : (1024 + mantissa) * 2 ** (exponent - 25))
}
