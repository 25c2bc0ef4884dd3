// tensor/decimal.ts and decimal-text.ts: the fewest digits read back and fewer do not; both notations at their borders. Six, nine and seventeen digits: number-text.test.ts.
import t from 'tap'
import { digits, exponent, fewest } from '../../src/tensor/decimal.js'
import { putGeneral, putShort } from '../../src/tensor/decimal-text.js'
import { TextWriter } from '../../src/tensor/text-writer.js'
import { createRandom } from '../helpers/random.js'

const written = (put: typeof putShort, value: number): string => {
  const out = new TextWriter(1)
  put(out, fewest(Math.fround(value)))
  return out.text()
}

t.test('the fewest digits of singles', async t => {
  const { fraction: random } = createRandom(2026)
  const word = new Uint32Array(1)
  const real = new Float32Array(word.buffer)
  let wrong = 0
  for (let i = 0; i < 100_000; i++) {
    // Normal ones of every size, and many with few binary digits, which lie on ties.
    word[0] = 0x00800000 + Math.floor(random() * 0x7f000000)
    if (i % 2 === 1) real[0] = Math.floor(random() * 2 ** (1 + i % 24)) / 2 ** Math.floor(random() * 24) + 1
    const value = real[0]!
    const count = fewest(value)
    const reads = (text: string): boolean => Math.fround(Number(text)) === value
    if (!reads(`${digits}e${exponent - count + 1}`) || (count > 6 && reads(value.toPrecision(count - 1)))) wrong++
  }
  t.equal(wrong, 0)
})

t.test('notations', async t => {
  for (const value of [1.5, 100000, 123456, 1.5e-7, 1.5e-6, 0.000123, 1e20, 1e21, 1.25e22, 2 ** -126, 3.4028235e38]) {
    t.equal(written(putShort, value), String(Number(written(putShort, value))), `as JavaScript writes ${value}`)
    t.equal(Math.fround(Number(written(putShort, value))), Math.fround(value))
  }
  t.same([1.5, 100000, 1e6, 0.0001, 0.00001, 1e21].map(value => written(putGeneral, value)), ['1.5', '100000.0', '1e+06', '0.0001', '1e-05', '1e+21'])
})
