import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Bundle } from '../../../../src/embedded/formats/saved-model/bundle.js'
import { maskCrc } from '../../../../src/tensor/crc32c.js'
import { parseShapeAndSlice, sliceKey } from '../../../../src/embedded/formats/saved-model/tensor-slice.js'
import { entryBytes, floats, headerBytes, ints, stored, strings, tableBytes, writeBundle } from '../../saved-model-writer.js'
import type { Tensor } from '../../../../src/tensor/tensor.js'

const tensors: Record<string, Tensor> = {
  a: floats([2, 2], 1, -2, 3.5, Infinity),
  b: ints([3], 1, -1, 2 ** 31 - 1),
  'long/name/c': { dtype: 'DT_INT64', shape: [2], data: BigInt64Array.of(2n ** 62n + 1n, -5n) },
  d: { dtype: 'DT_BFLOAT16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
  e: { dtype: 'DT_BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
  f: strings([2, 1], 'text', ''),
  g: floats([0, 4]),
  h: { dtype: 'DT_COMPLEX64', shape: [1], data: Float32Array.of(1, -1) },
  é: floats([], 7)
}
const plain = ({ data }: Tensor): string[] => Array.from(data as ArrayLike<unknown>, value => value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value))
const same = (t: Test, got: Tensor, expected: Tensor, name: string): void => {
  t.strictSame(got.shape, expected.shape, name)
  t.strictSame(plain(got), plain(expected), name)
}
const load = (prefix: string): Bundle => {
  const bundle = new Bundle(prefix)
  try {
    for (const [name, tensor] of Object.entries(tensors)) bundle.read(name, tensor.dtype)
    bundle.verify()
    return bundle
  } finally {
    bundle.close()
  }
}

for (const shards of [1, 2, 3]) {
  t.test(`all dtypes in ${shards} shard(s)`, async t => {
    const prefix = join(t.testdir(), 'variables')
    writeBundle(prefix, tensors, shards)
    const bundle = new Bundle(prefix)
    t.teardown(() => bundle.close())
    t.strictSame(bundle.names().sort(), Object.keys(tensors).sort())
    for (const [name, tensor] of Object.entries(tensors)) same(t, bundle.read(name, tensor.dtype), tensor, name)
    bundle.verify()
  })
}

t.test('a flipped byte anywhere is an error, never a wrong answer', async t => {
  const folder = t.testdir()
  const good = join(folder, 'good')
  writeBundle(good, tensors)
  const bad = join(folder, 'bad')
  for (const ending of ['.index', '.data-00000-of-00001']) {
    const bytes = readFileSync(good + ending)
    for (const other of ['.index', '.data-00000-of-00001']) copyFileSync(good + other, bad + other)
    for (let i = 0; i < bytes.length; i++) {
      for (const flip of [1, 0x80]) {
        const damaged = Buffer.from(bytes)
        damaged[i] ^= flip
        writeFileSync(bad + ending, damaged)
        t.throws(() => load(bad), { name: 'ModelError', status: 15 }, `${ending} byte ${i} ^ ${flip}`)
      }
    }
  }
})

t.test('truncated and missing files', async t => {
  const prefix = join(t.testdir(), 'v')
  writeBundle(prefix, tensors, 2)
  truncateSync(`${prefix}.data-00001-of-00002`, 4)
  t.throws(() => load(prefix), { status: 11, message: /^Read less bytes than requested/ })
  t.throws(() => new Bundle(`${prefix}x`), { name: 'ModelError', status: 5 })
  truncateSync(`${prefix}.index`, 60)
  t.throws(() => new Bundle(prefix), { name: 'ModelError', status: 15 })
})

t.test('a shard that is missing', async t => {
  const folder = t.testdir()
  writeBundle(join(folder, 'v'), tensors)
  copyFileSync(join(folder, 'v.index'), join(folder, 'w.index'))
  t.throws(() => load(join(folder, 'w')), { status: 5, message: /No such file/ })
})

t.test('what is asked for must be there and of its dtype', async t => {
  const prefix = join(t.testdir(), 'v')
  writeBundle(prefix, tensors)
  const bundle = new Bundle(prefix)
  t.teardown(() => bundle.close())
  t.throws(() => bundle.read('nope', 'DT_FLOAT'), { status: 5, message: 'Key nope not found in checkpoint' })
  t.throws(() => bundle.read('a', 'DT_INT32'), { status: 3, message: 'tensor_name = a; expected dtype int32 does not equal original dtype float' })
  same(t, bundle.read('a', 'DT_FLOAT', parseShapeAndSlice('2 2 1,1:-')), floats([1, 2], 3.5, Infinity), 'a slice')
  t.throws(() => bundle.read('a', 'DT_FLOAT', parseShapeAndSlice('2 3 1,1:-')), { name: 'ModelError', status: 3 })
})

t.test('a tensor that is stored in slices', async t => {
  const prefix = join(t.testdir(), 'v')
  const upper = floats([1, 2], 1, 2)
  const lower = floats([2, 2], 3, 4, 5, 6)
  const rows = (start: number, length: number): { start: number, length: number }[] => [{ start, length }, { start: 0, length: 2 }]
  const put = (parts: [number, Tensor][], slices = parts.map(([start, { shape }]) => rows(start, shape[0]))): void => {
    let offset = 0
    const entries: [string, Uint8Array][] = [['', headerBytes(1)], ['v', entryBytes({ dtype: 'DT_FLOAT', shape: [3, 2], slices })]]
    for (const [start, tensor] of parts) {
      const { bytes, crc } = stored(tensor)
      entries.push([sliceKey('v', rows(start, tensor.shape[0])), entryBytes({ dtype: 'DT_FLOAT', shape: tensor.shape, offset, size: bytes.length, crc: maskCrc(crc) })])
      offset += bytes.length
    }
    writeFileSync(`${prefix}.index`, tableBytes(entries))
    writeFileSync(`${prefix}.data-00000-of-00001`, Buffer.concat(parts.map(([, tensor]) => stored(tensor).bytes)))
  }
  const read = (): Tensor => {
    const bundle = new Bundle(prefix)
    try { bundle.verify(); return bundle.read('v', 'DT_FLOAT') } finally { bundle.close() }
  }
  put([[0, upper], [1, lower]])
  same(t, read(), floats([3, 2], 1, 2, 3, 4, 5, 6), 'whole')
  put([[0, upper]])
  t.throws(read, { name: 'ModelError', status: 15 }, 'a part that is missing')
  put([[0, upper]], [rows(0, 1), rows(1, 2)])
  t.throws(read, { status: 15, message: /A slice of v is missing/ })
})

t.test('a size that the index only claims allocates nothing', async t => {
  const prefix = join(t.testdir(), 'v')
  writeFileSync(`${prefix}.index`, tableBytes([['', headerBytes(1)], ['huge', entryBytes({ dtype: 'DT_FLOAT', shape: [2 ** 40], size: 2 ** 42 })]]))
  writeFileSync(`${prefix}.data-00000-of-00001`, '')
  const bundle = new Bundle(prefix)
  t.teardown(() => bundle.close())
  t.throws(() => bundle.read('huge', 'DT_FLOAT'), { name: 'ModelError', status: 11 })
})
