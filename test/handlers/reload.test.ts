// Versions come and go: a handler that is closed leaves nothing behind.
import { Session } from 'node:inspector/promises'
import t from 'tap'
import { answer, loadFrom } from './kit.js'

/** Enough to show a leak of a thread or of a handler's tables; each round costs a thread, which takes its time under this runner. */
const rounds = 8

t.test('threads and heap stay flat', async t => {
  const session = new Session()
  session.connect()
  t.teardown(() => session.disconnect())
  const heap = async (): Promise<number> => {
    await session.post('HeapProfiler.collectGarbage')
    return process.memoryUsage().heapUsed
  }
  const handles = (): number => process.getActiveResourcesInfo().filter(name => name === 'MessagePort' || name === 'Worker').length
  const files = { 'handler.ts': 'const table: number[] = Array.from({ length: 500_000 }, (_, i) => i)\nexport const preprocess = () => ({ x: [[table[1]!, table[2]!]] })\n' }
  const round = async (): Promise<void> => {
    const { handler } = await loadFrom(t, files, { maxThreads: 1 })
    t.same(await answer(handler, {}), { y: 3 })
    await handler.close()
  }
  for (let i = 0; i < 3; i++) await round()
  const before = { heap: await heap(), handles: handles() }
  for (let i = 0; i < rounds; i++) await round()
  const after = { heap: await heap(), handles: handles() }
  t.ok(after.handles <= before.handles, 'no ports or threads are left', { before, after })
  t.ok(after.heap - before.heap < 4_000_000 * rounds / 8, 'the heap did not keep what the handlers held', { before, after })
})
