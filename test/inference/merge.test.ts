// Requests together and apart: rows, keys, and each one's rows of an answer.
import t from 'tap'
import { dataBytes, joinRows, rowsOf, splitFault, splitRows, stackKey } from '../../src/inference/merge.js'
import type { Tensor } from '../../src/tensor/tensor.js'

const floats = (shape: number[], ...values: number[]): Tensor => ({ dtype: 'DT_FLOAT', shape, data: Float32Array.from(values) })
const texts = (shape: number[], ...values: string[]): Tensor => ({ dtype: 'DT_STRING', shape, data: values.map(value => Buffer.from(value)) })

t.test('rows', async t => {
  t.equal(rowsOf({ a: floats([2, 1], 1, 2), b: texts([2], 'x', 'y') }), 2)
  t.equal(rowsOf({ a: floats([2], 1, 2), b: texts([1], 'x') }), undefined, 'not the same number')
  t.equal(rowsOf({ a: floats([], 1) }), undefined, 'a scalar')
  t.equal(rowsOf({ a: floats([0, 3]) }), undefined, 'none')
  t.equal(rowsOf({}), undefined)
})

t.test('bytes', async t => {
  t.equal(dataBytes({ a: floats([2], 1, 2), b: texts([2], 'xyz', 'é') }), 8 + 5)
})

t.test('what goes together', async t => {
  const one = { a: floats([1, 3], 1, 2, 3), b: texts([1], 'x') }
  t.equal(stackKey(one), stackKey({ b: texts([2], 'x', 'longer'), a: floats([2, 3], 1, 2, 3, 4, 5, 6) }), 'rows and values do not count')
  t.not(stackKey(one), stackKey({ ...one, a: floats([1, 2], 1, 2) }), 'inner sizes')
  t.not(stackKey(one), stackKey({ ...one, a: { ...one.a, dtype: 'DT_INT32' } }), 'dtypes')
  t.not(stackKey(one), stackKey({ a: one.a }), 'names')
  t.not(stackKey({ a: floats([1], 1), b: floats([1], 1) }), stackKey({ 'a DT_FLOAT\n1:b': floats([1], 1) }), 'no name is taken for two')
  t.not(stackKey({ a: floats([1, 12], 1) }), stackKey({ a: floats([1, 1, 2], 1) }))
})

t.test('apart again: views of the numbers, in order', async t => {
  const outputs = { y: floats([3, 2], 1, 2, 3, 4, 5, 6), s: texts([3], 'a', 'b', 'c'), c: { dtype: 'DT_COMPLEX64', shape: [3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as Tensor }
  const [first, second] = splitRows(outputs, [1, 2])
  t.same(first!['y'], { dtype: 'DT_FLOAT', shape: [1, 2], data: Float32Array.of(1, 2) })
  t.same(second!['y'], { dtype: 'DT_FLOAT', shape: [2, 2], data: Float32Array.of(3, 4, 5, 6) })
  t.same(second!['c']!.data, Float32Array.of(3, 4, 5, 6))
  t.same((second!['s']!.data as Uint8Array[]).map(String), ['b', 'c'])
  t.equal((second!['y']!.data as Float32Array).buffer, (outputs.y.data as Float32Array).buffer, 'nothing is copied')
})

t.test('what cannot be split', async t => {
  t.equal(splitFault({ y: floats([3, 2]) }, 3), undefined)
  t.match(splitFault({ y: floats([3]), z: floats([2, 7]) }, 3), /output z has the shape \[2,7\] for 3 rows/)
  t.match(splitFault({ y: floats([]) }, 1), /output y/)
})

t.test('answers one below the other', async t => {
  const first = { y: floats([1, 2], 1, 2), s: texts([1], 'a'), n: { dtype: 'DT_INT64', shape: [1], data: BigInt64Array.of(2n ** 60n) } as Tensor }
  const second = { y: floats([2, 2], 3, 4, 5, 6), s: texts([2], 'b', 'c'), n: { dtype: 'DT_INT64', shape: [2], data: BigInt64Array.of(-1n, 5n) } as Tensor }
  t.equal(joinRows([first]), first)
  const joined = joinRows([first, second])
  t.same(joined['y'], floats([3, 2], 1, 2, 3, 4, 5, 6))
  t.same((joined['s']!.data as Uint8Array[]).map(String), ['a', 'b', 'c'])
  t.same(joined['n'], { dtype: 'DT_INT64', shape: [3], data: BigInt64Array.of(2n ** 60n, -1n, 5n) })
})
