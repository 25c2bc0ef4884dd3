// The built-in steps, as a handler imports them.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { argMax, cropCentre, cropPicture, decodePicture, InvalidInput, loadVocabulary, media, nested, normalisePicture, normaliseText, numbers, oneHot, rescale, resizePicture, rows, scale, softmax, standardise, tensor, texts, topK, values, vocabulary } from '../../../src/handlers/handler.js'
import { folderWith } from '../kit.js'

const round = (list: ArrayLike<number>): number[] => Array.from(list, value => Math.round(value * 1e6) / 1e6)

t.test('tensors', async t => {
  const x = tensor('float32', [2, 2], [[0.1, 2], [3, NaN]].map(row => row.map(value => Number.isNaN(value) ? 4 : value)))
  t.same(x, { dtype: 'DT_FLOAT', shape: [2, 2], data: Float32Array.of(0.1, 2, 3, 4) })
  t.same(nested(x), [[0.1, 2], [3, 4]])
  t.same(rows(x), [[0.1, 2], [3, 4]])
  t.same(numbers(x), [0.1, 2, 3, 4])
  t.same(tensor('float16', [2], new Float32Array([1, 0.5])).data, Uint16Array.of(0x3c00, 0x3800))
  t.same(values(tensor('float16', [1], [0.1])), [0.1])
  t.same(texts(tensor('string', [2], ['héé', Uint8Array.of(97)])), ['héé', 'a'])
  t.same(values(tensor('bool', [2], [true, false])), [true, false])
  t.same(values(tensor('int64', [1], [2n ** 60n])), [2n ** 60n])
  t.same(tensor('int64', [2], new Int32Array([1, 2])).data, BigInt64Array.of(1n, 2n))
  t.same(tensor('uint8', [], 7), { dtype: 'DT_UINT8', shape: [], data: Uint8Array.of(7) })
  t.same(nested(tensor('int32', [], [7])), 7)
  t.throws(() => numbers(tensor('int64', [1], [2n ** 60n])), RangeError)
  t.throws(() => tensor('int32', [2], [1, 2, 3]), /takes|take/)
  t.throws(() => tensor('int32', [2], [1, 'x']), /data\/1 must be a whole number/)
  t.throws(() => tensor('int32', [1], new Float32Array([1.5])), RangeError)
  t.throws(() => tensor('uint8', [1], new Int32Array([300])), RangeError)
  t.throws(() => tensor('float31' as never, [1], [1]), /is no dtype/)
  t.throws(() => rows(tensor('int32', [], 1)), TypeError)
  const own = new Float32Array([1])
  t.not(tensor('float32', [1], own).data, own, 'a tensor is a copy: the handler keeps its array')
})

t.test('numbers', async t => {
  t.same(round(scale([1, 2], 2, 1)), [3, 5])
  t.same(round(rescale([0, 127.5, 255], [0, 255], [-1, 1])), [-1, 0, 1])
  t.same(round(standardise([1, 10, 3, 10], [2, 10], [1, 0])), [-1, 0, 1, 0])
  t.throws(() => standardise([1, 2, 3], [0, 0], [1, 1]), RangeError)
  t.throws(() => rescale([1], [1, 1]), RangeError)
  t.same([...oneHot([2, 0, 5, -1], 3)], [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  t.same(round(softmax([1000, 1000])), [0.5, 0.5])
  t.same(round(softmax([0, Math.log(3), 0, 0], 2)), [0.25, 0.75, 0.5, 0.5])
  t.throws(() => softmax([1, 2, 3], 2), RangeError)
  t.same([argMax([1, 3, 3]), argMax([NaN, 1]), argMax([])], [1, 1, -1])
  t.same(topK(Float32Array.of(0.1, 0.7, 0.1, 0.1), { k: 2, names: ['a', 'b'] }), [{ index: 1, name: 'b', score: 0.7 }, { index: 0, name: 'a', score: 0.1 }])
})

t.test('words', async t => {
  const folder = folderWith(t, {})
  writeFileSync(join(folder, 'words.txt'), 'cat\r\ndog\n')
  const words = await loadVocabulary(join(folder, 'words.txt'))
  t.same([words.size, words.index('dog'), words.index('cow'), words.word(1), words.word(0), [...words.encode(['cat', 'x'])]], [3, 2, 0, 'cat', undefined, [1, 0]])
  t.equal(vocabulary(['a'], { first: 0, unknown: 1 }).size, 2)
  t.throws(() => vocabulary(['a', 'b', 'a']), /holds a twice/)
  t.equal(normaliseText('  Café\tÀ  la\nCRÈME! ', { lower: true, stripAccents: true, stripPunctuation: true }), 'cafe a la creme')
  t.equal(normaliseText('ﬁ  x', { form: 'NFKC', collapse: false }), 'fi  x')
})

t.test('pictures', async t => {
  const png = await sharp(Uint8Array.of(0, 100, 200, 255), { raw: { width: 4, height: 1, channels: 1 } }).png().toBuffer()
  const pixels = await decodePicture(png, { channels: 1 })
  t.same([...pixels.data], [0, 100, 200, 255])
  t.match(await decodePicture(Buffer.from('x'), { pointer: '/photo' }).catch((error: unknown) => error), { constructor: InvalidInput, pointer: '/photo' })
  t.same([...resizePicture(pixels, 2, 2, { fit: 'contain', method: 'area', background: 9 }).data], [50, 227.5, 9, 9])
  t.same([...resizePicture(pixels, 1, 1, { fit: 'cover', method: 'nearest' }).data], [100])
  t.same([...resizePicture(pixels, 2, 1, { method: 'area' }).data], [50, 227.5])
  t.same([...cropPicture(pixels, { left: 1, top: 0, width: 2, height: 1 }).data], [100, 200])
  t.same([...cropCentre(pixels, 2, 5).data], [100, 200])
  const two = { width: 2, height: 1, channels: 3, data: [0, 51, 102, 153, 204, 255] }
  t.same(round(normalisePicture(two)), [0, 0.2, 0.4, 0.6, 0.8, 1])
  t.same(round(normalisePicture(two, { layout: 'channels-first', mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] })), [-1, 0.2, -0.6, 0.6, -0.2, 1])
  t.throws(() => normalisePicture(two, { mean: [1] }), RangeError)
})

t.test('media', async t => {
  t.same(media('text/html; charset=utf-8', 'hé').bytes, Buffer.from('hé'))
  t.throws(() => media('nonsense', 'x'), TypeError)
  t.throws(() => media('image/png', [1] as never), TypeError)
})
