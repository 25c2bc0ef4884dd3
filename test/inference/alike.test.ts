// Alike up to rounding: floats by their type and magnitude, everything else to the bit.
import t from 'tap'
import { differingTensor, tensorsAlike } from '../../src/inference/alike.js'
import type { DType } from '../../src/tensor/dtype.js'
import { float32ToHalf } from '../../src/tensor/half.js'
import type { Tensor, TensorData } from '../../src/tensor/tensor.js'

const of = (dtype: DType, data: TensorData, shape = [data.length]): Tensor => ({ dtype, shape, data })
const floats = (...values: number[]): Tensor => of('DT_FLOAT', Float32Array.from(values))

t.test('floats', async t => {
  t.ok(tensorsAlike(floats(1, 0.00000001), floats(1.00001, 0)), 'by the largest of them')
  t.notOk(tensorsAlike(floats(1, 2), floats(1, 2.001)))
  t.notOk(tensorsAlike(floats(1e-9), floats(2e-9)), 'small ones are held to their own size')
  t.ok(tensorsAlike(floats(NaN, Infinity, -0), floats(NaN, Infinity, 0)))
  t.notOk(tensorsAlike(floats(NaN), floats(1)))
  t.notOk(tensorsAlike(floats(1), floats(NaN)))
  t.notOk(tensorsAlike(floats(Infinity, 1), floats(-Infinity, 1)))
  t.notOk(tensorsAlike(floats(Infinity, 1), floats(5, 1)))
  const halves = (...values: number[]): Tensor => of('DT_HALF', Uint16Array.from(values, float32ToHalf))
  t.ok(tensorsAlike(halves(1, -2), halves(1.001, -2.001)))
  t.notOk(tensorsAlike(halves(1), halves(-1)), 'as numbers, not as patterns')
})

t.test('the rest', async t => {
  t.ok(tensorsAlike(of('DT_INT64', BigInt64Array.of(2n ** 60n)), of('DT_INT64', BigInt64Array.of(2n ** 60n))))
  t.notOk(tensorsAlike(of('DT_INT64', BigInt64Array.of(2n ** 60n)), of('DT_INT64', BigInt64Array.of(2n ** 60n + 1n))))
  t.ok(tensorsAlike(of('DT_STRING', [Buffer.from('a')]), of('DT_STRING', [Buffer.from('a')])))
  t.notOk(tensorsAlike(of('DT_STRING', [Buffer.from('a')]), of('DT_STRING', [Buffer.from('b')])))
  t.notOk(tensorsAlike(floats(1, 2), of('DT_FLOAT', Float32Array.of(1, 2), [2, 1])), 'shapes')
  t.notOk(tensorsAlike(floats(1), of('DT_DOUBLE', Float64Array.of(1))), 'dtypes')
})

t.test('which one differs', async t => {
  t.equal(differingTensor({ a: floats(1), b: floats(2) }, { b: floats(2), a: floats(1) }), undefined)
  t.equal(differingTensor({ a: floats(1), b: floats(2) }, { a: floats(1), b: floats(3) }), 'b')
  t.equal(differingTensor({ a: floats(1) }, { a: floats(1), b: floats(3) }), 'b')
  t.equal(differingTensor({ a: floats(1), b: floats(3) }, { a: floats(1) }), 'b')
})
