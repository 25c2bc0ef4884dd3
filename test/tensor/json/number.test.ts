// tensor/json/number.ts: literals to values.
import t from 'tap'
import { doubleOf, exactPowers, integerOf } from '../../../src/tensor/json/number.js'

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
