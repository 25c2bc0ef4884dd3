// tensor/tensor.ts: element counts and arrays.
import t from 'tap'
import { allocate, elementCount } from '../../src/tensor/tensor.js'

t.test('counts and arrays', async t => {
  t.equal(elementCount([]), 1)
  t.equal(elementCount([2, 3]), 6)
  t.equal(elementCount([2, 0]), 0)
  t.ok(allocate('DT_INT64', 2) instanceof BigInt64Array)
  t.equal(allocate('DT_COMPLEX64', 2).length, 4)
  t.throws(() => allocate('DT_STRING', 1), TypeError)
})
