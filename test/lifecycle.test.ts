import t from 'tap'
import { startAll, stopAll, type Unit } from '../src/lifecycle.js'

const unit = (name: string, log: string[], faults: { start?: Error, stop?: Error, hang?: boolean } = {}): Unit => ({
  name,
  stopWithinMs: 20,
  start: async () => { log.push(`start ${name}`); if (faults.start) throw faults.start },
  stop: async () => {
    log.push(`stop ${name}`)
    if (faults.stop) throw faults.stop
    if (faults.hang) await new Promise(() => {})
  }
})

t.test('starts in order, stops in reverse', async t => {
  const log: string[] = []
  const units = [unit('a', log), unit('b', log)]
  await startAll(units, () => t.fail('nothing fails'))
  await stopAll(units, () => t.fail('nothing fails'))
  t.strictSame(log, ['start a', 'start b', 'stop b', 'stop a'])
})

t.test('a start that fails stops what was started, itself included', async t => {
  const log: string[] = []
  await t.rejects(startAll([unit('a', log), unit('b', log, { start: new Error('no') }), unit('c', log)], () => {}), /no/)
  t.strictSame(log, ['start a', 'start b', 'stop b', 'stop a'])
})

t.test('a stop that fails or hangs is reported and passed over', async t => {
  const log: string[] = []
  const failures: string[] = []
  await stopAll([unit('a', log), unit('b', log, { stop: new Error('no') }), unit('c', log, { hang: true })], ({ unit, error }) => failures.push(`${unit}: ${(error as Error).message}`))
  t.strictSame(failures, ['c: did not stop within 20 ms', 'b: no'])
  t.strictSame(log, ['stop c', 'stop b', 'stop a'])
})
