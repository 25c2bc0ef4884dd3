// http/large-answer.ts: which answers are printed aside, and what is told of a model that is not there. The whole way: e2e/large-bodies.
import t from 'tap'
import { answerLarge, isLargeBody, printOutputs } from '../../src/http/large-answer.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { asideOf } from '../helpers/aside.js'

const limits = { deadline: Infinity, signal: new AbortController().signal }
const service = asideOf(async (_entry, inputs) => inputs)
const usual = (): Buffer => Buffer.from('usual')
const floats = (count: number): Tensor => ({ dtype: 'DT_FLOAT', shape: [count], data: new Float32Array(count).fill(0.5) })

t.test('outputs of many numbers are printed aside, others as usual', async t => {
  const form = { api: 'evaluate', plain: false } as const
  t.same(printOutputs(service, form, { y: floats(65_535) }, limits, usual), usual())
  const text = await printOutputs(service, form, { a: floats(40_000), b: floats(40_000) }, limits, usual)
  t.equal(text.toString(), `{"a":[${new Array(40_000).fill(0.5).join(',')}],"b":[${new Array(40_000).fill(0.5).join(',')}]}`)
  const texts: Tensor = { dtype: 'DT_STRING', shape: [70_000], data: new Array<Buffer>(70_000).fill(Buffer.from('x')) }
  t.same(printOutputs(service, form, { y: texts }, limits, usual), usual(), 'texts')
})

t.test('a model that is not there is refused behind what is wrong with the body, and one that came meanwhile is asked for later', async t => {
  const ask = async (body: string, refuse: () => void): Promise<Buffer> =>
    await answerLarge(service, { body: Buffer.from(body), as: { api: 'predict', inputs: new Map() }, entry: undefined, refuse }, limits)
  const refused = new Error('refused')
  await t.rejects(ask('{"instances": [1]}', () => { throw refused }), refused)
  await t.rejects(ask('{"instances": [1', () => { throw refused }), { code: 'REQUEST_NOT_JSON' })
  await t.rejects(ask('{"instances": [1]}', () => {}), { code: 'MODEL_NOT_READY', retryAfterMs: 1000 })
  await t.rejects(answerLarge(service, { body: Buffer.from('{"examples": [{"a": 1}]}'), as: { api: 'classify' }, entry: undefined, refuse: () => { throw refused } }, limits), refused)
})

t.test('large bodies', async t => {
  t.same([256 * 1024 - 1, 256 * 1024].map(length => isLargeBody(new Uint8Array(length))), [false, true])
})
