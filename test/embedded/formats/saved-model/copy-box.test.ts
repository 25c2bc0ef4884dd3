import t from 'tap'
import { copyBox } from '../../../../src/embedded/formats/saved-model/copy-box.js'
import { floats, strings } from '../../saved-model-writer.js'

t.test('a box from one place to another', async t => {
  const from = floats([2, 3], 1, 2, 3, 4, 5, 6)
  const to = floats([3, 3], 0, 0, 0, 0, 0, 0, 0, 0, 0)
  copyBox(from, [0, 1], to, [1, 0], [2, 2])
  t.strictSame([...to.data as Float32Array], [0, 0, 0, 2, 3, 0, 5, 6, 0])
})

t.test('strings, complex numbers, scalars and nothing', async t => {
  const texts = strings([2], 'a', 'b')
  const out = strings([1], '')
  copyBox(texts, [1], out, [0], [1])
  t.strictSame(Buffer.from(out.data[0] as Uint8Array).toString(), 'b')
  const complex = { dtype: 'DT_COMPLEX64' as const, shape: [2], data: Float32Array.of(1, 2, 3, 4) }
  const one = { dtype: 'DT_COMPLEX64' as const, shape: [1], data: new Float32Array(2) }
  copyBox(complex, [1], one, [0], [1])
  t.strictSame([...one.data], [3, 4])
  const scalar = floats([], 0)
  copyBox(floats([], 7), [], scalar, [], [])
  t.strictSame([...scalar.data as Float32Array], [7])
  copyBox(floats([2], 1, 2), [0], scalar, [0], [0])
})
