// half: every pattern there and back, and rounding to nearest even.
import t from 'tap'
import { packHalves, roundEven, unpackHalves } from '../../../../src/embedded/graph/ops/half.js'

for (const dtype of ['DT_HALF', 'DT_BFLOAT16'] as const) {
  t.test(`${dtype}: every pattern that is no NaN comes back`, async t => {
    const patterns = Uint16Array.from({ length: 0x10000 }, (_, i) => i)
    const values = unpackHalves(dtype, patterns)
    const back = packHalves(dtype, values)
    t.equal(patterns.findIndex((pattern, i) => !Number.isNaN(values[i]) && back[i] !== pattern), -1)
    t.ok(unpackHalves(dtype, back).every((value, i) => Object.is(value, values[i])), 'NaN stays NaN')
  })

  t.test(`${dtype}: halfway between two neighbours the even one is taken`, async t => {
    const patterns = Uint16Array.from({ length: 100 }, (_, i) => 0x3c00 + i)
    const values = unpackHalves(dtype, patterns)
    const middles = Float32Array.from({ length: 99 }, (_, i) => (values[i] + values[i + 1]) / 2)
    t.same([...packHalves(dtype, middles)], Array.from({ length: 99 }, (_, i) => patterns[i] % 2 === 0 ? patterns[i] : patterns[i + 1]))
  })
}

t.test('roundEven takes the even neighbour and keeps the sign of zero', async t => {
  t.same([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6, -0.2].map(roundEven), [0, 2, 2, -0, -2, 2, 3, -0])
  t.ok(Object.is(roundEven(-0.4), -0))
  t.ok(Object.is(roundEven(-0), -0))
})
