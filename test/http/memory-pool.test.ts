// http/memory-pool.ts: what is given back is used again, up to the limit.
import t from 'tap'
import { MemoryPool } from '../../src/http/memory-pool.js'

t.test('gives out little more than was asked for, and what came back first of all', async t => {
  const pool = new MemoryPool()
  for (const [bytes, size] of [[1, 65_536], [65_536, 65_536], [65_537, 81_920], [131_072, 131_072], [1_411_000, 1_572_864], [2_000_000, 2_097_152], [60_000_000, 67_108_864]] as const) t.equal(pool.take(bytes).length, size, String(bytes))
  const memory = pool.take(100_000)
  pool.give(memory)
  t.equal(pool.bytes, 114_688)
  t.not(pool.take(200_000), memory, 'another size')
  t.equal(pool.take(99_000), memory)
  t.equal(pool.bytes, 0)
  t.not(pool.take(99_000), memory, 'nobody else has it now')
})

t.test('keeps no more than its limit', async t => {
  const pool = new MemoryPool(300_000)
  const taken = [pool.take(131_072), pool.take(131_072), pool.take(131_072), pool.take(65_536)]
  for (const memory of taken) pool.give(memory)
  t.equal(pool.bytes, 196_608, 'the third is let go, and one of them for the last')
  t.same(taken.map(({ length }) => length), [131_072, 0, 0, 65_536], 'their memory is gone at once')
  pool.give(Buffer.alloc(262_144))
  t.equal(pool.bytes, 262_144, 'what was kept makes room')
  pool.give(Buffer.alloc(524_288))
  t.equal(pool.bytes, 262_144, 'not for what is too large itself')
})
