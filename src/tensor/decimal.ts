// Decimal digits of positive numbers, rounded to the nearest, exactly. Own arithmetic, since toPrecision is slow and wrong on exact ties. Knows no notation.
import { productError } from './exact-product.js'
import { exactPowers } from './json/number.js'

/** Largest exponent of ten whose power a double holds exactly. */
const exactLimit = 22

/** How near to a half the fraction of a scaled number may come before exact arithmetic must decide. The scaling errs by less than 1e-6 of a unit in the ninth digit. */
const doubtful = 1e-5

/** Powers of ten rounded to the nearest double. */
const powers = Float64Array.from({ length: 309 }, (_, i) => Number(`1e${i}`))

/** Below these a number has fewer significant digits than its type promises. */
export const smallestNormalFloat = 2 ** -126
const smallestNormalDouble = 2 ** -1022

// The decimal that the last call made: value = digits × 10^(exponent - (count of digits - 1)), where `low` holds the nine lower digits of a seventeen-digit one.
export let digits = 0
export let low = 0
export let exponent = 0

const real = new Float64Array(1)
const words = new Uint32Array(real.buffer)
const pattern = new BigUint64Array(real.buffer)

/** Decimal exponent of a positive number, at most one off: its binary one times log10(2), as a fraction. */
function estimate (value: number): number {
  real[0] = value
  return (((words[1]! >>> 20) - 1023) * 1233) >> 12
}

/** value × 10^power with a relative error of a few units in the last place, none where both are exact and the product fits. */
function scale (value: number, power: number): number {
  if (power >= 0) return power <= exactLimit ? value * exactPowers[power]! : value * exactPowers[exactLimit]! * powers[power - exactLimit]!
  return power >= -exactLimit ? value / exactPowers[-power]! : value / powers[-power]!
}

/** Rounds a positive number to `count` digits exactly, ties to even: sets `exponent` and returns the digits. Slow. */
function roundExactly (value: number, count: number): bigint {
  real[0] = value
  const bits = pattern[0]!
  const biased = Number(bits >> 52n)
  const mantissa = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n)
  const binary = (biased === 0 ? 1 : biased) - 1075
  for (let guess = Math.floor(Math.log10(value)) + 1; ; guess--) {
    // numerator / denominator = value × 10^(count - 1 - guess)
    const power = count - 1 - guess
    const numerator = mantissa * (binary > 0 ? 1n << BigInt(binary) : 1n) * (power > 0 ? 10n ** BigInt(power) : 1n)
    const denominator = (binary < 0 ? 1n << BigInt(-binary) : 1n) * (power < 0 ? 10n ** BigInt(-power) : 1n)
    let quotient = numerator / denominator
    const twice = (numerator - quotient * denominator) * 2n
    if (twice > denominator || (twice === denominator && (quotient & 1n) === 1n)) quotient++
    if (quotient < 10n ** BigInt(count - 1)) continue
    exponent = guess
    if (quotient < 10n ** BigInt(count)) return quotient
    exponent++
    return quotient / 10n
  }
}

/** Six digits; false when the number lies so near to a tie that six digits cannot read back anyway. */
function sixDigits (value: number): boolean {
  exponent = estimate(value)
  let scaled = scale(value, 5 - exponent)
  if (scaled >= 1e6) scaled = scale(value, 5 - ++exponent)
  else if (scaled < 1e5) scaled = scale(value, 5 - --exponent)
  digits = Math.floor(scaled)
  const fraction = scaled - digits
  if (Math.abs(fraction - 0.5) < doubtful) return false
  if (fraction > 0.5) digits++
  if (digits === 1000000) {
    digits = 100000
    exponent++
  }
  return true
}

/** Makes the number nine digits before the point: sets `exponent`. A single times 10^12 at most is exact. */
function scaleToNine (value: number): number {
  exponent = estimate(value)
  let scaled = scale(value, 8 - exponent)
  if (scaled >= 1e9) scaled = scale(value, 8 - ++exponent)
  else if (scaled < 1e8) scaled = scale(value, 8 - --exponent)
  return scaled
}

/** Cuts a single, scaled to nine digits, to `count` of them; `exponent` belongs to `scaled`. */
function cut (value: number, scaled: number, count: number): void {
  const unit = exactPowers[9 - count]!
  digits = Math.floor(scaled / unit)
  const rest = scaled - digits * unit
  const half = unit / 2
  const exact = exponent <= 8 && exponent >= -4
  if (!exact && Math.abs(rest - half) < doubtful) {
    digits = Number(roundExactly(value, count))
    return
  }
  if (rest > half || (rest === half && digits % 2 === 1)) digits++
  if (digits === exactPowers[count]) {
    digits = exactPowers[count - 1]!
    exponent++
  }
}

/** Seventeen digits of a positive double: sets `digits` (the first eight), `low` (nine more) and `exponent`. */
function seventeenDigits (value: number): void {
  exponent = estimate(value)
  if (!exactSeventeen(value, 16 - exponent) && (exponent++, !exactSeventeen(value, 16 - exponent))) {
    const all = roundExactly(value, 17)
    digits = Number(all / 1000000000n)
    low = Number(all % 1000000000n)
  }
}

/** The exact product as a sum of two doubles, rounded at the unit. False when it has another count of digits than seventeen, or the power is not exact. */
function exactSeventeen (value: number, exponentOfTen: number): boolean {
  if (exponentOfTen < 0 || exponentOfTen > exactLimit) return false
  const power = exactPowers[exponentOfTen]!
  const product = value * power
  if (!(product >= 1e16 && product < 99999999999999990)) return false
  const error = productError(value, power, product)
  // product is a whole number here, being at least 2^53; the error holds the fraction.
  digits = Math.floor(product / 1e9)
  let rest = product - digits * 1e9
  const floor = Math.floor(error)
  rest += floor
  const tie = floor + 0.5
  if (error > tie || (error === tie && rest % 2 !== 0)) rest++
  if (rest < 0) { rest += 1e9; digits-- } else if (rest >= 1e9) { rest -= 1e9; digits++ }
  low = rest
  return digits >= 1e7 && digits < 1e8
}

/** Whether `digits`, so many, read back as this single. */
function readsAsFloat (value: number, count: number): boolean {
  const power = exponent - count + 1
  const read = power > exactLimit || power < -exactLimit ? Number(`${digits}e${power}`) : scale(digits, power)
  return Math.fround(read) === value
}

function readsAsDouble (value: number): boolean {
  const power = exponent - 5
  return (power > exactLimit || power < -exactLimit ? Number(`${digits}e${power}`) : scale(digits, power)) === value
}

/** Six digits of a positive single if they read back as it, else nine. Returns how many. */
export function sixOrNine (value: number): 6 | 9 {
  if (value < smallestNormalFloat) {
    digits = Number(roundExactly(value, 6))
    if (readsAsFloat(value, 6)) return 6
    digits = Number(roundExactly(value, 9))
    return 9
  }
  if (sixDigits(value) && readsAsFloat(value, 6)) return 6
  cut(value, scaleToNine(value), 9)
  return 9
}

/** Six digits of a positive double if they read back as it, else seventeen (the last nine in `low`). Returns how many. */
export function sixOrSeventeen (value: number): 6 | 17 {
  // Near the smallest ones the scaling itself could underflow.
  const tiny = value < smallestNormalDouble * 1e22
  if (tiny) digits = Number(roundExactly(value, 6))
  if ((tiny || sixDigits(value)) && readsAsDouble(value)) return 6
  if (!tiny) seventeenDigits(value)
  else {
    const all = roundExactly(value, 17)
    digits = Number(all / 1000000000n)
    low = Number(all % 1000000000n)
  }
  return 17
}

/** The fewest digits that read back as this positive normal single, from six on (which may end in zeros). Returns how many. */
export function fewest (value: number): number {
  if (sixDigits(value) && readsAsFloat(value, 6)) return 6
  const scaled = scaleToNine(value)
  const begun = exponent
  for (let count = 7; count < 9; count++) {
    cut(value, scaled, count)
    if (readsAsFloat(value, count)) return count
    exponent = begun
  }
  cut(value, scaled, 9)
  return 9
}
