// tensor/json/number-text.ts: against exact integer arithmetic, on generated and on chosen values.
import t from 'tap'
import { doubleText, floatText } from '../../../src/tensor/json/number-text.js'
import { createRandom } from '../../helpers/random.js'

/** Seeded: what passes once passes always. */
const { fraction: random } = createRandom(2026)

const view = new DataView(new ArrayBuffer(8))

/** C's %g with this precision, by exact arithmetic, ties to even. */
function exactly (value: number, precision: number): string {
  if (value < 0) return `-${exactly(-value, precision)}`
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const biased = Number(bits >> 52n)
  const mantissa = (bits & 0xfffffffffffffn) | (biased > 0 ? 1n << 52n : 0n)
  const binary = (biased > 0 ? biased : 1) - 1075
  const top = mantissa << BigInt(Math.max(binary, 0))
  const bottom = 1n << BigInt(Math.max(-binary, 0))
  let exponent = String(top / bottom).length - 1
  if (top < bottom) for (let scaled = top; scaled < bottom; scaled *= 10n) exponent = exponent === 0 && scaled === top ? -1 : exponent - 1
  const shift = precision - 1 - exponent
  const numerator = top * 10n ** BigInt(Math.max(shift, 0))
  const denominator = bottom * 10n ** BigInt(Math.max(-shift, 0))
  let digits = numerator / denominator
  const twice = (numerator - digits * denominator) * 2n
  if (twice > denominator || (twice === denominator && digits % 2n === 1n)) digits++
  let text = String(digits)
  if (text.length > precision) {
    exponent++
    text = text.slice(0, precision)
  }
  text = text.replace(/0+$/, '')
  if (exponent < -4 || exponent >= precision) {
    return `${text[0]}${text.length > 1 ? '.' : ''}${text.slice(1)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${text}`
  return text.length <= exponent + 1 ? text.padEnd(exponent + 1, '0') : `${text.slice(0, exponent + 1)}.${text.slice(exponent + 1)}`
}

function expected (value: number, narrow: (value: number) => number, full: number): string {
  const short = exactly(value, 6)
  const text = narrow(Number(short)) === value ? short : exactly(value, full)
  return /[.e]/.test(text) ? text : `${text}.0`
}

t.test('chosen values', async t => {
  const floats: [number, string][] = [
    [0, '0.0'], [-0, '-0.0'], [NaN, 'NaN'], [Infinity, 'Infinity'], [-Infinity, '-Infinity'], [1, '1.0'], [-3, '-3.0'], [999999, '999999.0'], [1e6, '1e+06'],
    [1234567, '1234567.0'], [0.00003, '3e-05'], [1 / 3, '0.333333343'], [123456789, '123456792.0'], [0.1, '0.1'], [3.4028234663852886e38, '3.40282347e+38'], [2 ** -149, '1.4013e-45'],
    [2 ** -126, '1.17549435e-38'], [0.0001, '0.0001'], [999999.5, '999999.5'], [100000.5, '100000.5'], [2 ** 24, '16777216.0'], [1e10, '1e+10'], [262144.0625, '262144.062']
  ]
  for (const [value, text] of floats) t.equal(floatText(Math.fround(value)), text)
  const doubles: [number, string][] = [
    [0.1, '0.1'], [Math.fround(0.1), '0.10000000149011612'], [1 / 3, '0.33333333333333331'], [0.1 + 0.2, '0.30000000000000004'], [1234567.89, '1234567.8899999999'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'], [5e-324, '4.94066e-324'], [2 ** 53, '9007199254740992.0'], [1e22, '1e+22'], [1e23, '1e+23'], [1 + 2 ** -17, '1.0000076293945312'],
    [1 + 3 * 2 ** -17, '1.0000228881835938'], [-2.5, '-2.5'], [1e17 + 16, '1.0000000000000002e+17'], [123456, '123456.0'], [-0, '-0.0'], [NaN, 'NaN']
  ]
  for (const [value, text] of doubles) t.equal(doubleText(value), text)
})

t.test('generated values', async t => {
  const words = new Uint32Array(2)
  const float = new Float32Array(words.buffer)
  const double = new Float64Array(words.buffer)
  const wrong: unknown[] = []
  const check = (value: number): void => {
    if (!Number.isFinite(value) || value === 0) return
    const single = Math.fround(value)
    if (Number.isFinite(single) && single !== 0 && floatText(single) !== expected(single, Math.fround, 9)) wrong.push([single, floatText(single)])
    if (doubleText(value) !== expected(value, v => v, 17)) wrong.push([value, doubleText(value)])
  }
  for (let i = 0; i < 15_000; i++) {
    words[0] = random() * 2 ** 32
    words[1] = random() * 2 ** 32
    check(double[0])
    check(float[0])
    check(random())
    check((random() - 0.5) * 10 ** Math.floor(random() * 30 - 12))
    check(Number((random() * 10 ** Math.floor(random() * 8)).toFixed(Math.floor(random() * 6))))
    check(Math.round(random() * 2 ** Math.floor(random() * 53)) / 2 ** Math.floor(random() * 40)) // short binary fractions: exact ties
  }
  t.same(wrong.slice(0, 5), [])
})
