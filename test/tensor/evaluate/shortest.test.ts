// The shortest text reads back as the same number, and no shorter one does.
import t from 'tap'
import { shortestBy, shortestFloat32, shortestFloat64 } from '../../../src/tensor/evaluate/shortest.js'
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from '../../../src/tensor/half.js'

/** A seeded generator, so that a failure can be repeated. */
function * randomBits (count: number): Generator<number> {
  let state = 0x9e3779b9
  for (let i = 0; i < count; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) + 0x6d2b79f5 | 0
    yield (state ^ (state >>> 13)) >>> 0
  }
}

const digitsOf = (text: string): number => text.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length

t.test('float32', async t => {
  const word = new Uint32Array(1)
  const real = new Float32Array(word.buffer)
  let failures = 0
  for (const bits of [...randomBits(100_000), 1, 2, 0x7fffff, 0x800000, 0x7f7fffff, 0x80000001, 0x4b800000, 0x4b800001]) {
    word[0] = bits
    const value = real[0]!
    if (!Number.isFinite(value)) continue
    const text = shortestFloat32(value)
    const digits = digitsOf(text)
    const shorter = digits > 1 && Math.fround(Number(value.toPrecision(digits - 1))) === value
    if (Math.fround(Number(text)) !== value || shorter || !/^-?\d/.test(text)) failures++
  }
  t.equal(failures, 0)
  t.same([0.1, 1 / 3, 16777216, 1e10, 3.4028235e38, -0, 1e-45].map(value => shortestFloat32(Math.fround(value))), ['0.1', '0.33333334', '16777216', '10000000000', '3.4028235e+38', '-0', '1e-45'])
})

t.test('float64, half and bfloat16', async t => {
  t.equal(shortestFloat64(0.1 + 0.2), '0.30000000000000004')
  t.equal(shortestFloat64(-0), '-0')
  let failures = 0
  for (let pattern = 0; pattern < 65536; pattern++) {
    const half = halfToFloat32(pattern)
    if (!Number.isNaN(half) && float32ToHalf(half) !== pattern) failures++
    const brain = bfloat16ToFloat32(pattern)
    if (!Number.isNaN(brain) && float32ToBfloat16(brain) !== pattern) failures++
    if (Number.isFinite(half) && float32ToHalf(Number(shortestBy(half, value => halfToFloat32(float32ToHalf(value))))) !== pattern) failures++
  }
  t.equal(failures, 0, 'every pattern survives')
  t.same([float32ToHalf(65519.9), float32ToHalf(65520), float32ToHalf(2 ** -25), float32ToHalf(2 ** -25 * 1.01), float32ToHalf(NaN), float32ToBfloat16(NaN)], [0x7bff, 0x7c00, 0, 1, 0x7e00, 0x7fc0], 'ties to even, overflow, not a number')
  t.equal(shortestBy(halfToFloat32(0x2e66), value => halfToFloat32(float32ToHalf(value))), '0.1')
})
