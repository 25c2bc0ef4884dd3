// The machine's clock is set while an engine works. A file of its own: it changes Date.now for the whole process.
import t from 'tap'
import { now } from '../../src/clock.js'
import { bench, failureOf, predict, reaches, until } from './fixture.js'

t.test('nobody is killed, no call expires, none hangs', async t => {
  const real = Date.now
  t.teardown(() => { Date.now = real })
  const b = bench(t, { timing: { everyMs: 50, frozenMs: 3000 } }, { predictMs: 1000 })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], now() + 20_000)
  const { pid } = b.engine.report()
  for (const hours of [3, -3]) {
    const call = predict(b.engine, 'm', [1], { deadline: now() + 20_000 })
    const late = failureOf(predict(b.engine, 'm', [1], { deadline: now() + 300 }))
    await until(() => b.journal('predict').length % 2 === 0)
    Date.now = () => real() + hours * 3_600_000
    t.same(await call, [2])
    t.match(await late, { code: 'MODEL_TIMEOUT' })
    await b.engine.statuses('m', now() + 20_000)
    t.match(b.engine.report(), { pid, state: 'running', restarts: 0 })
    process.kill(pid as number, 'SIGSTOP')
    await reaches(b.engine, 'unresponsive')
    process.kill(pid as number, 'SIGCONT')
    await reaches(b.engine, 'running')
    Date.now = real
  }
  Date.now = () => real() - 3_600_000
  process.kill(pid as number, 'SIGKILL')
  t.same(await predict(b.engine, 'm', [1], { deadline: now() + 20_000 }), [2])
})
