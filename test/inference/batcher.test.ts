// The batcher: what goes together and when, each caller's own end, and neighbours that never answer for one another.
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { usesOf } from '../../src/inference/lease.js'
import type { PredictCall } from '../../src/inference/predict.js'
import type { Tensors } from '../../src/tensor/tensor.js'
import { addOne, floats, proven, rows, server, signatureOf, turns, valuesOf } from './batch-kit.js'

const call = (parts: Partial<PredictCall> = {}): PredictCall => ({ signature: '', deadline: Date.now() + 20_000, signal: new AbortController().signal, ...parts })

t.test('what one turn brings goes together; each gets its own rows', async t => {
  const from = server()
  const { batcher, measured } = await proven(from)
  const answers = await Promise.all([rows(1), rows(2, 3), rows(4)].map(async inputs => await batcher.predict(from.entry, inputs, call())))
  t.same(answers.map(valuesOf), [[2], [3, 4], [5]])
  t.same(from.asked, [[1, 2, 3, 4]])
  t.match(from.options, [{ resend: false }])
  t.same(measured, [['batch', 'm', '1', 3, 4]])
  t.equal(usesOf(from.entry), 0)
})

t.test('a lone request goes as it would without batching, on the next turn', async t => {
  const from = server()
  const { batcher } = await proven(from)
  const signal = new AbortController().signal
  const answer = batcher.predict(from.entry, rows(1), call({ signal, metadata: { traceparent: 'x' } }))
  await turns(1)
  t.equal(from.asked.length, 1)
  t.same(valuesOf(await answer), [2])
  t.match(from.options, [{ resend: true, metadata: { traceparent: 'x' }, signal }])
})

t.test('with two calls under way others are collected until one comes back', async t => {
  const from = server()
  const { batcher } = await proven(from)
  from.held = true
  const answers: Promise<Tensors>[] = []
  for (const value of [1, 2, 3, 4, 5]) {
    answers.push(batcher.predict(from.entry, rows(value), call()))
    await turns()
  }
  t.same(from.asked, [[1], [2]])
  from.answer()
  t.same(valuesOf(await answers[0]!), [2])
  await turns()
  t.same(from.asked, [[1], [2], [3, 4, 5]])
  from.answer()
  from.answer()
  t.same((await Promise.all(answers)).map(valuesOf), [[2], [3], [4], [5], [6]])
})

t.test('rows and bytes of a call are limited', async t => {
  const from = server()
  const made = await proven(from)
  made.settings = { ...made.settings, maxRows: 3 }
  await Promise.all([rows(1, 2), rows(3, 4), rows(5), rows(6)].map(async inputs => await made.batcher.predict(from.entry, inputs, call())))
  t.same(from.asked, [[1, 2], [3, 4, 5], [6]])
  from.asked.length = 0
  made.settings = { ...made.settings, maxRows: 100, maxBytes: 8 }
  await Promise.all([rows(1), rows(2), rows(3)].map(async inputs => await made.batcher.predict(from.entry, inputs, call())))
  t.same(from.asked, [[1, 2], [3]])
})

t.test('only equal inner shapes go together; what has no common rows, or is large, goes alone', async t => {
  const from = server(({ x }) => ({ y: x! }), { signatures: new Map([['serving_default', signatureOf({ x: [-1, -1] }, { y: [-1, -1] })]]) })
  const { batcher, measured } = await proven(from)
  const inputs: Tensors[] = [{ x: floats([1, 2], 1, 2) }, { x: floats([1, 3], 1, 2, 3) }, { x: floats([1, 2], 3, 4) }, { x: floats([0, 2]) }, { x: floats([1, 20_000], ...new Float32Array(20_000)) }]
  const answers = await Promise.all(inputs.map(async one => await batcher.predict(from.entry, one, call())))
  t.same(answers.map(({ y }) => y!.shape), [[1, 2], [1, 3], [1, 2], [0, 2], [1, 20_000]])
  t.same(from.asked.filter(({ length }) => length < 100), [[], [1, 2, 3, 4], [1, 2, 3]])
  t.equal(measured.length, 2)
})

t.test('a bad row fails its own request alone', async t => {
  const from = server(inputs => {
    if ((inputs['x']!.data as Float32Array).includes(-7)) throw new OutriggerError('MODEL_INVALID_ARGUMENT', 'no sevens')
    return addOne(inputs)
  })
  const { batcher, measured } = await proven(from)
  const answers = await Promise.allSettled([rows(1), rows(-7), rows(3)].map(async inputs => await batcher.predict(from.entry, inputs, call())))
  t.match(answers, [{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'MODEL_INVALID_ARGUMENT', message: 'no sevens' } }, { status: 'fulfilled' }])
  t.same(from.asked, [[1, -7, 3], [1], [-7], [3]])
  t.match(from.options[1], { resend: true, again: undefined }, 'each by its own rule')
  t.same(measured.at(-1), ['apart', 'm', '1', 'refused'])
})

t.test('a lost connection: each once more, alone, and never a third time', async t => {
  const from = server((inputs, number) => {
    if (dies && number === 0) throw new OutriggerError('MODEL_SERVER_UNREACHABLE', 'lost')
    return addOne(inputs)
  })
  let dies = false
  const { batcher, measured } = await proven(from)
  dies = true
  const answers = await Promise.all([rows(1), rows(2)].map(async inputs => await batcher.predict(from.entry, inputs, call())))
  t.same(answers.map(valuesOf), [[2], [3]])
  t.match(from.options, [{ resend: false }, { again: true }, { again: true }])
  t.same(measured.at(-1), ['apart', 'm', '1', 'lost'])
})

t.test('other errors are everybody\'s', async t => {
  let slow = false
  const from = server(inputs => { if (slow) throw new OutriggerError('MODEL_TIMEOUT', 'late'); return addOne(inputs) })
  const { batcher } = await proven(from)
  slow = true
  const answers = await Promise.allSettled([rows(1), rows(2)].map(async inputs => await batcher.predict(from.entry, inputs, call())))
  t.match(answers, [{ reason: { code: 'MODEL_TIMEOUT', model: 'm', version: 1n } }, { reason: { code: 'MODEL_TIMEOUT' } }])
  t.equal(from.asked.length, 1)
})

t.test('an answer of other rows: each alone, and never together again', async t => {
  let odd = false
  const from = server(inputs => odd && inputs['x']!.shape[0]! > 1 ? { y: floats([1], 5) } : addOne(inputs))
  const { batcher, states, lines } = await proven(from)
  odd = true
  const ask = async (): Promise<number[][]> => (await Promise.all([rows(1), rows(2)].map(async inputs => await batcher.predict(from.entry, inputs, call())))).map(valuesOf)
  t.same(await ask(), [[2], [3]])
  t.same(from.asked, [[1, 2], [1], [2]])
  t.same(await ask(), [[2], [3]])
  t.equal(from.asked.length, 5)
  t.match(states.of(from.entry).get('serving_default'), { on: false, cause: 'rows', why: /output y has the shape \[1\] for 2 rows/ })
  t.match(lines.at(-1), { msg: 'batching is switched off for this signature', model: 'm', version: '1' })
})

t.test('who leaves while it waits is not sent, and frees its place', async t => {
  const from = server()
  const { batcher, measured } = await proven(from)
  from.held = true
  const under = [rows(1), rows(2)].map(async inputs => { const answer = batcher.predict(from.entry, inputs, call()); await turns(); return await answer })
  await turns(6)
  const controller = new AbortController()
  const left = batcher.predict(from.entry, rows(3), call({ signal: controller.signal }))
  const stays = batcher.predict(from.entry, rows(4), call())
  controller.abort()
  await t.rejects(left, { code: 'MODEL_CANCELLED' })
  t.same(measured.at(-1), ['dropped', 'm', '1', 'left'])
  for (const _one of from.asked.slice()) from.answer()
  await Promise.all(under)
  await turns()
  t.same(from.asked.at(-1), [4])
  from.answer()
  t.same(valuesOf(await stays), [5])
  t.equal(usesOf(from.entry), 0)
})

t.test('who leaves a batch under way goes at once, the others get their answers; a batch that nobody wants is cancelled', async t => {
  const from = server()
  const { batcher } = await proven(from)
  from.held = true
  const controllers = [new AbortController(), new AbortController()]
  const answers = controllers.map(async ({ signal }, i) => await batcher.predict(from.entry, rows(i), call({ signal })))
  answers.forEach(answer => answer.catch(() => {}))
  await turns()
  controllers[0]!.abort()
  await t.rejects(answers[0]!, { code: 'MODEL_CANCELLED' })
  t.equal(from.options[0]!.signal!.aborted, false)
  controllers[1]!.abort()
  await t.rejects(answers[1]!, { code: 'MODEL_CANCELLED' })
  t.equal(from.options[0]!.signal!.aborted, true)
  from.answer()
  await turns()
  t.equal(usesOf(from.entry), 0)
})

t.test('each has its own deadline', async t => {
  const from = server()
  const { batcher } = await proven(from)
  from.held = true
  const late = Date.now() + 20_000
  const soon = batcher.predict(from.entry, rows(1), call({ deadline: Date.now() + 30 }))
  const patient = batcher.predict(from.entry, rows(2), call({ deadline: late }))
  await t.rejects(soon, { code: 'MODEL_TIMEOUT', model: 'm', version: 1n }, 'the server was reached')
  t.same(from.asked, [[1, 2]])
  t.equal(from.options[0]!.deadline, late, 'the call has time for the most patient')
  from.answer()
  t.same(valuesOf(await patient), [3])
})

t.test('a deadline that passes in the queue: never sent, and overload', async t => {
  const from = server()
  const made = await proven(from)
  made.settings = { ...made.settings, inFlight: 1 }
  from.held = true
  const first = made.batcher.predict(from.entry, rows(1), call())
  await turns()
  await t.rejects(made.batcher.predict(from.entry, rows(2), call({ deadline: Date.now() + 30 })), { code: 'SERVICE_OVERLOADED', retryAfterMs: Number })
  t.same(made.measured.at(-1), ['dropped', 'm', '1', 'deadline'])
  from.answer()
  await first
  await turns()
  t.same(from.asked, [[1]])
})

t.test('the queue is bounded in bytes', async t => {
  const from = server()
  const { batcher, measured } = await proven(from, { maxQueueBytes: 4100 })
  from.held = true
  const in2 = [rows(1), rows(2)].map(async inputs => await batcher.predict(from.entry, inputs, call()))
  await t.rejects(batcher.predict(from.entry, rows(3), call()), { code: 'SERVICE_OVERLOADED', status: 503, retryAfterMs: Number, model: 'm' })
  t.same(measured.at(-1), ['dropped', 'm', '1', 'bytes'])
  await turns()
  from.answer()
  await Promise.all(in2)
  from.held = false
  t.same(valuesOf(await batcher.predict(from.entry, rows(3), call())), [4], 'and free again')
})

t.test('what cannot be answered in time is refused at once', async t => {
  const from = server()
  const { batcher, measured } = await proven(from)
  from.held = true
  const slow = batcher.predict(from.entry, rows(1), call())
  await turns()
  await new Promise(resolve => setTimeout(resolve, 60))
  const next = batcher.predict(from.entry, rows(2), call())
  from.answer()
  await slow
  await turns()
  await t.rejects(batcher.predict(from.entry, rows(3), call({ deadline: Date.now() + 5 })), { code: 'SERVICE_OVERLOADED' })
  t.same(measured.at(-1), ['dropped', 'm', '1', 'wait'])
  from.answer()
  await next
})

t.test('switched off while it runs: everything alone; switched on: proven first', async t => {
  const from = server()
  const made = await proven(from)
  from.held = true
  const answers = [1, 2, 3, 4].map(async value => { await turns(value * 2); return await made.batcher.predict(from.entry, rows(value), call()) })
  await turns(12)
  t.same(from.asked, [[1], [2]])
  made.settings = { ...made.settings, enabled: false }
  from.answer()
  await turns(3)
  t.same(from.asked, [[1], [2], [3], [4]], 'what waited goes alone')
  for (let i = 0; i < 3; i++) from.answer()
  await Promise.all(answers)
  t.match(made.states.of(from.entry).get('serving_default'), { on: false, cause: 'settings' })
})
