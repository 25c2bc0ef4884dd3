import t from 'tap'
import { uncompressSnappy } from '../../../../src/embedded/formats/saved-model/snappy.js'

const literal = (text: string): number[] => [text.length - 1 << 2, ...Buffer.from(text)]

t.test('literals and the three kinds of copies', async t => {
  t.equal(uncompressSnappy(Buffer.from([3, ...literal('abc')])).toString(), 'abc')
  t.equal(uncompressSnappy(Buffer.from([10, ...literal('ab'), (8 - 4) << 2 | 1, 2])).toString(), 'ababababab', 'a copy that overlaps itself, one byte of offset')
  t.equal(uncompressSnappy(Buffer.from([5, ...literal('abc'), (2 - 1) << 2 | 2, 3, 0])).toString(), 'abcab', 'two bytes of offset')
  t.equal(uncompressSnappy(Buffer.from([5, ...literal('abc'), (2 - 1) << 2 | 3, 3, 0, 0, 0])).toString(), 'abcab', 'four bytes of offset')
  const long = 'x'.repeat(300)
  t.equal(uncompressSnappy(Buffer.from([0xac, 2, 61 << 2, 299 & 255, 299 >> 8, ...Buffer.from(long)])).toString(), long, 'a literal with its length in two bytes')
  t.equal(uncompressSnappy(Buffer.from([0])).length, 0)
})

t.test('anything else is damage', async t => {
  const whole = Buffer.from([10, ...literal('ab'), (8 - 4) << 2 | 1, 2])
  for (let i = 0; i < whole.length; i++) t.throws(() => uncompressSnappy(whole.subarray(0, i)), /corrupted compressed block/)
  t.throws(() => uncompressSnappy(Buffer.from([5, ...literal('ab'), 1, 3])), /copy out of range/)
  t.throws(() => uncompressSnappy(Buffer.from([1, ...literal('ab')])), /more bytes than announced/)
  t.throws(() => uncompressSnappy(Buffer.from([255, 255, 255, 255, 15])), /bytes announced/)
})
