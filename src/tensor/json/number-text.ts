// Numbers as TensorFlow Serving prints them: six digits if they read back as the same value, else nine (float) or seventeen (double). Source: section 7. Own arithmetic, since toPrecision is slow and wrong on exact ties.
import { exactPowers } from './number.js'

/** Largest exponent of ten whose power a double holds exactly. */
const exactLimit = 22

/** Digits that always tell a value from its neighbours. */
const floatDigits = 9
const doubleDigits = 17

/** How near to a half the fraction of a scaled number may come before exact arithmetic must decide. The scaling errs by less than 1e-6 of a unit in the ninth digit. */
const doubtful = 1e-5

/** Splits doubles for exact products (Dekker): 2^27 + 1. */
const splitter = 134217729

/** A decimal in the making: value = digits × 10^(exponent - (count of digits - 1)). */
let digits = 0
/** Lower digits where there are more than nine: digits × 10^lowCount + low. */
let low = 0
let exponent = 0

/** Decimal exponent of a positive number, at most one off. */
const estimate = (value: number): number => Math.floor(Math.log10(value))

/** value × 10^power with a relative error of a few units in the last place, none where both are exact and the product fits. */
function scale (value: number, power: number): number {
  if (power >= 0) return power <= exactLimit ? value * exactPowers[power] : value * exactPowers[exactLimit] * 10 ** (power - exactLimit)
  return power >= -exactLimit ? value / exactPowers[-power] : value / 10 ** -power
}

/** Rounds a positive number to `count` digits exactly, ties to even: sets `digits` and `exponent`. Slow. */
function roundExactly (value: number, count: number): bigint {
  view.setFloat64(0, value)
  const pattern = view.getBigUint64(0)
  const biased = Number(pattern >> 52n)
  const mantissa = (pattern & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n)
  const binary = (biased === 0 ? 1 : biased) - 1075
  for (let guess = estimate(value) + 1; ; guess--) {
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

const view = new DataView(new ArrayBuffer(8))

/** Six digits: sets `digits` and `exponent`; false when the number lies so near to a tie that six digits cannot read back anyway. */
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

/** Nine digits of a positive single: sets `digits` and `exponent`. */
function nineDigits (value: number): void {
  exponent = estimate(value)
  let scaled = scale(value, 8 - exponent)
  if (scaled >= 1e9) scaled = scale(value, 8 - ++exponent)
  else if (scaled < 1e8) scaled = scale(value, 8 - --exponent)
  digits = Math.floor(scaled)
  const fraction = scaled - digits
  // A single times 10^12 at most is exact, so a tie is a tie.
  const exact = exponent <= 8 && exponent >= -4
  if (!exact && Math.abs(fraction - 0.5) < doubtful) {
    digits = Number(roundExactly(value, floatDigits))
    return
  }
  if (fraction > 0.5 || (fraction === 0.5 && digits % 2 === 1)) digits++
  if (digits === 1e9) {
    digits = 1e8
    exponent++
  }
}

/** Seventeen digits of a positive double: sets `digits` (the first eight), `low` (nine more) and `exponent`. */
function seventeenDigits (value: number): void {
  exponent = estimate(value)
  const power = 16 - exponent
  if (power < 0 || power > exactLimit || !exactSeventeen(value, exactPowers[power])) {
    const all = roundExactly(value, doubleDigits)
    digits = Number(all / 1000000000n)
    low = Number(all % 1000000000n)
  }
}

/** The exact product as a sum of two doubles, rounded at the unit. False when it has another count of digits than seventeen. */
function exactSeventeen (value: number, power: number): boolean {
  const product = value * power
  if (!(product >= 1e16 && product < 99999999999999990)) return false
  let split = splitter * value
  const valueHigh = split - (split - value)
  const valueLow = value - valueHigh
  split = splitter * power
  const powerHigh = split - (split - power)
  const powerLow = power - powerHigh
  const error = valueLow * powerLow - (product - valueHigh * powerHigh - valueLow * powerHigh - valueHigh * powerLow)
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

/** Whether `digits` × 10^(exponent - 5) reads back as this single. */
function readsAsFloat (value: number): boolean {
  const read = scale(digits, exponent - 5)
  if (Math.abs(exponent - 5) > exactLimit) return Math.fround(Number(`${digits}e${exponent - 5}`)) === value
  return Math.fround(read) === value
}

function readsAsDouble (value: number): boolean {
  const power = exponent - 5
  if (Math.abs(power) > exactLimit) return Number(`${digits}e${power}`) === value
  return scale(digits, power) === value
}

const smallestNormalFloat = 2 ** -126
const smallestNormalDouble = 2 ** -1022

/** Puts the digits in place as C's %g does with this precision; `.0` behind whole numbers. */
function general (text: string, precision: number): string {
  let end = text.length
  while (end > 1 && text.charCodeAt(end - 1) === 0x30) end--
  if (exponent < -4 || exponent >= precision) {
    const mantissa = end === 1 ? text[0] : `${text[0]}.${text.slice(1, end)}`
    const size = Math.abs(exponent)
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`
  }
  if (exponent < 0) return `0.${'000'.slice(0, -exponent - 1)}${text.slice(0, end)}`
  const whole = exponent + 1
  if (end <= whole) return `${text.slice(0, end).padEnd(whole, '0')}.0`
  return `${text.slice(0, whole)}.${text.slice(whole, end)}`
}

const nonFinite = (value: number): string => Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'

const zeroText = (value: number): string => Object.is(value, -0) ? '-0.0' : '0.0'

/** The text of a single. `value` must be one (Math.fround leaves it as it is). Subnormal ones keep their value. */
export function floatText (value: number): string {
  if (value === 0) return zeroText(value)
  if (!Number.isFinite(value)) return nonFinite(value)
  const size = Math.abs(value)
  const sign = value < 0 ? '-' : ''
  if (size < smallestNormalFloat) {
    digits = Number(roundExactly(size, 6))
    if (readsAsFloat(size)) return sign + general(String(digits), 6)
    digits = Number(roundExactly(size, floatDigits))
    return sign + general(String(digits), floatDigits)
  }
  if (sixDigits(size) && readsAsFloat(size)) return sign + general(String(digits), 6)
  nineDigits(size)
  return sign + general(String(digits), floatDigits)
}

/** The text of a double. */
export function doubleText (value: number): string {
  if (value === 0) return zeroText(value)
  if (!Number.isFinite(value)) return nonFinite(value)
  const size = Math.abs(value)
  const sign = value < 0 ? '-' : ''
  if (size < smallestNormalDouble * 1e22) {
    // Here the scaling itself could underflow.
    digits = Number(roundExactly(size, 6))
    if (readsAsDouble(size)) return sign + general(String(digits), 6)
    return sign + general(roundExactly(size, doubleDigits).toString(), doubleDigits)
  }
  if (sixDigits(size) && readsAsDouble(size)) return sign + general(String(digits), 6)
  seventeenDigits(size)
  return sign + general(String(digits) + String(low).padStart(9, '0'), doubleDigits)
}
