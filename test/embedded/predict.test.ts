import t from 'tap'
import { savedModel } from '../../src/embedded/formats/saved-model/index.js'
import { checkInputs, predict } from '../../src/embedded/predict.js'
import { readPredictResponse, writePredictRequest, type PredictRequest } from '../../src/tensor/proto/predict.js'
import { Reader, Writer } from '../../src/tensor/proto/wire.js'
import { floats, ints, linear, linearVariables, writeVersion } from './saved-model-writer.js'
import type { Signature } from '../../src/tensor/tensor.js'

t.test('answers with tensor_content and names what answered', async t => {
  const folder = t.testdir()
  writeVersion(folder, linear, linearVariables)
  const model = await savedModel.load(folder)
  const ask = (request: Partial<PredictRequest>): Uint8Array => predict(model, 7n, writePredictRequest({ model: { name: 'm', signatureName: '' }, inputs: { x: floats([2], 2, 4) }, outputFilter: [], ...request }))

  const bytes = ask({})
  const { model: spec, outputs } = readPredictResponse(bytes)
  t.match(spec, { name: 'm', version: 7n, signatureName: 'serving_default' })
  t.strictSame([...outputs.y.data as Float32Array], [3, 4])
  const reader = new Reader(bytes)
  reader.next()
  const entry = reader.sub()
  while (entry.next() && entry.field !== 2) entry.skip()
  const tensor = entry.sub()
  const fields: number[] = []
  while (tensor.next()) { fields.push(tensor.field); tensor.skip() }
  t.strictSame(fields, [1, 2, 4], 'dtype, shape, tensor_content')

  t.strictSame(Object.keys(readPredictResponse(ask({ outputFilter: ['y'] })).outputs), ['y'])
  t.throws(() => ask({ model: { name: 'm', signatureName: 'none' } }), { status: 9, message: 'Serving signature key "none" not found.' })
  t.throws(() => ask({ outputFilter: ['z'] }), { status: 3, message: 'output tensor alias not found in signature: z Outputs expected to be in the set {y}.' })
  t.throws(() => ask({ outputFilter: ['y', 'y'] }), { status: 3, message: 'duplicate output tensor alias: y' })
  t.throws(() => ask({ inputs: {} }), { status: 3, message: 'input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: {x}.' })
  t.throws(() => ask({ inputs: { x: ints([2], 1, 2) } }), { status: 3, message: 'Expects arg[0] to be float but int32 is provided' })
})

t.test('requests that cannot be read', async t => {
  const folder = t.testdir()
  writeVersion(folder, linear, linearVariables)
  const model = await savedModel.load(folder)
  const broken = new Writer().message(2, e => { e.string(1, 'x').message(2, v => { v.uint32(1, 1).message(2, s => { s.message(2, d => { d.int64(1, 3n) }) }).bytes(4, Buffer.alloc(5)) }) }).finish()
  t.throws(() => predict(model, 1n, broken), { status: 3, message: /^tensor parsing error: x/ })
  t.throws(() => predict(model, 1n, Buffer.from([0x12, 0x7f])), { name: 'ModelError', status: 3 })
})

t.test('names', async t => {
  const info = { dtype: 'DT_FLOAT' as const, shape: [] }
  const signature: Signature = { name: 's', methodName: '', inputs: new Map([['b', info], ['a', info]]), outputs: new Map() }
  const x = floats([], 1)
  checkInputs(signature, undefined, { a: x, b: x })
  checkInputs(signature, new Set(['a']), { b: x })
  t.throws(() => checkInputs(signature, new Set(['a']), { a: x }), { message: /Missing but required: \{b\}/ })
  t.throws(() => checkInputs(signature, new Set(['a']), { b: x, c: x }), { message: 'input tensor alias not found in signature: c. Inputs expected to be in the set {a,b}.' })
  t.throws(() => checkInputs(signature, undefined, { a: x, c: x }), { message: 'input size does not match signature: 2!=2 len({a,c}) != len({a,b}). Sent extra: {c}. Missing but required: {b}.' })
})
