// tensor/json/number.ts: literals to values.
import t from 'tap'
import { createRandom } from '../../helpers/random.js'
import { doubleOf, exactPowers, integerOf, putLong } from '../../../src/tensor/json/number.js'

t.test('powers of ten are exact', async t => {
  for (const [i, power] of exactPowers.entries()) t.equal(BigInt(power), 10n ** BigInt(i))
})

t.test('doubles and integers within a larger buffer', async t => {
  const value = (text: string): number => doubleOf(Buffer.from(`x${text},`), 1, 1 + text.length)
  for (const text of ['0', '1', '-1', '0.5', '-0.25', '123456789012345', '1234567890123456', '0.1234567890123456', '12e3', '0.00000000000000000000001', '-0.0', '1e-5', '00000000000000000001'.slice(-3)]) {
    t.ok(Object.is(value(text), Number(text)), text)
  }
  t.ok(Object.is(value('-0'), 0))
  t.ok(Number.isNaN(value('NaN')))
  t.ok(Number.isNaN(value('-NaN')))
  t.equal(value('-Inf'), -Infinity)
  t.equal(value('Infinity'), Infinity)
  const integer = (text: string): bigint => integerOf(Buffer.from(`x${text},`), 1, 1 + text.length)
  for (const text of ['0', '-7', '9007199254740993', '-9223372036854775808', '18446744073709551615']) t.equal(integer(text), BigInt(text))
})

t.test('long literals are rounded once, also beside the middle of two doubles', async t => {
  const { fraction: random } = createRandom(2026)
  let wrong = 0
  const check = (text: string): void => { if (!Object.is(doubleOf(Buffer.from(text), 0, text.length), Number(text))) wrong++ }
  for (let i = 0; i < 50_000; i++) {
    check(String(random()))
    check(String(Math.fround(random() * 10 ** (i % 9))))
    check(`-${Math.floor(random() * 1e9)}.${Math.floor(random() * 1e10)}`)
    check(String(random() * 10 ** (i % 60 - 30)))
    // Exact middles: an odd number of 54 bits, divided by a power of two.
    const places = i % 8
    const middle = ((BigInt(Math.floor(random() * 2 ** 53)) * 2n + 1n) * 5n ** BigInt(places)).toString().padStart(places + 1, '0')
    check(places === 0 ? middle : `${middle.slice(0, -places)}.${middle.slice(-places)}`)
  }
  t.equal(wrong, 0)
})

t.test('integers into words', async t => {
  const longs = new BigInt64Array(1)
  const words = new Int32Array(longs.buffer)
  const { fraction: random } = createRandom(2026)
  let wrong = 0
  for (let i = 0; i < 20_000; i++) {
    const text = `${Math.floor(random() * 1e9)}${Math.floor(random() * 1e9)}`.slice(0, 1 + i % 18)
    const negative = i % 2 === 1
    if (!putLong(words, 0, Buffer.from(text), 0, text.length, negative) || longs[0] !== BigInt(text) * (negative ? -1n : 1n)) wrong++
  }
  t.equal(wrong, 0)
  t.equal(putLong(words, 0, Buffer.from('1234567890123456789'), 0, 19, false), false, 'nineteen digits may not fit')
})
