import t from 'tap'
import { readTable } from '../../../../src/embedded/formats/saved-model/table.js'
import { tableBytes } from '../../saved-model-writer.js'

const entries: [string, Uint8Array][] = [['', Buffer.from('head')], ['dense/bias', Buffer.from('1')], ['dense/kernel', Buffer.from('22')], ['dense_1/bias', Buffer.alloc(0)], ['\xff\x00', Buffer.from('3')]]
const plain = (table: Map<string, Buffer>): [string, string][] => [...table].map(([key, value]) => [key, value.toString()])
const expected = entries.map(([key, value]) => [key, Buffer.from(value).toString()])

/** A snappy block of literals only. */
const literals = (block: Buffer): Buffer => {
  const parts: Buffer[] = [Buffer.from(block.length < 128 ? [block.length] : [block.length & 127 | 128, block.length >> 7])]
  for (let i = 0; i < block.length; i += 60) {
    const piece = block.subarray(i, i + 60)
    parts.push(Buffer.of(piece.length - 1 << 2), piece)
  }
  return Buffer.concat(parts)
}

t.test('reads what was written, in one block or many, plain or compressed', async t => {
  for (const perBlock of [1, 2, 3, 100]) {
    t.strictSame(plain(readTable(tableBytes(entries, { perBlock }))), expected)
    t.strictSame(plain(readTable(tableBytes(entries, { perBlock, compress: literals }))), expected)
  }
})

t.test('every byte counts: any other one anywhere is an error', async t => {
  const table = tableBytes(entries)
  for (let i = 0; i < table.length; i++) {
    for (const flip of [1, 0x80, 0xff]) {
      const damaged = Buffer.from(table)
      damaged[i] ^= flip
      t.throws(() => readTable(damaged), { name: 'Error' }, `byte ${i} ^ ${flip}`)
    }
  }
})

t.test('any shorter file is an error', async t => {
  const table = tableBytes(entries)
  for (let i = 0; i < table.length; i++) t.throws(() => readTable(table.subarray(0, i)))
  t.throws(() => readTable(table.subarray(0, 20)), /too short to be an sstable/)
  t.throws(() => readTable(Buffer.concat([table, Buffer.alloc(1)])), /bad magic number/)
})
