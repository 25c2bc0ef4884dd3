// Decimals as text, as C's %g and as JavaScript write them. Knows no rounding: decimal.ts has made the digits.
import { digits, exponent, low } from './decimal.js'
import type { TextWriter } from './text-writer.js'

const ZERO = 0x30
const POINT = 0x2e
const MINUS = 0x2d
const PLUS = 0x2b
const E = 0x65

/** No number takes more: sign, seventeen digits, point, 21 zeros or an exponent. */
const longest = 48

/** The digits of the decimal. */
const places = new Uint8Array(17)

/** Puts so many digits of a whole number before place `until`. */
function spread (value: number, until: number, count: number): void {
  let rest = value | 0
  for (let at = until; at > until - count;) {
    const next = (rest / 10) | 0
    places[--at] = ZERO + rest - next * 10
    rest = next
  }
}

/** Fills the places, and returns how many there are without the zeros behind them. */
function spreadAll (count: number): number {
  if (count === 17) {
    spread(digits, 8, 8)
    spread(low, 17, 9)
  } else spread(digits, count, count)
  let size = count
  while (size > 1 && places[size - 1] === ZERO) size--
  return size
}

/** `d.ddde` from `bytes[at]` on; returns the place behind it. */
function putMantissa (bytes: Uint8Array, start: number, size: number): number {
  let at = start
  bytes[at++] = places[0]!
  if (size > 1) bytes[at++] = POINT
  for (let i = 1; i < size; i++) bytes[at++] = places[i]!
  bytes[at++] = E
  return at
}

/** The digits with the point behind `whole` of them, filled up with zeros; nothing behind the last digit. */
function putPlain (bytes: Uint8Array, start: number, size: number, whole: number): number {
  let at = start
  let next = 0
  if (whole <= 0) bytes[at++] = ZERO
  for (; next < whole; next++) bytes[at++] = next < size ? places[next]! : ZERO
  if (next < size) bytes[at++] = POINT
  for (let i = whole; i < 0; i++) bytes[at++] = ZERO
  for (; next < size; next++) bytes[at++] = places[next]!
  return at
}

function putExponent (bytes: Uint8Array, start: number, power: number, least: 1 | 2): number {
  let at = start
  bytes[at++] = power < 0 ? MINUS : PLUS
  const size = Math.abs(power)
  if (size >= 100) bytes[at++] = ZERO + Math.floor(size / 100)
  if (size >= 10 || least === 2) bytes[at++] = ZERO + Math.floor(size / 10) % 10
  bytes[at++] = ZERO + size % 10
  return at
}

/** The decimal of `count` digits as %g does with that precision; `.0` behind whole numbers. */
export function putGeneral (out: TextWriter, count: number): void {
  const bytes = out.room(longest)
  const size = spreadAll(count)
  const power = exponent
  if (power < -4 || power >= count) {
    out.at = putExponent(bytes, putMantissa(bytes, out.at, size), power, 2)
    return
  }
  let at = putPlain(bytes, out.at, size, power + 1)
  if (size <= power + 1) {
    bytes[at++] = POINT
    bytes[at++] = ZERO
  }
  out.at = at
}

/** The decimal of `count` digits as String does with a number. */
export function putShort (out: TextWriter, count: number): void {
  const bytes = out.room(longest)
  const size = spreadAll(count)
  const power = exponent
  out.at = power < -6 || power > 20 ? putExponent(bytes, putMantissa(bytes, out.at, size), power, 1) : putPlain(bytes, out.at, size, power + 1)
}
