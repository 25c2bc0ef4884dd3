// The rules of sending again, over doubles for the server: what is sent how often, and which error the caller gets.
import { createHash } from 'node:crypto'
import { pino } from 'pino'
import t from 'tap'
import { CallError, type CallOptions } from '../../src/grpc/channel.js'
import { Gate } from '../../src/engine/gate.js'
import { Caller } from '../../src/engine/resend.js'

const request = Buffer.from('request')
const soon = (): number => Date.now() + 20_000
const lost = (): CallError => new CallError(14, 'Connection dropped', 'transport')

/** A caller whose server answers each call with the next of these. */
function over (fates: ('alive' | 'ended')[], ...outcomes: ((options: CallOptions) => Promise<Buffer>)[]) {
  const gate = new Gate({ maxInFlight: 1 })
  gate.open()
  const sent: CallOptions[] = []
  const channel = {
    unary: (_path: string, _request: Uint8Array, options: CallOptions) => {
      sent.push(options)
      return outcomes[sent.length - 1]!(options)
    },
    close () {}
  }
  const log: Record<string, unknown>[] = []
  const caller = new Caller({
    gate,
    current: () => ({ channel }),
    fate: async () => fates.shift() ?? 'ended',
    log: pino({}, { write: (line: string) => { log.push(JSON.parse(line) as Record<string, unknown>) } })
  })
  return { caller, gate, sent, log }
}

const answers = async (): Promise<Buffer> => Buffer.from('answer')
const breaks = async (): Promise<Buffer> => { throw lost() }

t.test('a status of the server is passed on and never sent again', async t => {
  for (const [status, code] of [[14, 'MODEL_UNAVAILABLE'], [8, 'MODEL_RESOURCE_EXHAUSTED'], [3, 'MODEL_INVALID_ARGUMENT']] as const) {
    const { caller, sent } = over([], async () => { throw new CallError(status, 'words', 'server') })
    await t.rejects(caller.call('/p', request, { deadline: soon(), resend: true }), { code, message: 'words' })
    t.equal(sent.length, 1)
  }
})

t.test('a broken transport: once more, with the same deadline and metadata', async t => {
  const deadline = soon()
  const { caller, sent } = over(['ended'], breaks, answers)
  t.equal(String(await caller.call('/p', request, { deadline, resend: true, metadata: { traceparent: 'x' } })), 'answer')
  t.same(sent, [{ deadline, metadata: { traceparent: 'x' } }, { deadline, metadata: { traceparent: 'x' } }])
})

t.test('what was sent before with others is sent once, and is blamed for the death of the server', async t => {
  const good = over([], answers)
  t.equal(String(await good.caller.call('/p', request, { deadline: soon(), resend: true, again: true })), 'answer')
  const died = over(['ended'], breaks)
  await t.rejects(died.caller.call('/p', request, { deadline: soon(), resend: true, again: true }), { code: 'MODEL_SERVER_CRASHED' })
  t.equal(died.sent.length, 1)
})

t.test('a late request is written in the moment before it is sent, and not sent when it throws', async t => {
  const { caller, gate, sent } = over([], answers)
  let written = 0
  const late = { bytes: 7, write: () => { written++; return request } }
  gate.close()
  const waiting = caller.call('/p', late, { deadline: soon(), resend: false })
  t.equal(written, 0)
  gate.open()
  await waiting
  t.equal(written, 1)
  await t.rejects(caller.call('/p', { bytes: 1, write: () => { throw new Error('nobody wants it') } }, { deadline: soon(), resend: false }), { message: 'nobody wants it' })
  t.equal(sent.length, 1)
  t.equal(gate.inFlight, 0, 'its place is free')
})

t.test('broken twice: the server died of it, or only its connections broke', async t => {
  const died = over(['ended', 'ended'], breaks, breaks)
  await t.rejects(died.caller.call('/p', request, { deadline: soon(), resend: true }), { code: 'MODEL_SERVER_CRASHED' })
  t.match(died.log, [{ requestSha256: createHash('sha256').update(request).digest('hex'), requestBytes: 7 }])
  const lives = over(['alive', 'alive'], breaks, breaks)
  await t.rejects(lives.caller.call('/p', request, { deadline: soon(), resend: true }), { code: 'MODEL_SERVER_UNREACHABLE' })
  t.equal(lives.log.length, 0)
})

t.test('not allowed: not sent again', async t => {
  const { caller, sent } = over(['ended'], breaks, answers)
  await t.rejects(caller.call('/p', request, { deadline: soon(), resend: false }), { code: 'MODEL_SERVER_UNREACHABLE' })
  t.equal(sent.length, 1)
})

t.test('suspects go again one at a time', async t => {
  const { caller, gate, sent } = over([], breaks, breaks, breaks, answers, answers, answers)
  let most = 0
  const calls = [1, 2, 3].map(() => caller.call('/p', request, { deadline: soon(), resend: true }).finally(() => { most = Math.max(most, gate.inFlight) }))
  await Promise.all(calls)
  t.equal(sent.length, 6)
  t.ok(most <= 1)
})

t.test('a caller that leaves is gone at once; the place is free when the server has finished', async t => {
  let finish = (_answer: Buffer): void => {}
  const { caller, gate, sent } = over([], () => new Promise(resolve => { finish = resolve }))
  const controller = new AbortController()
  const call = caller.call('/p', request, { deadline: soon(), resend: true, signal: controller.signal })
  await new Promise(resolve => setImmediate(resolve))
  controller.abort()
  await t.rejects(call, { code: 'MODEL_CANCELLED' })
  t.equal(gate.inFlight, 1)
  t.notOk('signal' in (sent[0] as object))
  finish(Buffer.alloc(0))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(gate.inFlight, 0)
})

t.test('the deadline passes while it waits to be sent again', async t => {
  const { caller, gate } = over([], breaks)
  const call = caller.call('/p', request, { deadline: Date.now() + 50, resend: true })
  gate.close()
  await t.rejects(call, { code: 'MODEL_SERVER_UNREACHABLE' })
})
