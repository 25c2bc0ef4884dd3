// inference/large-call.ts: one call or several, and what follows when several do not stand for one.
import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { LargeCalls } from '../../src/inference/large-call.js'
import { readPredictRequest, writePredictRequest, writePredictResponse } from '../../src/tensor/proto/predict.js'
import type { Signature, Tensors } from '../../src/tensor/tensor.js'
import { versionEntry } from '../helpers/entry.js'
import { fakeEngine } from '../helpers/fake-engine.js'

const model = { name: 'm', signatureName: '' }
const rowsOf = (...values: number[]): Tensors => ({ x: { dtype: 'DT_FLOAT', shape: [values.length], data: Float32Array.from(values) } })
const message = (...values: number[]): Buffer => writePredictRequest({ model, inputs: rowsOf(...values), outputFilter: [] })
const answer = (outputs: Tensors): Buffer => writePredictResponse({ model, outputs })
const call = { signature: '', deadline: 5, signal: new AbortController().signal }
const whole = async (): Promise<Uint8Array> => message(1, 2, 3)

function make (): { calls: LargeCalls, refuted: string[] } {
  const refuted: string[] = []
  return {
    refuted,
    calls: new LargeCalls({
      settingsOf: () => ({ enabled: true, inFlight: 2, maxRows: 128, maxBytes: 1 }),
      states: { isOn: (_entry, signature) => signature === 'serving_default', refute: (_entry, signature) => { refuted.push(signature) } }
    })
  }
}

const sent = (engine: ReturnType<typeof fakeEngine>): number[][] => engine.calls.map(({ request }) => [...readPredictRequest(request).inputs['x']!.data as Float32Array])

t.test('which signatures may be split', async t => {
  const signature = (name: string): [string, Signature] => [name, { name, methodName: '', inputs: new Map(), outputs: new Map() }]
  t.same(make().calls.rowsPerCall(versionEntry({ signatures: new Map([signature('serving_default'), signature('other')]) })), new Map([['serving_default', 128]]))
})

t.test('one call after the other, each with its own rows', async t => {
  let under = 0
  const engine = fakeEngine({
    call: async (_path, request) => {
      t.equal(++under, 1)
      await new Promise(resolve => { setImmediate(resolve) })
      under--
      return answer(readPredictRequest(request).inputs)
    }
  })
  const answers = await make().calls.call(versionEntry({ engine }), { messages: [message(1, 2), message(3)], rows: [2, 1], whole }, call)
  t.equal(answers.length, 2)
  t.same(sent(engine), [[1, 2], [3]])
  t.match(engine.calls[0], { path: '/tensorflow.serving.PredictionService/Predict', options: { deadline: 5, resend: true } })
})

t.test('a method of its own', async t => {
  const engine = fakeEngine({ call: async () => Buffer.from('x') })
  t.same(await make().calls.call(versionEntry({ engine, mayResend: () => false }), { path: '/Classify', messages: [message(1)], rows: [0], whole }, { ...call, metadata: { a: 'b' } }), [Buffer.from('x')])
  t.match(engine.calls[0], { path: '/Classify', options: { resend: false, metadata: { a: 'b' } } })
})

t.test('an answer with other rows shows that the signature must not be split: it goes whole', async t => {
  const { calls, refuted } = make()
  const engine = fakeEngine({ call: async (_path, request) => answer(readPredictRequest(request).inputs['x']!.shape[0] === 3 ? rowsOf(7, 8, 9) : rowsOf(0)) })
  const answers = await calls.call(versionEntry({ engine }), { messages: [message(1, 2), message(3)], rows: [2, 1], whole }, call)
  t.same(answers, [answer(rowsOf(7, 8, 9))])
  t.same(sent(engine), [[1, 2], [1, 2, 3]])
  t.same(refuted, ['serving_default'])
})

t.test('what the model says of a part it is asked of the whole; what is true of any call is told at once', async t => {
  const refusing = fakeEngine({ call: async (_path, request) => { throw new OutriggerError('MODEL_INVALID_ARGUMENT', `rows ${readPredictRequest(request).inputs['x']!.shape[0]}`) } })
  const { calls, refuted } = make()
  await t.rejects(calls.call(versionEntry({ engine: refusing }), { messages: [message(1, 2), message(3)], rows: [2, 1], whole }, call), { code: 'MODEL_INVALID_ARGUMENT', message: 'rows 3', model: 'm' })
  t.same(refuted, [])
  const late = fakeEngine({ call: async () => { throw new OutriggerError('MODEL_TIMEOUT', 'late') } })
  await t.rejects(calls.call(versionEntry({ engine: late }), { messages: [message(1, 2), message(3)], rows: [2, 1], whole }, call), { code: 'MODEL_TIMEOUT', model: 'm', version: 1n })
  t.equal(late.calls.length, 1)
})
