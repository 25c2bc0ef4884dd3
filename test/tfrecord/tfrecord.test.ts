import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readRecords, RecordError } from '../../src/tfrecord/read.js'
import { frame, writeRecords } from '../../src/tfrecord/write.js'

/** What TensorFlow's own writer wrote, see scripts/record-warmup.py. */
const recorded = fileURLToPath(new URL('../fixtures/warmup/recorded', import.meta.url))
const ample = 1 << 20

async function read (path: string, maxBytes = ample): Promise<{ records: Buffer[], left: number }> {
  const records: Buffer[] = []
  const reader = readRecords(path, maxBytes)
  for (;;) {
    const { done, value } = await reader.next()
    if (done === true) return { records, left: value }
    records.push(value)
  }
}

t.test("TensorFlow's file is read, and written again byte for byte", async t => {
  const { records, left } = await read(recorded)
  t.equal(records.length, 8)
  t.equal(left, 0)
  const path = join(t.testdir(), 'deep', 'again')
  const bytes = await writeRecords(path, records)
  t.same(readFileSync(path), readFileSync(recorded))
  t.equal(bytes, readFileSync(recorded).length)
  t.same(readdirSync(join(path, '..')), ['again'], 'no draft is left')
})

t.test('an empty record, and an empty file', async t => {
  const folder = t.testdir()
  await writeRecords(join(folder, 'one'), [Buffer.alloc(0)])
  t.same((await read(join(folder, 'one'))).records, [Buffer.alloc(0)])
  await writeRecords(join(folder, 'none'), [])
  t.same(await read(join(folder, 'none')), { records: [], left: 0 })
})

t.test("damage is told in TensorFlow's words", async t => {
  const whole = Buffer.concat([frame(Buffer.alloc(0)), frame(Buffer.from('hello')), frame(Buffer.alloc(768, 7))])
  const flip = (at: number): Buffer => { const bytes = Buffer.from(whole); bytes[at]! ^= 1; return bytes }
  // As tf.data.TFRecordDataset of TensorFlow 2.18 answers them.
  const cases: Record<string, [Buffer, RegExp, number]> = {
    'no such file': [Buffer.from('not a record file at all, really'), /^corrupted record at 0 \(Is this even a TFRecord file\?\)$/, 0],
    'a length': [flip(0), /^corrupted record at 0 \(Is this even/, 0],
    'a later length': [flip(16), /^corrupted record at 16$/, 1],
    data: [flip(28), /^corrupted record at 28$/, 1],
    'a checksum': [flip(34), /^corrupted record at 28$/, 1],
    'cut data': [whole.subarray(0, -5), /^truncated record at 37' failed with Read less bytes than requested$/, 2],
    'no data': [whole.subarray(0, 37 + 12), /^truncated record at 37'/, 2]
  }
  for (const [what, [bytes, message, after]] of Object.entries(cases)) {
    const path = join(t.testdir({ file: bytes }), 'file')
    const error = await read(path).then(() => undefined, (reason: unknown) => reason)
    t.ok(error instanceof RecordError, what)
    t.match(error, { message, after }, what)
  }
  t.match(await read(join(t.testdir({ file: whole.subarray(0, 37 + 5) }), 'file')), { records: { length: 2 }, left: 5 }, 'a cut head is the end, as for TensorFlow')
})

t.test('a record beyond the limit is not read, and one of a length that nobody has is cut', async t => {
  const path = join(t.testdir({ file: frame(Buffer.alloc(11)) }), 'file')
  await t.rejects(read(path, 10), { name: 'RecordError', message: 'record at 0 has 11 bytes; at most 10 are taken' })
  const { maskCrc, crc32c } = await import('../../src/tensor/crc32c.js')
  const head = Buffer.alloc(12, 0xff)
  head.writeUInt32LE(maskCrc(crc32c(head.subarray(0, 8))), 8)
  writeFileSync(path, Buffer.concat([head, Buffer.alloc(100)]))
  await t.rejects(read(path), { name: 'RecordError', message: /^truncated record at 0'/ })
  await t.rejects(read(join(path, 'nowhere')), { code: 'ENOTDIR' })
})

t.test('what cannot be written leaves nothing behind', async t => {
  const folder = t.testdir({ old: 'stays' })
  const failing = function * (): Generator<Buffer> { yield Buffer.from('a'); throw new Error('no more') }
  await t.rejects(writeRecords(join(folder, 'old'), failing()), { message: 'no more' })
  t.same(readdirSync(folder), ['old'])
  t.equal(readFileSync(join(folder, 'old'), 'utf8'), 'stays')
  mkdirSync(join(folder, 'taken'))
  await t.rejects(writeRecords(join(folder, 'taken'), []), { code: /EISDIR|ENOTEMPTY|EEXIST/ })
  t.same(readdirSync(folder), ['old', 'taken'])
})
