// media/pixel-gate.ts: how much runs at once, in which order, and what is turned away.
import t from 'tap'
import { PixelGate } from '../../src/media/pixel-gate.js'

/** Work that ends when the test says so. */
function job (): { work: () => Promise<void>, end: () => void, begun: () => boolean } {
  let end = (): void => {}
  let begun = false
  const ended = new Promise<void>(resolve => { end = resolve })
  return { work: async () => { begun = true; await ended }, end: () => end(), begun: () => begun }
}

const turn = async (): Promise<void> => { await new Promise(resolve => setImmediate(resolve)) }
const far = Date.now() + 600_000

t.test('as many as fit, in order; a large one goes alone', async t => {
  const gate = new PixelGate({ maxPixels: 10, maxWaiting: 10 })
  const jobs = [4, 6, 50, 1].map(pixels => ({ pixels, ...job() }))
  const runs = jobs.map(async ({ pixels, work }) => await gate.run(pixels, far, work))
  await turn()
  t.same(jobs.map(({ begun }) => begun()), [true, true, false, false])
  jobs[0]!.end()
  await turn()
  t.same(jobs.map(({ begun }) => begun()), [true, true, false, false], 'the small one does not overtake')
  jobs[1]!.end()
  await turn()
  t.same(jobs.map(({ begun }) => begun()), [true, true, true, false])
  jobs[2]!.end()
  jobs[3]!.end()
  await Promise.all(runs)
})

t.test('what waits too long or in too great a number is turned away; failed work leaves room', async t => {
  const gate = new PixelGate({ maxPixels: 10, maxWaiting: 1 })
  const first = job()
  const running = gate.run(10, far, first.work)
  const late = gate.run(10, Date.now(), async () => {})
  await t.rejects(gate.run(1, far, async () => {}), { code: 'SERVICE_OVERLOADED', status: 503, message: /waiting/ })
  await t.rejects(late, { code: 'SERVICE_OVERLOADED', message: /in time/ })
  const next = gate.run(10, far, async () => { throw new TypeError('broken') })
  first.end()
  await running
  await t.rejects(next, TypeError)
  t.equal(await gate.run(10, Date.now(), async () => 1), 1)
})
