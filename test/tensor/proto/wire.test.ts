// tensor/proto/wire.ts: numbers at their limits, nesting, and nothing read past the end.
import t from 'tap'
import { DELIMITED, Reader, VARINT, WireError, Writer } from '../../../src/tensor/proto/wire.js'

t.test('64-bit numbers keep every bit', async t => {
  for (const value of [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 35n + 5n, 2n ** 53n + 1n, 2n ** 63n - 1n, -1n, -(2n ** 63n)]) {
    const bytes = new Writer(1).int64(3, value).finish()
    const signed = new Reader(bytes)
    t.ok(signed.next())
    t.equal(signed.field, 3)
    t.ok(signed.is(VARINT))
    t.equal(signed.int64(), value)
    const unsigned = new Reader(bytes)
    unsigned.next()
    t.equal(unsigned.uint64(), BigInt.asUintN(64, value))
    const words = new Uint32Array(2)
    const raw = new Reader(bytes)
    raw.next()
    raw.intoWords(words, 0)
    t.equal(new BigInt64Array(words.buffer)[0], value)
  }
  const reader = new Reader(new Writer().int64(1, -5n).int64(1, 2n ** 60n).int64(1, -1n).finish())
  reader.next()
  t.equal(reader.safeInt64(), -5)
  reader.next()
  t.throws(() => reader.safeInt64(), WireError)
  reader.next()
  t.equal(reader.int32(), -1)
})

t.test('nested messages of any size, whatever was expected', async t => {
  for (const size of [0, 1, 127, 128, 16383, 16384, 70000]) {
    for (const expected of [0, 100, 20000]) {
      const w = new Writer(4)
      w.message(2, m => { m.string(1, 'x').message(5, n => { n.raw(new Uint8Array(size).fill(7)) }, expected) }, expected).bool(7, true)
      const reader = new Reader(w.finish())
      reader.next()
      const outer = reader.sub()
      outer.next()
      t.equal(outer.string(), 'x')
      outer.next()
      t.ok(outer.is(DELIMITED))
      const inner = outer.bytes()
      t.equal(inner.length, size)
      t.ok(inner.every(b => b === 7))
      t.ok(outer.done)
      t.ok(reader.next())
      t.equal(reader.field, 7)
      t.equal(reader.bool(), true)
      t.notOk(reader.next())
    }
  }
})

t.test('a message cut anywhere is refused or ends at a field', async t => {
  const whole = new Writer().string(1, 'hello').double(2, 1).float(3, 1).int64(4, -1n).message(5, m => { m.string(1, 'world') }).finish()
  for (let cut = 0; cut < whole.length; cut++) {
    const reader = new Reader(whole.subarray(0, cut))
    try {
      while (reader.next()) {
        if (reader.field === 1) reader.string()
        else if (reader.field === 2) reader.double()
        else if (reader.field === 3) reader.float()
        else if (reader.field === 4) reader.int64()
        else reader.sub()
      }
      t.ok(reader.position <= cut)
    } catch (error) {
      t.ok(error instanceof WireError)
    }
  }
  const skipping = new Reader(whole)
  let fields = 0
  while (skipping.next()) { skipping.skip(); fields++ }
  t.equal(fields, 5)
})

t.test('malformed input is refused', async t => {
  const refused = (bytes: number[], use: (reader: Reader) => unknown = r => r.skip()): void => {
    const reader = new Reader(new Uint8Array(bytes))
    t.throws(() => { while (reader.next()) use(reader) }, WireError)
  }
  refused([0x00]) // field number 0
  refused([0x0b]) // start of a group
  refused([0x0c]) // end of a group
  refused([0x0e]) // wire type 6
  refused([0x08, ...new Array(10).fill(0x80), 1]) // 11 bytes
  refused([0x08, ...new Array(9).fill(0xff), 0x7f]) // more than 64 bits
  refused([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f, 1]) // a length beyond 4 GiB
  refused([0x0a, 5, 1]) // shorter than announced
  refused([0x09, 1, 2, 3])
  refused([0x0d, 1, 2, 3])
  refused([0xff, 0xff, 0xff, 0xff, 0xff, 0x01]) // a field number beyond 32 bits
})

t.test('text with lone surrogates becomes valid UTF-8', async t => {
  const reader = new Reader(new Writer().string(1, 'a\ud800b').finish())
  reader.next()
  t.equal(reader.string(), 'a\ufffdb')
})
