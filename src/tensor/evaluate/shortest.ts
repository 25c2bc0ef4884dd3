// The shortest decimal text of a number that reads back as the same number in its own type. Knows no JSON but that the text must be a JSON number.

const bits = new Uint32Array(1)
const real = new Float32Array(bits.buffer)

/** Below this a float32 is subnormal and has fewer than six sure digits. */
const smallestNormal = 2 ** -126

/** Six digits always survive decimal → float32 → decimal, so the six-digit text, stripped, is the shortest wherever it reads back; nine always read back. */
export function shortestFloat32 (value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= 16777216) return Object.is(value, -0) ? '-0' : String(value)
  for (let digits = Math.abs(value) < smallestNormal ? 1 : 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}

export const shortestFloat64 = (value: number): string => Object.is(value, -0) ? '-0' : String(value)

/** For a 16-bit float, given as its value and the function that rounds to the type. */
export function shortestBy (value: number, round: (value: number) => number): string {
  if (value === 0) return shortestFloat64(value)
  for (let digits = 1; digits < 5; digits++) {
    const short = Number(value.toPrecision(digits))
    if (round(short) === value) return shortestFloat64(short)
  }
  return shortestFloat64(Number(value.toPrecision(5)))
}

/** A float32, or with `round` a 16-bit float, as the double whose shortest text is its own: 0.1 and not 0.10000000149011612. */
export function asShortDouble (value: number, round?: (value: number) => number): number {
  if (!Number.isFinite(value)) return value
  return Number(round === undefined ? shortestFloat32(value) : shortestBy(value, round))
}

/** The value of a half's pattern (IEEE binary16). */
export function halfValue (pattern: number): number {
  const sign = (pattern & 0x8000) === 0 ? 1 : -1
  const exponent = (pattern >> 10) & 31
  const fraction = pattern & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

/** The pattern of the half nearest to a value, ties to even; beyond the range it is infinite. */
export function halfPattern (value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(size)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  const exponent = size < 2 ** -14 ? -14 : Math.min(15, Math.floor(Math.log2(size)))
  const scaled = size / 2 ** (exponent - 10)
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  const units = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
  return sign | (units + (exponent + 14) * 1024)
}

/** The value of a bfloat16's pattern. */
export function bfloat16Value (pattern: number): number {
  bits[0] = pattern << 16
  return real[0]!
}

/** The pattern of the bfloat16 nearest to a value (through float32), ties to even. */
export function bfloat16Pattern (value: number): number {
  real[0] = value
  const word = bits[0]!
  return Number.isNaN(value) ? 0x7fc0 : ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff
}
