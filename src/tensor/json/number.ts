// Values of number literals that have been checked: integers exactly, doubles rounded to the nearest. Knows no grammar beyond a literal's own parts.

/** Powers of ten that doubles hold exactly. */
export const exactPowers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

const ZERO = 0x30
const MINUS = 0x2d
const POINT = 0x2e

/** More digits than this do not surely fit into a double's 53 bits. */
const safeDigits = 15

/**
 * The double nearest to the literal in `bytes[start, end)`: JSON's number grammar, or NaN, Inf, Infinity with an optional minus.
 * The integer literal -0 is 0: it has no sign to keep.
 */
export function doubleOf (bytes: Buffer, start: number, end: number): number {
  let at = start
  const negative = bytes[at] === MINUS
  if (negative) at++
  let mantissa = 0
  let digits = 0
  let decimals = 0
  let point = false
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      if (mantissa !== 0) digits++
      if (point) decimals++
    } else if (bytes[at] === POINT) point = true
    else return parsed(bytes, start, end)
  }
  if (digits > safeDigits || decimals > 22) return parsed(bytes, start, end)
  // Both sides are exact, so the quotient is rounded once.
  const value = decimals === 0 ? mantissa : mantissa / exactPowers[decimals]
  return negative && (point || value !== 0) ? -value : value
}

function parsed (bytes: Buffer, start: number, end: number): number {
  const literal = bytes.toString('latin1', start, end)
  switch (literal) {
    case 'NaN': case '-NaN': return NaN
    case 'Inf': case 'Infinity': return Infinity
    case '-Inf': case '-Infinity': return -Infinity
    default: return Number(literal)
  }
}

/** The value of an integer literal. */
export function integerOf (bytes: Buffer, start: number, end: number): bigint {
  return BigInt(end - start <= safeDigits ? doubleOf(bytes, start, end) : bytes.toString('latin1', start, end))
}
