// Resizing as TensorFlow does it: the expected numbers are tf.image.resize's of TensorFlow 2.18.
import t, { type Test } from 'tap'
import { crop, resize } from '../../src/media/resize.js'

const pixels = { width: 4, height: 2, channels: 1 as const, data: Uint8Array.of(0, 10, 20, 30, 100, 110, 120, 130) }

const near = (t: Test, actual: Float32Array, expected: readonly number[], what: string): void => {
  t.ok(actual.length === expected.length && actual.every((value, i) => Math.abs(value - expected[i]!) < 1e-3), what, { actual: [...actual], expected })
}

t.test('methods', async t => {
  near(t, resize(pixels, 4, 2), [0, 10, 20, 30, 100, 110, 120, 130], 'the same size')
  near(t, resize(pixels, 2, 1, 'bilinear'), [55, 75], 'bilinear, smaller')
  near(t, resize(pixels, 6, 3, 'bilinear'), [0, 5, 11.6667, 18.3333, 25, 30, 50, 55, 61.6667, 68.3333, 75, 80, 100, 105, 111.667, 118.333, 125, 130], 'bilinear, larger')
  near(t, resize(pixels, 3, 3, 'nearest'), [0, 20, 30, 100, 120, 130, 100, 120, 130], 'nearest')
  near(t, resize(pixels, 3, 1, 'area'), [52.5, 65, 77.5], 'area')
  const colour = { width: 2, height: 1, channels: 3 as const, data: Uint8Array.of(0, 50, 100, 10, 70, 200) }
  near(t, resize(colour, 1, 1, 'area'), [5, 60, 150], 'channels are apart')
  t.throws(() => resize(pixels, 0, 1), RangeError)
})

t.test('crop', async t => {
  t.same(crop(pixels, 1, 0, 2, 2), { width: 2, height: 2, channels: 1, data: Uint8Array.of(10, 20, 110, 120) })
  t.throws(() => crop(pixels, 3, 0, 2, 1), RangeError)
  t.throws(() => crop(pixels, 0, 0, 0.5, 1), RangeError)
})
