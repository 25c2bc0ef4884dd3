// tensor/proto/tensor-proto.ts: every dtype in every form, against hand-made bytes and, where ../shared stands, against a codec that knows only the descriptors.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { dtypes, type DType } from '../../../src/tensor/dtype.js'
import { allocate, type NumericData, type Tensor } from '../../../src/tensor/tensor.js'
import { bytesOf, readTensorProto, writeTensorProto } from '../../../src/tensor/proto/tensor-proto.js'
import { Reader, Writer, WireError } from '../../../src/tensor/proto/wire.js'

const text = (s: string): Uint8Array => Buffer.from(s)
const read = (bytes: Uint8Array): Tensor => readTensorProto(new Reader(bytes))
const written = (tensor: Tensor): Buffer => {
  const writer = new Writer(8)
  writeTensorProto(writer, 1, tensor)
  const reader = new Reader(writer.finish())
  reader.next()
  return reader.bytes()
}
const numeric = (Object.keys(dtypes) as DType[]).filter(d => 'array' in dtypes[d])

/** A tensor with telling values: negative where the type can, the extremes, and bits that only a full width keeps. */
function sample (dtype: DType): Tensor {
  const data = allocate(dtype, 4)
  const bytes = bytesOf(data)
  for (let i = 0; i < bytes.length; i++) bytes[i] = dtype === 'DT_BOOL' ? i % 2 : (i * 37 + 200) & 0xff
  if (dtype === 'DT_FLOAT' || dtype === 'DT_DOUBLE') (data as Float64Array).set([1.5, -0, Infinity, -1e-3])
  return { dtype, shape: [2, 2], data }
}

t.test('what is written reads back, for every dtype, aligned or not', async t => {
  for (const dtype of numeric) {
    const tensor = sample(dtype)
    const bytes = written(tensor)
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(bytes.length + shift)
      moved.set(bytes, shift)
      const back = readTensorProto(new Reader(moved, shift))
      t.same(back.shape, [2, 2], dtype)
      t.same(bytesOf(back.data as NumericData), bytesOf(tensor.data as NumericData), dtype)
    }
  }
  const strings: Tensor = { dtype: 'DT_STRING', shape: [3], data: [text('a'), new Uint8Array([0xff, 0]), text('')] }
  t.same((read(written(strings)).data as Uint8Array[]).map(b => [...b]), [[97], [255, 0], []])
})

t.test('aligned data is a view, not a copy', async t => {
  const inner = written({ dtype: 'DT_FLOAT', shape: [256], data: new Float32Array(256).fill(2) })
  const start = (4 - (inner.length - 1024) % 4) % 4
  const moved = new Uint8Array(inner.length + start)
  moved.set(inner, start)
  const tensor = readTensorProto(new Reader(moved, start))
  t.equal((tensor.data as Float32Array).buffer, moved.buffer)
  t.equal((tensor.data as Float32Array)[255], 2)
})

const shaped = (dtype: DType, shape: number[], fill: (w: Writer) => void): Buffer => {
  const w = new Writer()
  w.uint32(1, dtypes[dtype].number)
  w.message(2, s => { for (const size of shape) s.message(2, d => { d.int64(1, BigInt(size)) }) })
  fill(w)
  return w.finish()
}

t.test('typed fields: packed, unpacked, mixed', async t => {
  t.same([...read(shaped('DT_FLOAT', [3], w => w.float(5, 1).float(5, 2).float(5, 3))).data as Float32Array], [1, 2, 3])
  t.same([...read(shaped('DT_FLOAT', [3], w => w.bytes(5, bytesOf(new Float32Array([1, 2]))).float(5, 3))).data as Float32Array], [1, 2, 3])
  t.same([...read(shaped('DT_DOUBLE', [2], w => w.double(6, 1e300).double(6, -0))).data as Float64Array], [1e300, -0])
  t.same([...read(shaped('DT_INT8', [2], w => w.int64(7, -1n).int64(7, 127n))).data as Int8Array], [-1, 127])
  t.same([...read(shaped('DT_UINT16', [1], w => w.int64(7, 65535n))).data as Uint16Array], [65535])
  t.same([...read(shaped('DT_INT64', [2], w => w.message(10, p => p.varint64(-(2n ** 63n)).varint64(2n ** 53n + 1n)))).data as BigInt64Array], [-(2n ** 63n), 2n ** 53n + 1n])
  t.same([...read(shaped('DT_UINT64', [1], w => w.int64(17, 2n ** 64n - 1n))).data as BigUint64Array], [2n ** 64n - 1n])
  t.same([...read(shaped('DT_UINT32', [1], w => w.uint32(16, 4294967295))).data as Uint32Array], [4294967295])
  t.same([...read(shaped('DT_BOOL', [3], w => w.bool(11, true).bool(11, false).int64(11, 2n ** 40n))).data as Uint8Array], [1, 0, 1])
  t.same([...read(shaped('DT_HALF', [2], w => w.uint32(13, 0x3c00).uint32(13, 0xc000))).data as Uint16Array], [0x3c00, 0xc000])
  t.same([...read(shaped('DT_BFLOAT16', [1], w => w.uint32(13, 0x3f80))).data as Uint16Array], [0x3f80])
  t.same([...read(shaped('DT_COMPLEX64', [2], w => w.float(9, 1).float(9, 2))).data as Float32Array], [1, 2, 1, 2])
  t.same([...read(shaped('DT_COMPLEX128', [1], w => w.double(12, 1).double(12, 2))).data as Float64Array], [1, 2])
})

t.test('fewer values than elements repeat the last; none mean zeros; surplus is not looked at', async t => {
  t.same([...read(shaped('DT_FLOAT', [2, 2], w => w.float(5, 7))).data as Float32Array], [7, 7, 7, 7])
  t.same([...read(shaped('DT_INT64', [3], w => w.int64(10, 1n).int64(10, 5n))).data as BigInt64Array], [1n, 5n, 5n])
  t.same([...read(shaped('DT_INT32', [2], () => {})).data as Int32Array], [0, 0])
  t.same([...read(shaped('DT_FLOAT', [1], w => w.bytes(5, bytesOf(new Float32Array([1, 2]))))).data as Float32Array], [1])
  t.same((read(shaped('DT_STRING', [3], w => w.string(8, 'a').string(8, 'b'))).data as Uint8Array[]).map(String), ['a', 'b', 'b'])
  t.same(read(shaped('DT_STRING', [2], () => {})).data, [new Uint8Array(0), new Uint8Array(0)])
  t.equal((read(shaped('DT_STRING', [1], w => w.string(8, 'a').string(8, 'b'))).data as Uint8Array[]).length, 1)
})

t.test('tensor_content: strings, scalars, empty tensors, booleans', async t => {
  const strings = shaped('DT_STRING', [2], w => w.bytes(4, new Uint8Array([1, 2, 97, 98, 99])))
  t.same((read(strings).data as Uint8Array[]).map(b => Buffer.from(b).toString()), ['a', 'bc'])
  t.same(read(shaped('DT_FLOAT', [0, 3], () => {})), { dtype: 'DT_FLOAT', shape: [0, 3], data: new Float32Array(0) })
  t.same(read(shaped('DT_DOUBLE', [], w => w.bytes(4, bytesOf(new Float64Array([4]))))), { dtype: 'DT_DOUBLE', shape: [], data: new Float64Array([4]) })
  t.same([...read(shaped('DT_BOOL', [2], w => w.bytes(4, new Uint8Array([7, 0])))).data as Uint8Array], [1, 0])
})

t.test('what does not fit is refused with the reason', async t => {
  const refused = (bytes: Uint8Array, pattern: RegExp): void => {
    t.throws(() => read(bytes), WireError)
    t.throws(() => read(bytes), { message: pattern })
  }
  refused(shaped('DT_FLOAT', [2], w => w.bytes(4, new Uint8Array(7))), /tensor_content has 7 bytes, 2 elements of float need 8/)
  refused(shaped('DT_STRING', [9], w => w.bytes(4, new Uint8Array(3))), /too few for 9 strings/)
  refused(shaped('DT_STRING', [1], w => w.bytes(4, new Uint8Array([9, 1]))), /truncated/)
  refused(shaped('DT_STRING', [1], w => w.bytes(4, new Uint8Array([0, 1]))), /more than its strings/)
  refused(shaped('DT_FLOAT', [-1], () => {}), /size -1/)
  refused(shaped('DT_FLOAT', [2 ** 20, 2 ** 20], w => w.float(5, 1)), /larger than/)
  refused(shaped('DT_FLOAT', new Array(255).fill(1), () => {}), /rank 255/)
  refused(shaped('DT_COMPLEX64', [2], w => w.float(9, 1)), /half a value/)
  refused(shaped('DT_RESOURCE', [1], () => {}), /resource/)
  refused(new Writer().uint32(1, 77).finish(), /unknown dtype 77/)
  refused(new Writer().uint32(1, 1).message(2, s => { s.bool(3, true) }).finish(), /unknown rank/)
  refused(new Uint8Array([8]), /truncated/)
  t.throws(() => written({ dtype: 'DT_FLOAT', shape: [3], data: new Float32Array(2) }), /has 2 values, needs 3/)
  t.throws(() => written({ dtype: 'DT_STRING', shape: [1], data: new Float32Array(1) }), /another kind/)
})

t.test('unknown fields and reference dtypes are passed over', async t => {
  const w = new Writer().uint32(1, 101).double(99, 1).float(98, 1).string(97, 'x').uint32(96, 5).float(5, 3)
  t.same([...read(w.finish()).data as Float32Array], [3])
})

// Where the shared descriptors stand beside the checkout, a codec that is driven by them alone must agree.
const shared = new URL('../../../../shared/', import.meta.url)
const descriptors = fileURLToPath(new URL('reference/descriptors/tensorflow_serving.desc', shared))
const codec = fileURLToPath(new URL('conformance/lib/wire.mjs', shared))
t.test('agrees with the descriptors', { skip: existsSync(descriptors) && existsSync(codec) ? false : 'no ../shared' }, async t => {
  const { loadSchema, decode, encode } = await import(codec) as {
    loadSchema: (bytes: Buffer) => unknown
    decode: (schema: unknown, type: string, bytes: Buffer) => Record<string, never>
    encode: (schema: unknown, type: string, message: unknown) => Buffer
  }
  const schema = loadSchema(readFileSync(descriptors))
  for (const dtype of [...numeric, 'DT_STRING'] as DType[]) {
    const tensor = dtype === 'DT_STRING' ? { dtype, shape: [1, 2], data: [text('x'), text('')] } as Tensor : sample(dtype)
    const decoded = decode(schema, 'tensorflow.TensorProto', written(tensor))
    t.equal(decoded.dtype, dtype)
    t.same((decoded.tensor_shape as { dim: { size: bigint }[] }).dim.map(d => Number(d.size)), tensor.shape)
    if (dtype === 'DT_STRING') t.same(decoded.string_val, [Buffer.from('x'), Buffer.alloc(0)])
    else t.same(decoded.tensor_content, Buffer.from(bytesOf(tensor.data as NumericData)))
    if (dtype === 'DT_STRING') continue
    const fields: Record<string, string> = {
      DT_FLOAT: 'float_val', DT_DOUBLE: 'double_val', DT_INT64: 'int64_val', DT_UINT64: 'uint64_val', DT_UINT32: 'uint32_val', DT_BOOL: 'bool_val',
      DT_HALF: 'half_val', DT_BFLOAT16: 'half_val', DT_COMPLEX64: 'scomplex_val', DT_COMPLEX128: 'dcomplex_val'
    }
    const typed = encode(schema, 'tensorflow.TensorProto', { dtype, tensor_shape: { dim: [{ size: 2 }, { size: 2 }] }, [fields[dtype] ?? 'int_val']: [...tensor.data as Float32Array].map(v => dtype === 'DT_BOOL' ? v === 1 : v) })
    const back = read(typed)
    t.same(Buffer.from(bytesOf(back.data as NumericData)), Buffer.from(bytesOf(tensor.data as NumericData)), `${dtype} typed`)
  }
})
