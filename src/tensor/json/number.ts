// Values of number literals that have been checked: integers exactly, doubles rounded to the nearest. Knows no grammar beyond a literal's own parts.
import { productError } from '../exact-product.js'

/** Powers of ten that doubles hold exactly. */
export const exactPowers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

const ZERO = 0x30
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e

/** More digits than this do not surely fit into a double's 53 bits. */
const safeDigits = 15
/** So many more are kept exactly beside them. */
const tailDigits = 4

/**
 * The double nearest to the literal in `bytes[start, end)`: JSON's number grammar, or NaN, Inf, Infinity with an optional minus.
 * The integer literal -0 is 0: it has no sign to keep.
 */
export function doubleOf (bytes: Buffer, start: number, end: number): number {
  let at = start
  const negative = bytes[at] === MINUS
  if (negative) at++
  let head = 0
  let digits = 0
  let tail = 0
  let inTail = 0
  let power = 0
  let point = false
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO
    if (digit >= 0 && digit <= 9) {
      if (digits < safeDigits) {
        head = head * 10 + digit
        if (head !== 0) digits++
      } else if (inTail < tailDigits) {
        tail = tail * 10 + digit
        inTail++
      } else return parsed(bytes, start, end)
      if (point) power--
    } else if (bytes[at] === POINT) point = true
    else break
  }
  if (at < end) {
    const exponent = exponentOf(bytes, at, end)
    if (exponent !== exponent) return parsed(bytes, start, end)
    power += exponent
    point = true
  }
  const value = inTail === 0 ? scaled(head, power) : scaledWide(head, tail, inTail, power)
  if (value !== value) return parsed(bytes, start, end)
  return negative && (point || value !== 0) ? -value : value
}

/** Value of `e-12` in `bytes[start, end)`; NaN for anything else, and for more than three digits. */
function exponentOf (bytes: Buffer, start: number, end: number): number {
  let at = start
  if ((bytes[at++] | 0x20) !== 0x65) return NaN
  const negative = bytes[at] === MINUS
  if (negative || bytes[at] === PLUS) at++
  if (end - at > 3) return NaN
  let value = 0
  for (; at < end; at++) value = value * 10 + bytes[at] - ZERO
  return negative ? -value : value
}

/** head × 10^power where both sides are exact, so that the result is rounded once; else NaN. */
function scaled (head: number, power: number): number {
  if (power === 0) return head
  if (power < 0) return power >= -22 ? head / exactPowers[-power] : NaN
  return power <= 22 ? head * exactPowers[power] : NaN
}

/** (head × 10^count + tail) × 10^power, rounded to the nearest; NaN where that lies too near to the middle of two doubles to be sure, or the power is not exact. */
function scaledWide (head: number, tail: number, count: number, power: number): number {
  if (power > 0 || power < -22) return NaN
  // The whole number as the sum of two doubles: its factors have at most 64 bits together, so each partial product is exact.
  const shift = exactPowers[count]
  const upper = Math.floor(head / 1048576) * 1048576
  const product = head * shift
  const whole = product + tail
  const rest = (upper * shift - product) + (head - upper) * shift + (tail - (whole - product))
  if (power === 0) return whole + rest
  const divisor = exactPowers[-power]
  const quotient = whole / divisor
  const back = quotient * divisor
  const correction = ((whole - back) - productError(quotient, divisor, back) + rest) / divisor
  const value = quotient + correction * (1 + 1e-12)
  return value === quotient + correction * (1 - 1e-12) ? value : NaN
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

/**
 * Puts the integer of the digits in `bytes[first, end)`, with that sign, into two 32-bit words, little-endian; false for more than eighteen digits, which may not fit.
 */
export function putLong (words: Int32Array, index: number, bytes: Buffer, first: number, end: number, negative: boolean): boolean {
  if (end - first > 18) return false
  const middle = Math.max(first, end - 9)
  let upper = 0
  for (let at = first; at < middle; at++) upper = upper * 10 + bytes[at] - ZERO
  let lower = 0
  for (let at = middle; at < end; at++) lower = lower * 10 + bytes[at] - ZERO
  // upper × 10^9 + lower, where no intermediate result has more than 53 bits: upper is taken apart at its fifteenth bit.
  const above = Math.floor(upper / 32768) * 1e9
  let high = Math.floor(above / 131072)
  let low = (above - high * 131072) * 32768 + (upper % 32768) * 1e9 + lower
  const carry = Math.floor(low / 4294967296)
  high += carry
  low -= carry * 4294967296
  words[index] = negative ? -low : low
  words[index + 1] = negative ? -high - (low === 0 ? 0 : 1) : high
  return true
}
