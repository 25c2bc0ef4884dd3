// tensor/half.ts: every half there and back, and rounding at the edges.
import t from 'tap'
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from '../../src/tensor/half.js'

t.test('all 65536 halves survive', async t => {
  let wrong = 0
  for (let pattern = 0; pattern < 65536; pattern++) {
    const value = halfToFloat32(pattern)
    const back = float32ToHalf(value)
    if (Number.isNaN(value) ? !Number.isNaN(halfToFloat32(back)) : back !== pattern) wrong++
  }
  t.equal(wrong, 0)
})

t.test('all 65536 bfloat16s survive', async t => {
  let wrong = 0
  for (let pattern = 0; pattern < 65536; pattern++) {
    const value = bfloat16ToFloat32(pattern)
    if (Number.isNaN(value) ? !Number.isNaN(bfloat16ToFloat32(float32ToBfloat16(value))) : float32ToBfloat16(value) !== pattern) wrong++
  }
  t.equal(wrong, 0)
})

t.test('rounding: nearest, ties to even', async t => {
  t.equal(float32ToHalf(1 + 2 ** -11), 0x3c00)
  t.equal(float32ToHalf(1 + 3 * 2 ** -11), 0x3c02)
  t.equal(float32ToHalf(1 + 2 ** -11 + 2 ** -20), 0x3c01)
  t.equal(float32ToHalf(65519), 0x7bff)
  t.equal(float32ToHalf(65520), 0x7c00)
  t.equal(float32ToHalf(-1e10), 0xfc00)
  t.equal(float32ToHalf(2 ** -25), 0)
  t.equal(float32ToHalf(1.5 * 2 ** -25), 1)
  t.equal(float32ToHalf(3 * 2 ** -25), 2)
  t.equal(float32ToHalf(-0), 0x8000)
  t.equal(float32ToBfloat16(1 + 2 ** -8), 0x3f80)
  t.equal(float32ToBfloat16(1 + 3 * 2 ** -8), 0x3f82)
  t.equal(float32ToBfloat16(3.4e38), 0x7f80)
})
