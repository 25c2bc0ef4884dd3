// The shortest decimal text of a number that reads back as the same number in its own type. Knows no JSON but that the text must be a JSON number.
import { fewest, smallestNormalFloat } from '../decimal.js'
import { putShort } from '../decimal-text.js'
import { TextWriter } from '../text-writer.js'

const MINUS = 0x2d

/** Every whole number up to this is a float32. */
const wholeFloats = 16777216

/** Six digits always survive decimal → float32 → decimal, so the six-digit text, stripped, is the shortest wherever it reads back; nine always read back. Subnormal numbers have fewer sure digits. */
export function putShortestFloat32 (out: TextWriter, value: number): void {
  if (value === 0) return out.ascii(Object.is(value, -0) ? '-0' : '0')
  const size = Math.abs(value)
  if (size <= wholeFloats && Number.isInteger(value)) return out.whole(value)
  if (size < smallestNormalFloat) return out.ascii(shortestSubnormal(value))
  if (value < 0) out.byte(MINUS)
  putShort(out, fewest(size))
}

function shortestSubnormal (value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}

/** The same as a text. */
export function shortestFloat32 (value: number): string {
  const out = new TextWriter(64)
  putShortestFloat32(out, value)
  return out.text()
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
