import t from 'tap'
import { startPace } from '../../../bench/load/pace.js'

t.test('a rate: each request is due at its own moment, however late it is sent', async t => {
  const moments = [0, 0, 95, 95]
  const due: number[] = []
  await new Promise<void>(resolve => {
    const now = (): number => moments.length > 1 ? moments.shift()! : moments[0]
    startPace({ kind: 'rate', perSecond: 100 }, (_index, dueAt) => { due.push(dueAt) }, { requests: 10, onStopped: resolve, now })
  })
  t.same(due, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90])
})

t.test('a rate with a limit: what is due meanwhile is sent later, and was due then', async t => {
  const waiting: (() => void)[] = []
  const due: number[] = []
  let time = 0
  await new Promise<void>(resolve => {
    startPace({ kind: 'rate', perSecond: 100, atMost: 2 }, (_index, dueAt, done) => {
      due.push(dueAt)
      waiting.push(done)
      if (waiting.length === 2) setTimeout(() => { for (const one of waiting.splice(0)) one() }, 5)
    }, { requests: 6, onStopped: resolve, now: () => time++ === 0 ? 0 : 1000 })
  })
  t.same(due, [0, 10, 20, 30, 40, 50])
})

t.test('so many at a time: another one when one is answered', async t => {
  const waiting: (() => void)[] = []
  let most = 0
  let stopped = false
  const pacer = startPace({ kind: 'closed', concurrency: 3 }, (_index, _due, done) => { waiting.push(done); most = Math.max(most, waiting.length) }, { onStopped: () => { stopped = true } })
  t.equal(waiting.length, 3)
  for (let i = 0; i < 20; i++) {
    waiting.shift()!()
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  }
  t.equal(most, 3)
  t.equal(pacer.sent(), 23)
  pacer.stop()
  pacer.stop()
  t.ok(stopped)
  waiting.shift()!()
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  t.equal(pacer.sent(), 23, 'nothing after the stop')
})
