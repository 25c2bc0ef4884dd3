// One model server takes over from another while calls run: who answers, what a push meets, what happens when either dies or the new one is not good enough.
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Replacement } from '../../src/engine/engine.js'
import { bench, failureOf, isAlive, predict, soon, until, type Bench } from './fixture.js'

t.jobs = 2

/** An engine that serves `m` version 1, its list, and what it told of replacements. */
async function serving (b: Bench): Promise<{ m: { name: string, basePath: string, versions: bigint[] }, told: Replacement[], pid: number }> {
  await b.engine.start()
  const m = { name: 'm', basePath: b.model('m', 1n), versions: [1n] }
  await b.engine.push([m], soon())
  const told: Replacement[] = []
  b.engine.on('replacement', replacement => told.push(replacement))
  return { m, told, pid: b.engine.report().pid as number }
}

/** The pids that answered a predict, in order. */
const answering = (b: Bench): number[] => b.journal('predict').map(line => Number(line.split(' ')[1]))

t.test('replaced under load: no call is lost, those under way end where they began, the old one goes', async t => {
  const b = bench(t, { maxInFlight: 8 }, { predictMs: 10 })
  const { told, pid } = await serving(b)
  const states: string[] = []
  b.engine.on('state', ({ state }) => states.push(state))
  let stop = false
  let answered = 0
  const callers = Array.from({ length: 12 }, async (_, n) => {
    for (; !stop; answered++) t.same(await predict(b.engine, 'm', [n]), [n + 1])
  })
  for (let replaced = 1, old = pid; replaced <= 2; replaced++) {
    await Promise.all([b.engine.replace('a test', 'me'), b.engine.replace('a test', 'somebody else')])
    t.match(b.engine.lastStatuses().get('m'), [{ version: 1n, state: 'AVAILABLE' }], 'health has nothing to doubt')
    const now = b.engine.report().pid as number
    t.not(now, old)
    await until(() => !isAlive(old))
    const before = answered
    await until(() => answered > before + 24)
    t.match(told.at(-1), { from: old, to: now, by: 'me', reason: 'a test', failure: undefined })
    old = now
  }
  stop = true
  await Promise.all(callers)
  t.same(states, [])
  t.match(b.engine.report(), { restarts: 0, replacements: { completed: 2, failed: 0, failure: undefined } })
  t.equal(told.length, 2, 'a second wish while one is under way adds nothing')
})

t.test('a long call keeps the old one alive until it is answered, and takes no place from new ones', async t => {
  const b = bench(t, { maxInFlight: 1 }, { predictMs: 4000 })
  const { pid } = await serving(b)
  const long = predict(b.engine, 'm', [1])
  await until(() => answering(b).length === 1)
  b.control({})
  await b.engine.replace('a test', 'me')
  t.same(await predict(b.engine, 'm', [2]), [3])
  t.ok(isAlive(pid))
  t.same(await long, [2])
  t.same(answering(b), [pid, b.engine.report().pid])
  await until(() => !isAlive(pid))
})

t.test('a successor that is not good enough: the old one serves on, and says why', async t => {
  const faults: [string, RegExp, (b: Bench) => void, object?][] = [
    ['it ends at its start', /it ended: exit code 7/, b => b.control({ exitAtStart: 7 })],
    ['it never opens its socket', /does not open its socket/, b => b.control({ neverOpens: true }), { startMs: 6000 }],
    ['it speaks no HTTP/2', /./, b => b.control({ speaks: 'no-http2' })],
    ['it dies of a model', /it ended: signal SIGKILL/, b => b.control({ dieOnLoad: 'm' })],
    ['a model does not load', /does not serve m version 1: END Read less bytes/, b => writeFileSync(join(b.folder, 'm', '1', 'broken'), '')],
    ['it is too slow', /./, b => b.control({ loadMs: 60_000 }), { restoreMs: 1000 }]
  ]
  for (const [name, why, cause, timing] of faults) {
    await t.test(name, async t => {
      const b = bench(t, timing === undefined ? {} : { timing })
      const { pid, told } = await serving(b)
      cause(b)
      await t.rejects(b.engine.replace('a test', 'me'), { code: 'ENGINE_REPLACE', message: why })
      t.match(b.engine.report(), { pid, state: 'running', restarts: 0, replacements: { completed: 0, failed: 1, failure: why } })
      t.match(told, [{ from: pid, to: undefined, failure: why }])
      t.same(await predict(b.engine, 'm', [1]), [2])
      await until(() => b.journal('start').every(line => line.includes(String(pid)) || !isAlive(Number(line.split(' ')[1]))))
    })
  }
})

t.test('nothing to replace', async t => {
  const b = bench(t)
  await t.rejects(b.engine.replace('a test', 'me'), { code: 'ENGINE_REPLACE', message: /it is stopped/ })
})

t.test('a push meanwhile is not kept waiting, and reaches whoever serves in the end', async t => {
  const b = bench(t)
  const { m, pid } = await serving(b)
  b.control({ loadMs: 1500 })
  const replaced = b.engine.replace('a test', 'me')
  await until(() => b.journal('load').length === 2)
  b.control({})
  const n = { name: 'n', basePath: b.model('n', 5n), versions: [5n] }
  await b.engine.push([m, n], soon())
  t.equal(b.engine.report().pid, pid, 'the old one has it at once')
  t.same(await predict(b.engine, 'n', [1]), [6])
  await replaced
  t.not(b.engine.report().pid, pid)
  t.same(await predict(b.engine, 'n', [1]), [6])
  await b.engine.push([n], soon())
  t.equal((await b.engine.statuses('m', soon()))[0]?.state, 'END')
})

t.test('the old one dies meanwhile: calls and pushes wait for the successor, and no other is started', async t => {
  const b = bench(t)
  const { m, pid } = await serving(b)
  b.control({ loadMs: 1500 })
  const replaced = b.engine.replace('a test', 'me')
  await until(() => b.journal('load').length === 2)
  process.kill(pid, 'SIGKILL')
  b.control({})
  await until(() => b.engine.report().state === 'restarting')
  const n = { name: 'n', basePath: b.model('n', 5n), versions: [5n] }
  t.same(await Promise.all([predict(b.engine, 'm', [1]), b.engine.push([m, n], soon()), replaced]), [[2], undefined, undefined])
  t.same(await predict(b.engine, 'n', [1]), [6])
  t.equal(b.journal('start').length, 2)
})

t.test('the successor dies meanwhile: the old one serves on', async t => {
  const b = bench(t)
  const { pid } = await serving(b)
  b.control({ loadMs: 60_000 })
  const failure = failureOf(b.engine.replace('a test', 'me'))
  await until(() => b.journal('load').length === 2)
  process.kill(Number(b.journal('load')[1]!.split(' ')[1]), 'SIGKILL')
  t.match(await failure, { code: 'ENGINE_REPLACE', message: /it ended: signal SIGKILL/ })
  t.equal(b.engine.report().pid, pid)
  t.same(await predict(b.engine, 'm', [1]), [2])
})

t.test('both die: a third one is started', async t => {
  const b = bench(t)
  const { pid } = await serving(b)
  b.control({ loadMs: 60_000 })
  const failure = failureOf(b.engine.replace('a test', 'me'))
  await until(() => b.journal('load').length === 2)
  b.control({})
  process.kill(pid, 'SIGKILL')
  process.kill(Number(b.journal('load')[1]!.split(' ')[1]), 'SIGKILL')
  t.match(await failure, { code: 'ENGINE_REPLACE' })
  t.same(await predict(b.engine, 'm', [1]), [2])
  t.match(b.engine.report(), { state: 'running', restarts: 1 })
})

t.test('stopped meanwhile: both are ended', async t => {
  const b = bench(t)
  await serving(b)
  b.control({ loadMs: 60_000 })
  const failure = failureOf(b.engine.replace('a test', 'me'))
  await until(() => b.journal('load').length === 2)
  await b.engine.stop()
  t.match(await failure, { code: 'ENGINE_REPLACE' })
  t.notOk(b.journal('start').some(line => isAlive(Number(line.split(' ')[1]))))
})

t.test('the memory guard replaces a server that leaks, and no call fails', async t => {
  const b = bench(t, { memoryBudgetBytes: 300e6, guard: { rounds: 2, intervalMs: 1000 }, timing: { everyMs: 100 } }, { leakBytes: 4e6 })
  const { told, pid } = await serving(b)
  for (let n = 0; told.length === 0; n++) t.same(await predict(b.engine, 'm', [n]), [n + 1])
  t.match(told, [{ from: pid, to: Number, by: 'the memory guard', reason: /needs \d+ bytes of memory, and its budget is 300000000/, failure: undefined }])
  await until(() => (b.engine.report().rssBytes ?? Infinity) < 300e6)
  t.match(b.engine.report(), { memoryBudgetBytes: 300e6, restarts: 0, replacements: { completed: 1 } })
})

t.test('the memory guard leaves a server alone that needs as much from the start, and says so once', async t => {
  const b = bench(t, { memoryBudgetBytes: 1e6, guard: { rounds: 2, intervalMs: 0 }, timing: { everyMs: 20 } })
  const { told, pid } = await serving(b)
  await until(() => told.length > 0)
  for (const end = Date.now() + 500; Date.now() < end;) t.same(await predict(b.engine, 'm', [1]), [2])
  t.match(told, [{ by: 'the memory guard', to: undefined, failure: 'not tried' }])
  t.equal(told.length, 1)
  t.equal(b.engine.report().pid, pid)
})

t.test('the memory guard gives up when a successor is over the budget too', async t => {
  const b = bench(t, { memoryBudgetBytes: 300e6, guard: { rounds: 2, intervalMs: 0 }, timing: { everyMs: 100 } }, { leakBytes: 4e6 })
  const { told, pid } = await serving(b)
  await until(() => (b.engine.report().rssBytes ?? Infinity) < 300e6)
  b.control({ leakBytes: 4e6, startBytes: 400e6 })
  for (let n = 0; told.length === 0; n++) t.same(await predict(b.engine, 'm', [n]), [n + 1])
  t.match(told, [{ from: pid, to: undefined, by: 'the memory guard', failure: /needs \d+ bytes of memory from the start, and the budget is 300000000/ }])
  b.control({})
  for (const end = Date.now() + 1000; Date.now() < end;) t.same(await predict(b.engine, 'm', [1]), [2])
  t.equal(told.length, 1, 'no other is tried')
  t.match(b.engine.report(), { pid, state: 'running', replacements: { completed: 0, failed: 1 } })
  t.equal(b.journal('start').length, 2)
})

t.test('another file in the place of the program is noticed', async t => {
  const b = bench(t)
  const program = join(b.folder, 'node')
  copyFileSync(process.execPath, program)
  const other = bench(t, { program: { file: program, args: [join(import.meta.dirname, '../fixtures/model-server/main.mjs')] } })
  t.notOk(other.engine.programChanged())
  const { pid } = await serving(other)
  t.notOk(other.engine.programChanged())
  copyFileSync(process.execPath, `${program}.new`)
  renameSync(`${program}.new`, program)
  t.ok(other.engine.programChanged())
  await other.engine.replace('upgrade', 'me')
  t.not(other.engine.report().pid, pid)
  t.notOk(other.engine.programChanged())
})
