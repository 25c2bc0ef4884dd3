// The engine over a real child process: start, push, calls, crashes, freezing, giving up, stop. The child is the fixture program.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { methods } from '../../src/grpc/protos.js'
import { bench, failureOf, predict, reaches, request, soon, until } from './fixture.js'

t.jobs = 2

t.test('starts without a model, serves what is pushed, tells its state, stops', async t => {
  const b = bench(t)
  const states: string[] = []
  b.engine.on('state', report => states.push(report.state))
  await b.engine.start()
  t.match(b.engine.report(), { kind: 'tensorflow', state: 'running', restarts: 0, pid: Number })
  t.same(await b.engine.statuses('m', soon()), [])
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n, 5n), versions: [5n] }], soon())
  t.same(await b.engine.statuses('m', soon()), [{ version: 5n, state: 'AVAILABLE', errorCode: 0, errorMessage: '' }])
  t.same(await predict(b.engine, 'm', [1, 2.5]), [6, 7.5])
  await until(() => b.engine.lastStatuses().get('m')?.[0]?.state === 'AVAILABLE')
  await until(() => (b.engine.report().rssBytes ?? 0) > 1e6)
  await t.rejects(predict(b.engine, 'other', [1]), { code: 'MODEL_MISSING', message: 'Servable not found for request: Latest(other)' })
  const pid = b.engine.report().pid as number
  await Promise.all([b.engine.stop(), b.engine.stop()])
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  t.same(states, ['starting', 'running', 'stopped'])
  await t.rejects(predict(b.engine, 'm', [1]), { code: 'SERVICE_DRAINING' })
  t.match(b.log.find(line => line.msg === `Successfully loaded servable version {name: m version: 5}`), { level: 30, child: 'tensorflow', source: /loader_harness\.cc:\d+/ })
  t.match(b.log.find(line => String(line.msg).startsWith('Adding/updating models.\n  name: "m"')), { level: 30 }, 'continuation lines belong to their record')
})

t.test('a list that would hang the server is refused and never pushed', async t => {
  const b = bench(t)
  await b.engine.start()
  const basePath = b.model('m', 1n)
  for (const bad of [
    { name: 'm', basePath, versions: [1n, 2n] },
    { name: 'm', basePath: join(b.folder, 'nothing'), versions: [1n] },
    { name: 'm', basePath, versions: [] },
    { name: 'm', basePath: 'relative', versions: [1n] },
    { name: '', basePath, versions: [1n] }
  ]) await t.rejects(b.engine.push([bad], soon()), { code: 'MODEL_FAILED_PRECONDITION' })
  const good = { name: 'm', basePath, versions: [1n] }
  await t.rejects(b.engine.push([good, good], soon()), { code: 'MODEL_FAILED_PRECONDITION' })
  await b.engine.push([good], soon())
  t.same(await predict(b.engine, 'm', [1]), [2])
})

t.test('a model that fails to load is an answer, and the others serve', async t => {
  const b = bench(t)
  await b.engine.start()
  const bad = b.model('bad', 1n)
  writeFileSync(join(bad, '1', 'broken'), '')
  await b.engine.push([{ name: 'bad', basePath: bad, versions: [1n] }, { name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  t.same(await b.engine.statuses('bad', soon()), [{ version: 1n, state: 'END', errorCode: 11, errorMessage: 'Read less bytes than requested' }])
  t.same(await predict(b.engine, 'm', [1]), [2])
  await b.engine.push([], soon())
  t.equal((await b.engine.statuses('m', soon()))[0]?.state, 'END')
})

t.test('killed under load: no request is lost, and what was pushed is pushed again', async t => {
  const b = bench(t, {}, { predictMs: 20 })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  let stop = false
  const answered = Array.from({ length: 12 }, () => 0)
  const caller = async (n: number): Promise<void> => {
    while (!stop) {
      t.same(await predict(b.engine, 'm', [n]), [n + 1])
      answered[n]!++
    }
  }
  const load = Promise.all(answered.map((_, n) => caller(n)))
  const eachAnswered = (more: number): Promise<void> => {
    const before = [...answered]
    return until(() => answered.every((count, n) => count >= before[n]! + more))
  }
  await eachAnswered(3)
  for (let kill = 1; kill <= 2; kill++) {
    process.kill(b.engine.report().pid as number, 'SIGKILL')
    await until(() => b.engine.report().restarts === kill)
    await eachAnswered(3)
  }
  stop = true
  await load
  t.equal(b.journal('start').length, 3)
})

t.test('a request that kills its server twice is found, and its neighbours are answered', async t => {
  const b = bench(t, {}, { predictMs: 50, dieOnInput: 'poison' })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  const good = Array.from({ length: 6 }, (_, n) => predict(b.engine, 'm', [n]))
  const bad = predict(b.engine, 'm', [9], { mark: 'poison' })
  await t.rejects(bad, { code: 'MODEL_SERVER_CRASHED', status: 503 })
  t.same(await Promise.all(good), [0, 1, 2, 3, 4, 5].map(n => [n + 1]))
  t.equal(b.journal('predict').filter(line => line.includes('poison')).length, 2, 'sent twice and no more')
  t.match(b.log.find(line => typeof line.requestSha256 === 'string'), { requestSha256: /^[0-9a-f]{64}$/, level: 50 })
  t.same(await predict(b.engine, 'm', [1]), [2])
})

t.test('requests that kill their server one after the other harm no neighbour', async t => {
  const b = bench(t, {}, { predictMs: 50, dieOnInput: 'poison' })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  const good = Array.from({ length: 6 }, (_, n) => predict(b.engine, 'm', [n], { deadline: soon(40_000) }))
  const first = failureOf(predict(b.engine, 'm', [9], { mark: 'poison', deadline: soon(40_000) }))
  await reaches(b.engine, 'restarting')
  // These wait for the next server: whoever goes to it beside one of them has been with two that died.
  const more = [1, 2].map(async () => await failureOf(predict(b.engine, 'm', [9], { mark: 'poison', deadline: soon(40_000) })))
  t.same(await Promise.all(good), [0, 1, 2, 3, 4, 5].map(n => [n + 1]))
  for (const failure of await Promise.all([first, ...more])) t.match(failure, { code: 'MODEL_SERVER_CRASHED' })
})

t.test('a server that answers, but nothing that makes sense, counts as frozen', async t => {
  const b = bench(t, { timing: { everyMs: 50, frozenMs: 1000 } })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  const { pid } = b.engine.report()
  b.control({ statusFails: true })
  await reaches(b.engine, 'unresponsive')
  t.match(b.engine.report(), { pid, reason: /nothing that can be read came from the model server/ })
  t.equal(b.engine.lastStatuses().size, 0)
  await reaches(b.engine, 'restarting')
  b.control({})
  t.same(await predict(b.engine, 'm', [1]), [2])
  t.not(b.engine.report().pid, pid)
})

t.test('its socket is removed: its connection goes on until a successor with one has taken over', async t => {
  const b = bench(t)
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  const { pid } = b.engine.report()
  const states: string[] = []
  b.engine.on('state', ({ state }) => states.push(state))
  const folder = join(b.folder, readdirSync(b.folder).find(name => name.startsWith('outrigger-'))!)
  rmSync(folder, { recursive: true })
  while (b.engine.report().pid === pid) t.same(await predict(b.engine, 'm', [1]), [2])
  t.same(await predict(b.engine, 'm', [1]), [2])
  t.same(states, [])
  t.match(b.engine.report(), { restarts: 0, replacements: { completed: 1 } })
  process.kill(b.engine.report().pid as number, 'SIGKILL')
  t.same(await predict(b.engine, 'm', [1]), [2], 'and it can be started again')
})

t.test('a call that may not be sent again is not', async t => {
  const b = bench(t, {}, { dieOnInput: 'once' })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  await t.rejects(predict(b.engine, 'm', [1], { mark: 'once', resend: false }), { code: 'MODEL_SERVER_UNREACHABLE', status: 503 })
  t.equal(b.journal('predict').length, 1)
  t.same(await predict(b.engine, 'm', [1], { resend: false }), [2], 'the next one waits for the restart')
})

t.test('deadlines: 504 where the server was reached, 503 where none came back', async t => {
  const b = bench(t, {}, { predictMs: 5000 })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  await t.rejects(predict(b.engine, 'm', [1], { deadline: soon(200) }), { code: 'MODEL_TIMEOUT', status: 504 })
  b.control({ startMs: 60_000 })
  process.kill(b.engine.report().pid as number, 'SIGKILL')
  await reaches(b.engine, 'restarting')
  t.equal(b.engine.lastStatuses().size, 0)
  t.match(b.engine.report().reason, 'signal SIGKILL')
  await t.rejects(predict(b.engine, 'm', [1], { deadline: soon(200) }), { code: 'MODEL_SERVER_UNREACHABLE', status: 503 })
  const controller = new AbortController()
  const left = predict(b.engine, 'm', [1], { signal: controller.signal })
  controller.abort()
  await t.rejects(left, { code: 'MODEL_CANCELLED' })
  const waiting = predict(b.engine, 'm', [1])
  await Promise.all([t.rejects(waiting, { code: 'SERVICE_DRAINING' }), b.engine.stop()])
})

t.test('a frozen server is seen within 2 s, killed after a while, and its calls are answered by the next', async t => {
  const b = bench(t, { timing: { frozenMs: 3000 } })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  const { pid } = b.engine.report()
  process.kill(pid as number, 'SIGSTOP')
  const stoppedAt = Date.now()
  const call = predict(b.engine, 'm', [1])
  await reaches(b.engine, 'unresponsive')
  t.ok(Date.now() - stoppedAt < 2500, `seen after ${Date.now() - stoppedAt} ms`)
  t.equal(b.engine.lastStatuses().size, 0)
  t.match(b.engine.report(), { pid, reason: /nothing came from the model server for/ })
  t.same(await call, [2])
  t.not(b.engine.report().pid, pid)
})

t.test('a server that was frozen for a moment goes on', async t => {
  const b = bench(t)
  await b.engine.start()
  const { pid } = b.engine.report()
  process.kill(pid as number, 'SIGSTOP')
  await reaches(b.engine, 'unresponsive')
  process.kill(pid as number, 'SIGCONT')
  await reaches(b.engine, 'running')
  t.match(b.engine.report(), { pid, restarts: 0, reason: undefined })
})

t.test('a long inference alone is no freezing', async t => {
  const b = bench(t, { timing: { everyMs: 100, withinMs: 500, frozenMs: 600 } }, { predictMs: 2500 })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  t.same(await predict(b.engine, 'm', [1]), [2])
  t.equal(b.engine.report().restarts, 0)
})

t.test('more callers than the server has threads: none is refused', async t => {
  const b = bench(t, { maxInFlight: 4 }, { predictMs: 5 })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => predict(b.engine, 'm', [n])))
  t.same(answers.map(([y]) => y), Array.from({ length: 200 }, (_, n) => n + 1))
})

t.test('a push that kills the server is given up, and the old list serves', async t => {
  const b = bench(t, {}, { dieOnLoad: 'deadly' })
  await b.engine.start()
  const m = { name: 'm', basePath: b.model('m', 1n), versions: [1n] }
  await b.engine.push([m], soon())
  await t.rejects(b.engine.push([m, { name: 'deadly', basePath: b.model('deadly', 1n), versions: [1n] }], soon()), { code: 'MODEL_SERVER_CRASHED' })
  t.same(await predict(b.engine, 'm', [1]), [2])
  t.equal(b.journal('load').filter(line => line.includes('deadly')).length, 2)
})

t.test('a version that left the disk is left out when a restarted server is filled', async t => {
  const b = bench(t)
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n, 2n), versions: [1n, 2n] }, { name: 'gone', basePath: b.model('gone', 1n), versions: [1n] }], soon())
  rmSync(join(b.folder, 'gone'), { recursive: true })
  rmSync(join(b.folder, 'm', '2'), { recursive: true })
  process.kill(b.engine.report().pid as number, 'SIGKILL')
  await reaches(b.engine, 'restarting')
  t.same(await predict(b.engine, 'm', [1]), [2])
})

t.test('a server that lost its way in a reload is restarted', async t => {
  const b = bench(t, {}, { loadMs: 4000 })
  await b.engine.start()
  const m = { name: 'm', basePath: b.model('m', 1n), versions: [1n] }
  const gone = { name: 'gone', basePath: b.model('gone', 1n), versions: [1n] }
  // While the server loads m, longer than the push waits, the folder of the next model goes: the server waits for it for ever.
  const push = b.engine.push([m, gone], soon(1500))
  await until(() => b.journal('load').length > 0)
  rmSync(gone.basePath, { recursive: true })
  b.control({})
  await t.rejects(push, { code: 'MODEL_TIMEOUT' })
  await until(() => b.engine.report().restarts === 1)
  await b.engine.push([m], soon())
  t.same(await predict(b.engine, 'm', [1]), [2])
})

t.test('garbage from the server does no harm here', async t => {
  const b = bench(t, {}, { garbage: true })
  await b.engine.start()
  await b.engine.push([{ name: 'm', basePath: b.model('m', 1n), versions: [1n] }], soon())
  t.equal((await b.engine.call(methods.predict, request('m', [1]), { deadline: soon(), resend: true })).length, 5)
})

t.test('deaf to SIGTERM: stopped all the same', async t => {
  const b = bench(t, { timing: { terminateMs: 200 } }, { deaf: true })
  await b.engine.start()
  const pid = b.engine.report().pid as number
  await b.engine.stop()
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

t.test('a child that never opens its socket is killed and started again', async t => {
  const b = bench(t, { timing: { startMs: 6000 } }, { neverOpens: true })
  const started = b.engine.start()
  await until(() => b.journal('start').length > 0)
  b.control({})
  await started
  t.ok(b.engine.report().restarts >= 1)
})

t.test('gives up after starts in a row that never became available', async t => {
  const b = bench(t, { backoff: { baseMs: 1, maxMs: 2, giveUpStarts: 3, giveUpMs: 0 } }, { exitAtStart: 7 })
  await t.rejects(b.engine.start(), { code: 'MODEL_SERVER_UNREACHABLE', message: /3 starts, last: .*exit code 7/ })
  t.match(b.engine.report(), { state: 'failed', pid: undefined, restarts: 2 })
  await t.rejects(predict(b.engine, 'm', [1]), { code: 'MODEL_SERVER_UNREACHABLE' })
  t.equal(b.journal('start').length, 3)
})

t.test('a program that cannot be started is said at once', async t => {
  const b = bench(t, { program: { file: '/nowhere/tensorflow_model_server', args: [] } })
  await t.rejects(b.engine.start(), { code: 'CONFIG_INVALID', message: /\/nowhere\/tensorflow_model_server cannot be started/ })
  t.equal(b.engine.report().state, 'failed')
})

t.test('stopped while it starts', async t => {
  const b = bench(t, {}, { startMs: 60_000 })
  const started = b.engine.start()
  await until(() => b.journal('start').length === 1)
  await Promise.all([t.rejects(started, { code: 'SERVICE_DRAINING' }), b.engine.stop()])
  t.equal(b.engine.report().state, 'stopped')
})
