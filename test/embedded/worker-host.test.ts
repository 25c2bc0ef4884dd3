import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WorkerHost } from '../../src/embedded/worker-host.js'
import { readPredictResponse, writePredictRequest } from '../../src/tensor/proto/predict.js'
import { writePredictLog } from '../../src/tensor/proto/prediction-log.js'
import { writeRecords } from '../../src/tfrecord/write.js'
import { warmupFile } from '../../src/warmup/file.js'
import { floats, ints, linear, linearVariables, writeVersion } from './saved-model-writer.js'
import type { CallContext } from '../../src/embedded/method.js'
import type { ModelError } from '../../src/embedded/formats/format.js'

const wild = { entry: new URL('./fixtures/wild-worker.mjs', import.meta.url), execArgv: [] }
const log = (): void => {}
const inMs = (ms: number): number => Date.now() + ms
const ample = (): number => inMs(60_000)

const start = async (t: Test, { onLost = (_error: ModelError): void => {}, graceMs = undefined as number | undefined, folder = t.testdir({ here: '' }) } = {}): Promise<(text: string, deadline?: number, context?: Partial<CallContext>) => Promise<string>> => {
  const host = new WorkerHost({ folder, version: 1n, title: 'm version 1', log, onLost, program: wild, graceMs })
  t.teardown(async () => { await host.close(0) })
  await host.load()
  return async (text, deadline = ample(), context = {}) => Buffer.from(await host.call('predict', Buffer.from(text), Object.assign(context, { deadline }))).toString()
}

t.test('calls are answered in order, errors keep their status', async t => {
  const call = await start(t)
  t.strictSame(await Promise.all([call('a'), call('b'), call('c')]), ['a 1', 'b 2', 'c 3'])
  await t.rejects(call('fail'), { status: 3, message: 'no' })
})

t.test('a call that spins past its deadline ends its worker, and nothing else', async t => {
  const call = await start(t)
  t.equal(await call('a'), 'a 1')
  const spinning = call('spin', inMs(100))
  const waiting = call('after')
  await t.rejects(spinning, { status: 4, message: 'Timed out waiting for notification' })
  t.equal(await waiting, 'after 1', 'what waited is answered by a fresh worker')
})

t.test('a call that is a little late does not cost a reload', async t => {
  const call = await start(t, { graceMs: 60_000 })
  const flag = join(t.testdir({}), 'flag')
  // Long enough for a busy machine to hand it over before it is late.
  await t.rejects(call(`until ${flag}`, inMs(1000)), { name: 'ModelError', status: 4 })
  const next = call('b')
  writeFileSync(flag, '')
  t.equal(await next, 'b 2', 'the same worker')
})

t.test('a deadline that has passed, or passes in the queue, runs nothing', async t => {
  const call = await start(t)
  const flag = join(t.testdir({}), 'flag')
  await t.rejects(call('a', inMs(-1)), { name: 'ModelError', status: 4 })
  const long = call(`until ${flag}`)
  await t.rejects(call('b', inMs(20)), { name: 'ModelError', status: 4 })
  const left: Partial<CallContext> = {}
  const abandoned = call('c', ample(), left)
  left.onLeft!()
  await t.rejects(abandoned)
  writeFileSync(flag, '')
  t.equal(await long, 'until 1')
  t.equal(await call('d'), 'd 2')
})

t.test('calls are handed ahead of time to a quick worker, and still dropped when nobody waits for them', async t => {
  const call = await start(t)
  t.equal(await call('quick'), 'quick 1', 'from now on it counts as quick')
  const flag = join(t.testdir({}), 'flag')
  const left: Partial<CallContext> = {}
  const first = call(`until ${flag}`)
  const abandoned = call('a', ample(), left)
  const late = call('b', inMs(20))
  const last = call('c')
  left.onLeft!()
  await t.rejects(abandoned, { name: 'ModelError', status: 1 })
  await t.rejects(late, { name: 'ModelError', status: 4 })
  writeFileSync(flag, '')
  t.equal(await first, 'until 2')
  t.equal(await last, 'c 3', 'the two between never ran')
})

t.test('many calls at once to a quick worker: each has its own answer, through its death too', async t => {
  const call = await start(t)
  await call('quick')
  const words = Array.from({ length: 100 }, (_, i) => i === 40 ? 'exit' : `w${i}`)
  const answers = await Promise.all(words.map(async word => await call(word).catch((error: ModelError) => `exit ${error.status}`)))
  t.strictSame(answers.map(answer => answer.split(' ')[0]), words)
  t.equal(answers[40], 'exit 13')
})

t.test('a worker that dies fails its call and is started again', async t => {
  const call = await start(t)
  for (const word of ['exit', 'throw']) {
    const dying = call(word)
    const next = call('next')
    await t.rejects(dying, { status: 13, message: /worker of m version 1 ended during the call/ })
    t.equal(await next, 'next 1')
  }
})

t.test('a servable that cannot be loaded again is lost', async t => {
  let lose: (error: ModelError) => void
  const lost = new Promise<ModelError>(resolve => { lose = resolve })
  const call = await start(t, { onLost: error => lose(error) })
  const dying = call('break')
  const next = call('next')
  await t.rejects(dying, { name: 'ModelError', status: 13 })
  await t.rejects(next, { status: 14, message: /could not be loaded again: broken/ })
  t.match(await lost, { status: 15, message: 'broken' })
  await t.rejects(call('more'), { name: 'ModelError', status: 14 })
})

t.test('a load that fails, and one that dies', async t => {
  const folder = t.testdir()
  writeFileSync(join(folder, 'broken'), '')
  const host = new WorkerHost({ folder, version: 1n, title: 'm version 1', log, onLost: () => {}, program: wild })
  await t.rejects(host.load(), { status: 15, message: 'broken' })
  const nowhere = new WorkerHost({ folder, version: 1n, title: 'm version 1', log, onLost: () => {}, program: { entry: new URL('./nowhere.mjs', import.meta.url), execArgv: [] } })
  await t.rejects(nowhere.load(), { name: 'ModelError', status: 13 })
})

t.test('the queue is bounded', async t => {
  const call = await start(t)
  const flag = join(t.testdir({}), 'flag')
  const left = Array.from({ length: 1025 }, (): Partial<CallContext> => ({}))
  const running = call(`until ${flag}`)
  const statuses = Promise.all(left.map(async context => await call('a', ample(), context).catch((error: ModelError) => error.status)))
  for (const { onLeft } of left) onLeft?.()
  t.equal((await statuses).filter(status => status === 8).length, 1, 'one runs, 1024 wait, one is refused')
  writeFileSync(flag, '')
  t.equal(await running, 'until 1')
})

t.test('close lets calls finish', async t => {
  const host = new WorkerHost({ folder: t.testdir({ here: '' }), version: 1n, title: 'm version 1', log, onLost: () => {}, program: wild })
  await host.load()
  const answers = Promise.all(['a', 'b'].map(async text => Buffer.from(await host.call('predict', Buffer.from(text), { deadline: ample() })).toString()))
  const closed = host.close(10_000)
  await t.rejects(host.call('predict', Buffer.from('c'), { deadline: ample() }), { name: 'ModelError', status: 14 })
  t.strictSame(await answers, ['a 1', 'b 2'])
  await closed
})

t.test('the real worker: a SavedModel, small and large tensors', async t => {
  const folder = t.testdir()
  writeVersion(folder, linear, linearVariables)
  const host = new WorkerHost({ folder, version: 3n, title: 'm version 3', log, onLost: () => {} })
  t.teardown(async () => { await host.close(0) })
  await host.load()
  t.ok(host.signatureDefMap.length > 0)
  for (const size of [1, 100_000]) {
    const x = floats([size], ...Array.from({ length: size }, (_, i) => i))
    const request = writePredictRequest({ model: { name: 'm', signatureName: '' }, inputs: { x }, outputFilter: [] })
    const { outputs, model } = readPredictResponse(await host.call('predict', request, { deadline: ample() }))
    t.equal(model.version, 3n)
    t.ok((outputs.y.data as Float32Array).every((y, i) => y === i / 2 + 2))
  }
  await t.rejects(host.call('predict', Buffer.from([255]), { deadline: ample() }), { name: 'ModelError', status: 3 })
})

t.test('the real worker: the warm-up file is run before the load is done', async t => {
  const folder = t.testdir({ 'assets.extra': {} })
  writeVersion(folder, linear, linearVariables)
  const good = writePredictLog({ name: 'm', signatureName: '' }, { x: floats([1], 1) })
  const lines: string[] = []
  const load = async (warmupIterations: number): Promise<void> => {
    const host = new WorkerHost({ folder, version: 1n, warmupIterations, title: 'm version 1', log: (_level, _file, line) => { lines.push(line) }, onLost: () => {} })
    t.teardown(async () => { await host.close(0) })
    await host.load()
  }
  await writeRecords(warmupFile(folder), [good])
  await load(1)
  t.match(lines, [/^Finished reading warmup data of m version 1\. Number of warmup records read: 1\./])
  await writeRecords(warmupFile(folder), [good, writePredictLog({ name: 'm', signatureName: '' }, { x: ints([1], 1) })])
  await t.rejects(load(1), { name: 'ModelError', status: 3, message: 'Expects arg[0] to be float but int32 is provided (warmup record 2)' })
  await load(0)
  t.equal(lines.length, 1, 'not where it is switched off')
})
