// Numbers as TensorFlow Serving prints them: six digits if they read back as the same value, else nine (float) or seventeen (double). Source: section 7.
import { sixOrNine, sixOrSeventeen } from '../decimal.js'
import { putGeneral } from '../decimal-text.js'
import { TextWriter } from '../text-writer.js'

const MINUS = 0x2d

/** Zeros, NaN and the infinities; false for any other number. */
function putSpecial (out: TextWriter, value: number): boolean {
  if (value === 0) out.ascii(Object.is(value, -0) ? '-0.0' : '0.0')
  else if (Number.isFinite(value)) return false
  else out.ascii(Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity')
  return true
}

/** Writes a single. `value` must be one (Math.fround leaves it as it is). Subnormal ones keep their value. */
export function putFloat (out: TextWriter, value: number): void {
  if (putSpecial(out, value)) return
  if (value < 0) out.byte(MINUS)
  putGeneral(out, sixOrNine(Math.abs(value)))
}

/** Writes a double. */
export function putDouble (out: TextWriter, value: number): void {
  if (putSpecial(out, value)) return
  if (value < 0) out.byte(MINUS)
  putGeneral(out, sixOrSeventeen(Math.abs(value)))
}

function textBy (put: (out: TextWriter, value: number) => void, value: number): string {
  const out = new TextWriter(64)
  put(out, value)
  return out.text()
}

/** The text of a single, as `putFloat` writes it. */
export const floatText = (value: number): string => textBy(putFloat, value)

/** The text of a double, as `putDouble` writes it. */
export const doubleText = (value: number): string => textBy(putDouble, value)
