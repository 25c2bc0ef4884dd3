// tensor/json/arriving-scan.ts: it goes on with each piece, and holds nothing of one that was taken away. That cutting changes no answer: predict-body.test.ts and evaluate/scan.test.ts.
import t from 'tap'
import { ArrivingScan } from '../../../src/tensor/json/arriving-scan.js'
import type { NumericScanner } from '../../../src/tensor/json/numeric-scanner.js'
import type { Tensor } from '../../../src/tensor/tensor.js'

const numbers = Array.from({ length: 5000 }, (_, i) => i / 8)
const body = Buffer.from(JSON.stringify(numbers))

t.test('reads what has arrived and waits for the rest', async t => {
  let scanner: NumericScanner | undefined
  const scan = new ArrivingScan<Tensor>(body.length, given => {
    scanner = given
    return given.tensor('DT_FLOAT')
  })
  let before = 0
  for (let there = 4096; there < body.length; there += 4096) {
    const piece = Buffer.from(body.subarray(0, there))
    t.ok(scan.look(piece, false))
    t.ok(scanner!.at > before && scanner!.at > there - 10 && scanner!.at <= there, `at ${scanner!.at} of ${there}`)
    before = scanner!.at
    t.equal(scan.result, undefined)
    // The next body may lie there now.
    piece.fill('9')
  }
  t.notOk(scan.look(body, true))
  t.same(scan.result, { dtype: 'DT_FLOAT', shape: [5000], data: Float32Array.from(numbers) })
  t.notOk(scan.look(body, true), 'nothing is left to do')
  t.same(scan.result?.shape, [5000])
})

t.test('ends as soon as it has seen what it does not take', async t => {
  const scan = new ArrivingScan(body.length, scanner => scanner.tensor('DT_FLOAT'))
  const odd = Buffer.from(body)
  odd.write('null', 6000)
  t.ok(scan.look(odd.subarray(0, 5000), false))
  t.notOk(scan.look(odd.subarray(0, 10_000), false))
  t.equal(scan.result, undefined)
})

t.test('a body announced larger than it is, or smaller', async t => {
  for (const expected of [16, 64 * 1024, 2 ** 40]) {
    const scan = new ArrivingScan<Tensor>(expected, scanner => scanner.tensor('DT_DOUBLE'))
    t.ok(scan.look(body.subarray(0, 9000), false))
    t.notOk(scan.look(body, true))
    t.same(scan.result?.data, Float64Array.from(numbers))
  }
})
