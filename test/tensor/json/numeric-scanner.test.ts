// tensor/json/numeric-scanner.ts: what it takes and what it leaves to the parser. That both agree: predict-body.test.ts.
import t from 'tap'
import type { DType } from '../../../src/tensor/dtype.js'
import { NumericScanner, runSteps } from '../../../src/tensor/json/numeric-scanner.js'
import type { Tensor } from '../../../src/tensor/tensor.js'

const scan = (dtype: DType, text: string): Tensor | undefined => runSteps(new NumericScanner(Buffer.from(text)).tensor(dtype))

t.test('takes regular lists of plain numbers', async t => {
  t.same(scan('DT_FLOAT', ' [ [1 ,2.5],\n[-3e2,0.1] ] '), { dtype: 'DT_FLOAT', shape: [2, 2], data: new Float32Array([1, 2.5, -300, 0.1]) })
  t.same(scan('DT_INT64', '[9223372036854775807,-9223372036854775808]')?.data, new BigInt64Array([2n ** 63n - 1n, -(2n ** 63n)]))
  t.same(scan('DT_UINT8', '[[[0]],[[255]]]')?.shape, [2, 1, 1])
  const scanner = new NumericScanner(Buffer.from('[1] , "next"'))
  runSteps(scanner.tensor('DT_FLOAT'))
  t.ok(scanner.take(0x2c))
  t.equal(scanner.plainString(), 'next')
  t.equal(scanner.peek(), -1)
})

t.test('leaves everything else', async t => {
  for (const text of ['1', '[]', '[[]]', '[[1],[2,3]]', '[1,[2]]', '[[1],2]', '[1', '[1,', '[1,]', '[1 2]', '[01]', '[1.]', '[.5]', '[1e]', '[1e100]', '[NaN]', '[-]', '["a"]', '[null]', '[1}', '', `${'['.repeat(33)}1${']'.repeat(33)}`]) {
    t.equal(scan('DT_FLOAT', text), undefined, text)
  }
  t.equal(scan('DT_INT32', '[1.0]'), undefined)
  t.equal(scan('DT_INT32', '[2147483648]'), undefined)
  t.equal(scan('DT_INT64', '[9223372036854775808]'), undefined)
  t.equal(scan('DT_UINT64', '[-1]'), undefined)
  t.equal(scan('DT_STRING', '["a"]'), undefined)
  t.equal(scan('DT_BOOL', '[1]'), undefined)
  for (const text of ['"a\\n"', '"é"', '"abc', 'x', `"${'a'.repeat(300)}"`]) t.equal(new NumericScanner(Buffer.from(text)).plainString(), undefined, text)
})
