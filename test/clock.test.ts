// The clock of deadlines does not jump when the machine's clock is set.
import t from 'tap'
import { now } from '../src/clock.js'
import { Gate } from '../src/engine/gate.js'

const real = Date.now
t.afterEach(() => { Date.now = real })

t.test('agrees with Date.now() until that jumps', async t => {
  t.ok(Math.abs(now() - Date.now()) < 1000)
  const before = now()
  for (const hours of [3, -3]) {
    Date.now = () => real() + hours * 3_600_000
    t.ok(now() >= before)
    t.ok(now() - before < 60_000)
  }
})

t.test('what waits in a gate neither expires by a jump nor waits for ever', async t => {
  for (const hours of [3, -3]) {
    const gate = new Gate({ maxInFlight: 1 })
    const waiting = gate.enter(1, now() + 20_000)
    const late = gate.enter(1, now() + 50)
    Date.now = () => real() + hours * 3_600_000
    await t.rejects(late, { code: 'MODEL_SERVER_UNREACHABLE' })
    gate.open()
    t.type(await waiting, 'function')
    Date.now = real
  }
})
