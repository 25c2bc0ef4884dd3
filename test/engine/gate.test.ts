// The gate: a bounded number in flight, a bounded queue, deadlines and signals honoured while waiting.
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { Gate } from '../../src/engine/gate.js'

const soon = (): number => Date.now() + 20_000

t.test('lets so many through and the next when one leaves, oldest first', async t => {
  const gate = new Gate({ maxInFlight: 2 })
  gate.open()
  const [a] = await Promise.all([gate.enter(1, soon()), gate.enter(1, soon())])
  const order: number[] = []
  const c = gate.enter(1, soon()).then(leave => { order.push(1); return leave })
  const d = gate.enter(1, soon()).then(leave => { order.push(2); return leave })
  t.match(gate, { inFlight: 2, queued: 2 })
  a()
  a()
  const leave = await c
  t.match(gate, { inFlight: 2, queued: 1 })
  leave()
  await d
  t.same(order, [1, 2])
})

t.test('closed: waits; a deadline there says that no server came back', async t => {
  const gate = new Gate({ maxInFlight: 2 })
  const late = gate.enter(1, Date.now() + 30)
  const waiting = gate.enter(1, soon())
  await t.rejects(late, { code: 'MODEL_SERVER_UNREACHABLE' })
  await t.rejects(gate.enter(1, Date.now() - 1), { code: 'MODEL_SERVER_UNREACHABLE' })
  gate.open()
  t.type(await waiting, 'function')
  gate.close()
  t.equal(gate.inFlight, 1, 'who is in stays in')
})

t.test('a deadline in the open queue is overload', async t => {
  const gate = new Gate({ maxInFlight: 1 })
  gate.open()
  await gate.enter(1, soon())
  const second = gate.enter(1, Date.now() + 60)
  await t.rejects(gate.enter(1, Date.now() + 20), { code: 'SERVICE_OVERLOADED' })
  await t.rejects(second, { code: 'SERVICE_OVERLOADED' }, 'each at its own deadline')
  t.equal(gate.queued, 0)
})

t.test('full by bytes, but one large request alone may wait', async t => {
  const gate = new Gate({ maxInFlight: 1, maxQueueBytes: 10 })
  const large = gate.enter(100, soon())
  await t.rejects(gate.enter(1, soon()), { code: 'SERVICE_OVERLOADED', status: 503, retryAfterMs: 1000 })
  gate.open()
  await large
})

t.test('what cannot be reached in time by the measured speed is refused at once', async t => {
  let now = 0
  const gate = new Gate({ maxInFlight: 1, foresee: true }, () => now)
  gate.open()
  for (let i = 0; i < 50; i++) {
    const leave = await gate.enter(1, now + 100_000)
    now += 1000
    leave()
  }
  const leave = await gate.enter(1, now + 100_000)
  const next = gate.enter(1, now + 100_000)
  await t.rejects(gate.enter(1, now + 1500), { code: 'SERVICE_OVERLOADED', retryAfterMs: Number })
  leave()
  ;(await next)()
})

t.test('the signal takes a waiting one out', async t => {
  const gate = new Gate({ maxInFlight: 1, maxQueueBytes: 10 })
  const controller = new AbortController()
  const left = gate.enter(10, soon(), controller.signal)
  controller.abort()
  await t.rejects(left, { code: 'MODEL_CANCELLED' })
  await t.rejects(gate.enter(1, soon(), controller.signal), { code: 'MODEL_CANCELLED' })
  const next = gate.enter(10, soon())
  gate.open()
  await next
})

t.test('shut: everything is refused', async t => {
  const gate = new Gate({ maxInFlight: 1 })
  const waiting = gate.enter(1, soon())
  gate.shut(() => new OutriggerError('SERVICE_DRAINING', 'bye'))
  await t.rejects(waiting, { code: 'SERVICE_DRAINING' })
  await t.rejects(gate.enter(1, soon()), { code: 'SERVICE_DRAINING' })
})

t.test('those that go alone: before the others, one at a time, with nobody beside them', async t => {
  const gate = new Gate({ maxInFlight: 8, maxQueueBytes: 10, aloneMs: 20_000 })
  const order: string[] = []
  const enter = async (name: string, alone: boolean): Promise<() => void> => {
    const leave = await gate.enter(10, soon(), undefined, alone)
    order.push(name)
    return leave
  }
  const other = enter('other', false)
  const [first, second] = [enter('first', true), enter('second', true)]
  gate.open()
  const leaveFirst = await first
  const late = gate.enter(0, soon()).then(leave => { order.push('late'); return leave })
  await new Promise(resolve => setImmediate(resolve))
  t.same(order, ['first'])
  leaveFirst()
  ;(await second)()
  await Promise.all([other, late])
  t.same(order, ['first', 'second', 'other', 'late'])
})

t.test('those that go alone keep the others waiting no longer than said, and go one at a time after that too', async t => {
  const gate = new Gate({ maxInFlight: 8, aloneMs: 30 })
  const [first, second] = [1, 2].map(async () => await gate.enter(1, soon(), undefined, true))
  const other = gate.enter(1, soon())
  gate.open()
  const leave = await first!
  await other
  t.equal(gate.inFlight, 2)
  leave()
  await second
})

t.test('a timer that comes before its time by the clock lets the others in all the same', async t => {
  const gate = new Gate({ maxInFlight: 8, aloneMs: 5 }, () => 1000)
  const alone = gate.enter(1, 21_000, undefined, true)
  const other = gate.enter(1, 21_000)
  gate.open()
  const leave = await alone
  const leaveOther = await other
  t.equal(gate.inFlight, 2)
  for (const each of [leave, leaveOther]) each()
})

t.test('another server: all its places are free, whoever is with the one before', async t => {
  const gate = new Gate({ maxInFlight: 1 })
  gate.open()
  const leave = await gate.enter(1, soon())
  const waiting = gate.enter(1, soon())
  gate.renew()
  await waiting
  t.equal(gate.inFlight, 1)
  leave()
  t.equal(gate.inFlight, 1, 'who left was with the other')
})
