// aside/threads.ts: real threads, their ends, and who is refused.
import t, { type Test } from 'tap'
import { AsideThreads, UnknownSignature } from '../../src/aside/threads.js'
import type { ReadTask } from '../../src/aside/messages.js'
import { now } from '../../src/clock.js'
import { readPredictRequest } from '../../src/tensor/proto/predict.js'

const inputs = new Map([['x', { dtype: 'DT_FLOAT' as const, shape: [-1] }]])
const soon = (): { deadline: number, signal: AbortSignal } => ({ deadline: now() + 60_000, signal: new AbortController().signal })

function task (body: Buffer, signatures = new Map([['serving_default', inputs]])): ReadTask {
  return { kind: 'read', body, servable: { name: 'm', version: 1n }, split: new Map(), as: { api: 'predict', inputs: signatures } }
}

function open (t: Test, options = {}): AsideThreads {
  const threads = new AsideThreads(options)
  t.teardown(async () => { await threads.close() })
  return threads
}

const numbers = (count: number): Buffer => Buffer.from(`{"instances":[${'1.5,'.repeat(count)}2]}`)
/** Takes a thread seconds. */
const texts = (count: number): Buffer => Buffer.from(`{"instances":[${'"abcdefgh",'.repeat(count)}""]}`)

t.test('there is no thread before it is needed; bytes go in and out without copies', async t => {
  const threads = open(t)
  t.equal(threads.threads, 0)
  const body = numbers(100_000)
  const { messages, form } = await threads.run(task(body), soon())
  t.equal(body.length, 0, 'the body has been moved away')
  t.equal(threads.threads, 1)
  const { x } = readPredictRequest(messages[0]!).inputs
  t.equal(x!.data.length, 100_001)
  const { text } = await threads.run({ kind: 'print', form, outputs: { x: x! } }, soon())
  t.ok(Buffer.from(text).toString().startsWith('{\n    "predictions": [1.5, 1.5'))
  t.equal(x!.data.length, 100_001, 'what is not owned stays')
  await threads.run({ kind: 'print', form, outputs: { x: { dtype: 'DT_FLOAT', shape: [100_001], data: new Float32Array(100_001) } }, owned: true }, soon())
})

t.test('what is wrong crosses the thread', async t => {
  const threads = open(t)
  await t.rejects(threads.run(task(Buffer.from('{"instances":[1')), soon()), { code: 'REQUEST_NOT_JSON', message: /offset: 15/ })
  await t.rejects(threads.run(task(numbers(3), new Map()), soon()), new UnknownSignature(''))
})

t.test('nobody waits beyond the deadline, or for a caller that has left; the next one is served', async t => {
  const threads = open(t)
  await t.rejects(threads.run(task(texts(1_000_000)), { deadline: now() + 20, signal: new AbortController().signal }), { code: 'SERVICE_OVERLOADED' })
  const caller = new AbortController()
  const left = threads.run(task(texts(1_000_000)), { deadline: now() + 60_000, signal: caller.signal })
  caller.abort()
  await t.rejects(left, { code: 'MODEL_CANCELLED' })
  await t.rejects(threads.run(task(numbers(3)), { deadline: now() + 60_000, signal: caller.signal }), { code: 'MODEL_CANCELLED' })
  t.match(await threads.run(task(numbers(3)), soon()), { rows: [4] })
})

t.test('more than may wait is refused, one alone never', async t => {
  const threads = open(t, { maxWaitingBytes: 1_000_000 })
  const first = threads.run(task(numbers(400_000)), soon())
  await t.rejects(threads.run(task(numbers(100_000)), soon()), { code: 'SERVICE_OVERLOADED', retryAfterMs: 1000 })
  t.match(await first, { rows: [400_001] })
})
