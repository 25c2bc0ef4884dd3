// aside/work.ts: bodies into messages, messages into texts, with the meaning that they have anywhere else.
import t from 'tap'
import type { AnswerForm, Outcome, ReadDone, ReadTask } from '../../src/aside/messages.js'
import { work } from '../../src/aside/work.js'
import { parsePredictBody } from '../../src/tensor/json/predict-body.js'
import { printPredictions } from '../../src/tensor/json/predict-response.js'
import { readExamplesRequest } from '../../src/tensor/proto/examples.js'
import { readPredictRequest, writePredictResponse } from '../../src/tensor/proto/predict.js'
import type { Signature, Tensor, Tensors } from '../../src/tensor/tensor.js'

const inputs = new Map([['x', { dtype: 'DT_FLOAT' as const, shape: [-1, 2] }]])
const signature: Signature = { name: 'serving_default', methodName: '', inputs, outputs: inputs }
const servable = { name: 'm', version: 3n }
const predictAs = { api: 'predict', inputs: new Map([['serving_default', inputs], ['other', inputs]]) } as const
const once = new Map<string, number>()

const read = (body: string | Buffer, as: ReadTask['as'] = predictAs, split: ReadonlyMap<string, number> = once): Outcome => work({ kind: 'read', body: Buffer.from(body), servable, split, as })
const done = (outcome: Outcome): ReadDone => (outcome as { done: ReadDone }).done
const tensorsOf = (messages: readonly Uint8Array[]): Tensors[] => messages.map(message => readPredictRequest(message).inputs)

t.test('a body in one message', async t => {
  const { messages, rows, form, signature } = done(read('{"instances": [[1, 2.5], [3, 4]]}'))
  t.same({ rows, form, signature }, { rows: [2], form: { api: 'predict', format: 'row' }, signature: '' })
  t.match(readPredictRequest(messages[0]!).model, { name: 'm', version: 3n, signatureName: '' })
  t.same(tensorsOf(messages)[0]!['x'], { dtype: 'DT_FLOAT', shape: [2, 2], data: Float32Array.of(1, 2.5, 3, 4) })
  t.equal(done(read('{"signature_name": "other", "inputs": {"x": [[1, 2]]}}')).signature, 'other')
})

t.test('many rows of a signature that may be split go in several messages, which are one again when they are joined', async t => {
  const rows = 100_001
  const body = `{"instances": [${Array.from({ length: rows }, (_, i) => `[${i},0.5]`).join(',')}]}`
  const { messages, rows: counts } = done(read(body, predictAs, new Map([['serving_default', 8]])))
  t.ok(messages.length > 2)
  t.equal(counts.reduce((sum, count) => sum + count, 0), rows)
  t.same(tensorsOf(messages).map(({ x }) => x!.shape[0]), counts)
  const outcome = work({ kind: 'join', servable, signature: '', messages }) as { done: { message: Uint8Array } }
  t.same(readPredictRequest(outcome.done.message), { model: { name: 'm', version: 3n, versionLabel: undefined, signatureName: '' }, outputFilter: [], inputs: parsePredictBody(Buffer.from(body), () => inputs).inputs })
  t.equal(done(read(body, predictAs, new Map([['other', 8]]))).messages.length, 1, 'another signature may')
  t.equal(done(read(body, predictAs, new Map([['serving_default', rows]]))).messages.length, 1, 'a call may have as many')
  const answers = messages.map(message => writePredictResponse({ model: { name: 'm', signatureName: '' }, outputs: readPredictRequest(message).inputs }))
  const { text } = (work({ kind: 'print', form: { api: 'predict', format: 'row' }, outputs: answers }) as { done: { text: Uint8Array } }).done
  t.ok(Buffer.from(text).equals(printPredictions(parsePredictBody(Buffer.from(body), () => inputs).inputs, 'row')))
})

t.test('texts are split and joined too', async t => {
  const texts = new Map([['x', { dtype: 'DT_STRING' as const, shape: [-1] }]])
  const body = JSON.stringify({ instances: Array.from({ length: 60_000 }, (_, i) => `text ${i}`) })
  const as = { api: 'predict', inputs: new Map([['serving_default', texts]]) } as const
  const { messages } = done(read(body, as, new Map([['serving_default', 1]])))
  t.ok(messages.length > 1)
  const answers = messages.map(message => writePredictResponse({ model: { name: 'm', signatureName: '' }, outputs: readPredictRequest(message).inputs }))
  const { text } = (work({ kind: 'print', form: { api: 'predict', format: 'columnar' }, outputs: answers }) as { done: { text: Uint8Array } }).done
  t.same(JSON.parse(Buffer.from(text).toString()), { outputs: (JSON.parse(body) as { instances: string[] }).instances })
})

t.test('what is wrong is told in the same words, in the same order', async t => {
  t.match(read('{"instances": [1, 2'), { fault: { code: 'REQUEST_NOT_JSON', message: /offset: 19/ } })
  t.match(read('{"instances": ["a"]}'), { fault: { code: 'REQUEST_INVALID' } })
  t.same(read('{"signature_name": "none", "instances": ["a"]}'), { unknown: 'none' })
  t.same(read('{"instances": [1]}', { api: 'predict', inputs: new Map() }), { unknown: '' }, 'no model')
  t.match(read('{"instances": [1', { api: 'predict', inputs: new Map() }), { fault: { code: 'REQUEST_NOT_JSON' } }, 'the text comes before the model')
  t.match(read('{"x": [["a", 1]]}', { api: 'evaluate', signature, raw: false, shape: undefined }), { fault: { code: 'REQUEST_INVALID', errors: [{ pointer: '/x/0/0' }] } })
})

t.test('evaluate: JSON and raw bytes', async t => {
  const json = done(read('{"x": [[1, 2], [3, 4]]}', { api: 'evaluate', signature, raw: false, shape: undefined }))
  t.same(json.form, { api: 'evaluate', plain: false })
  t.same(done(read('{"x": [1, 2]}', { api: 'evaluate', signature, raw: false, shape: undefined })).form, { api: 'evaluate', plain: true })
  const raw = done(read(Buffer.from(Float32Array.of(1, 2, 3, 4).buffer), { api: 'evaluate', signature, raw: true, shape: undefined }))
  t.same(tensorsOf(raw.messages), tensorsOf(json.messages))
  t.equal(readPredictRequest(raw.messages[0]!).model.signatureName, 'serving_default')
})

t.test('examples', async t => {
  const { messages, signature } = done(read('{"signature_name": "c", "examples": [{"a": 1}]}', { api: 'classify' }))
  t.equal(signature, 'c')
  t.match(readExamplesRequest(messages[0]!), { model: { name: 'm', version: 3n, signatureName: 'c' }, examples: { length: 1 } })
})

t.test('texts of answers', async t => {
  const y: Tensor = { dtype: 'DT_FLOAT', shape: [1, 2], data: Float32Array.of(1.5, 2) }
  const text = (form: AnswerForm, outputs: readonly Uint8Array[] | Tensors): string => Buffer.from((work({ kind: 'print', form, outputs }) as { done: { text: Uint8Array } }).done.text).toString()
  t.equal(text({ api: 'evaluate', plain: true }, { y }), '{"y":[1.5,2]}')
  t.equal(text({ api: 'evaluate', plain: false }, [writePredictResponse({ model: { name: 'm', signatureName: '' }, outputs: { y } })]), '{"y":[[1.5,2]]}')
  t.match(work({ kind: 'print', form: { api: 'classify' }, outputs: [Buffer.alloc(0)] }), { fault: { code: 'REQUEST_INVALID' } })
  t.match(work({ kind: 'print', form: { api: 'regress' }, outputs: [Buffer.alloc(0)] }), { fault: { code: 'REQUEST_INVALID' } })
  t.match(work({ kind: 'print', form: { api: 'evaluate', plain: true }, outputs: [Buffer.from([0x0a, 0xff, 0xff])] }), { fault: { code: 'MODEL_ANSWER_INVALID' } })
})
