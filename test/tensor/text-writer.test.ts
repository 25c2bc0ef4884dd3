// tensor/text-writer.ts: whole numbers of every size, room that grows, text in between.
import t from 'tap'
import { TextWriter } from '../../src/tensor/text-writer.js'
import { createRandom } from '../helpers/random.js'

t.test('whole numbers', async t => {
  const { fraction: random } = createRandom(7)
  const values = [0, 1, -1, 9, 10, 99, 100, 999999999, 1000000000, 2147483647, 2147483648, -2147483647, -2147483648, -2147483649, 4294967296, 1e15, 1000000000000001, -9007199254740991, 9007199254740991, 1e9 * 2147483648]
  for (let i = 0; i < 20_000; i++) values.push(Math.trunc((random() - 0.5) * 10 ** Math.floor(random() * 17)))
  const out = new TextWriter(1)
  for (const value of values) {
    out.whole(value)
    out.byte(0x20)
  }
  t.equal(out.text(), values.map(value => `${value} `.replace(/^-0 /, '0 ')).join(''))
})

t.test('the buffer grows under every kind of text', async t => {
  const out = new TextWriter(0)
  out.byte(0x5b)
  out.ascii('"a",')
  out.utf8('"é€😀"')
  out.room(1)[out.at++] = 0x5d
  t.same(out.finish(), Buffer.from('["a","é€😀"]'))
})
