// Raw little-endian bytes as a tensor.
import t from 'tap'
import { decodeRaw } from '../../../src/tensor/evaluate/raw.js'

const bytes = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

t.same(decodeRaw(bytes(1, 2, 3, 4), 'x', { dtype: 'DT_FLOAT', shape: [-1, 2] }, undefined), { tensors: { x: { dtype: 'DT_FLOAT', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } }, plain: false })
t.match(decodeRaw(bytes(1, 2), 'x', { dtype: 'DT_FLOAT', shape: [-1, 2] }, undefined), { plain: true })
t.match(decodeRaw(bytes(1, 2, 3, 4), 'x', { dtype: 'DT_FLOAT', shape: [-1, -1] }, [1, 4]), { tensors: { x: { shape: [1, 4] } }, plain: true })
t.match(decodeRaw(bytes(1), 'x', { dtype: 'DT_FLOAT', shape: undefined }, [1]), { tensors: { x: { shape: [1] } } })
t.match(decodeRaw(new Uint8Array(), 'x', { dtype: 'DT_FLOAT', shape: [-1, -1] }, [0, 3]), { tensors: { x: { shape: [0, 3] } } })
const offset = new Uint8Array(9).subarray(1)
t.match(decodeRaw(offset, 'x', { dtype: 'DT_INT64', shape: [-1] }, undefined).tensors.x!.data, BigInt64Array.of(0n), 'bytes need not be aligned')
const memoryOf = (body: Uint8Array, dtype: 'DT_FLOAT' | 'DT_INT64'): unknown => (decodeRaw(body, 'x', { dtype, shape: [-1] }, undefined).tensors.x!.data as Float32Array).buffer
const aligned = bytes(1, 2)
t.equal(memoryOf(aligned, 'DT_FLOAT'), aligned.buffer, 'aligned bytes are not copied')
t.not(memoryOf(offset, 'DT_INT64'), offset.buffer)

for (const [body, shape, wanted, message] of [
  [bytes(1).subarray(1), undefined, [-1], /3 bytes, which is no whole number of float32 values of 4 bytes/],
  [bytes(1, 2, 3), undefined, [-1, 2], /3 values, which do not fill the shape \[n, 2\]/],
  [bytes(1, 2), undefined, [-1, -1], /needs the header outrigger-shape/],
  [bytes(1, 2), [2, 2], [-1, 2], /holds 2 float32 values where the shape \[2, 2\] takes 4/],
  [bytes(1, 2), [1, 2], [-1, 3], /has the shape \[1, 2\] where the model takes \[n, 3\]/],
  [new Uint8Array(), undefined, [-1, 2], /holds 0 values/],
  [new Uint8Array(), [999_999_999, 0], [-1, -1], /holds no values, which takes a shape that begins with 0, not \[999999999, 0\]/]
] as const) t.throws(() => decodeRaw(body, 'x', { dtype: 'DT_FLOAT', shape: wanted }, shape), { code: 'REQUEST_INVALID', message })
t.throws(() => decodeRaw(Uint8Array.of(2), 'x', { dtype: 'DT_BOOL', shape: [-1] }, undefined), { message: /neither 0 nor 1/ })
