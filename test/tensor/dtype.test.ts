// tensor/dtype.ts: numbers, sizes and reference types.
import t from 'tap'
import { dtypeOfNumber, dtypeRow, dtypes, elementBytes, type DType } from '../../src/tensor/dtype.js'

t.test('every number leads back to its type, as its reference type does', async t => {
  for (const [name, { number }] of Object.entries(dtypes)) {
    t.equal(dtypeOfNumber(number), name)
    t.equal(dtypeOfNumber(number + 100), name)
  }
  t.equal(dtypeOfNumber(0), undefined)
  t.equal(dtypeOfNumber(99), undefined)
})

t.test('bytes per element', async t => {
  const bytes: Partial<Record<DType, number>> = { DT_FLOAT: 4, DT_DOUBLE: 8, DT_HALF: 2, DT_INT64: 8, DT_COMPLEX64: 8, DT_COMPLEX128: 16, DT_BOOL: 1 }
  for (const [name, size] of Object.entries(bytes)) t.equal(elementBytes(name as DType), size, name)
  t.equal(elementBytes('DT_STRING'), undefined)
  t.equal(dtypeRow('DT_FLOAT').short, 'float')
})
