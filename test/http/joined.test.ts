// http/joined.ts: few chunks at once, many over several turns of the loop.
import t from 'tap'
import { joined } from '../../src/http/joined.js'

t.test('few chunks are there at once', async t => {
  const only = Buffer.from('abc')
  t.equal(joined([only], 3), only)
  t.same(joined([only, Buffer.from('de')], 5), Buffer.from('abcde'))
  t.same(joined([], 0), Buffer.alloc(0))
})

t.test('between the pieces of many others have their turn', async t => {
  const chunks = Array.from({ length: 64 }, (_, i) => Buffer.alloc(65_536, i))
  let turns = 0
  let over = false
  const count = (): void => { turns++; if (!over) setImmediate(count) }
  const promise = joined(chunks, 64 * 65_536)
  t.notOk(Buffer.isBuffer(promise))
  setImmediate(count)
  const whole = await promise
  over = true
  t.ok(whole.equals(Buffer.concat(chunks)))
  t.ok(turns >= 4, `${turns} turns`)
})
