// tensor/proto/predict.ts: both messages there and back, names of any kind, and agreement with the shared descriptors where they stand.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readPredictRequest, readPredictResponse, writePredictRequest, writePredictResponse, writeStackedPredictRequest } from '../../../src/tensor/proto/predict.js'
import { Writer, WireError } from '../../../src/tensor/proto/wire.js'
import type { Tensors } from '../../../src/tensor/tensor.js'

const inputs: Tensors = Object.assign(Object.create(null), {
  x: { dtype: 'DT_FLOAT', shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) },
  ['__proto__']: { dtype: 'DT_INT64', shape: [], data: new BigInt64Array([2n ** 62n]) },
  'ä/:': { dtype: 'DT_STRING', shape: [1], data: [Buffer.from('é')] }
})
const big: Tensors = { x: { dtype: 'DT_FLOAT', shape: [100000], data: new Float32Array(100000).map((_, i) => i) } }

t.test('a request there and back', async t => {
  for (const model of [
    { name: 'm', signatureName: '' }, { name: 'm', version: 0n, signatureName: 's' },
    { name: 'ü', version: 2n ** 63n - 1n, signatureName: '' }, { name: '', versionLabel: 'stable', signatureName: 'x' }
  ]) {
    const back = readPredictRequest(writePredictRequest({ model, inputs, outputFilter: ['a', 'b'] }))
    t.same(back.model, { version: undefined, versionLabel: undefined, ...model })
    t.same(Object.keys(back.inputs).sort(), ['__proto__', 'x', 'ä/:'])
    t.same([...back.inputs.x.data as Float32Array], [1, 2, 3, 4, 5, 6])
    t.same(back.inputs['ä/:'].data, [Buffer.from('é')])
    t.same(back.outputFilter, ['a', 'b'])
  }
})

t.test('stacked: the rows of several requests as one', async t => {
  const model = { name: 'm', version: 3n, signatureName: 's' }
  const one = (...texts: string[]): Tensors => ({
    x: { dtype: 'DT_FLOAT', shape: [texts.length, 2], data: Float32Array.from(texts.flatMap(text => [text.length, 7])) },
    n: { dtype: 'DT_INT64', shape: [texts.length], data: BigInt64Array.from(texts, text => BigInt(text.length)) },
    s: { dtype: 'DT_STRING', shape: [texts.length], data: texts.map(text => Buffer.from(text)) }
  })
  const texts = ['a', 'bcd', '', 'e'.repeat(20_000)]
  t.same(writeStackedPredictRequest(model, [one('a'), one('bcd', ''), one(texts[3]!)]), writePredictRequest({ model, inputs: one(...texts), outputFilter: [] }), 'byte for byte as if it were one')
  t.same(writeStackedPredictRequest(model, [one()]), writePredictRequest({ model, inputs: one(), outputFilter: [] }))
  const x = one('a')['x']!
  for (const other of [{ ...x, dtype: 'DT_INT32', data: Int32Array.of(1, 2) }, { ...x, shape: [2, 1] }, { ...x, shape: [2] }, { ...x, shape: [2, 2] }] as Tensors[string][]) t.throws(() => writeStackedPredictRequest(model, [{ x }, { x: other }]), WireError)
  t.throws(() => writeStackedPredictRequest(model, [{ x }, {}]), WireError)
})

t.test('a response there and back, large too', async t => {
  const back = readPredictResponse(writePredictResponse({ model: { name: 'm', version: 3n, signatureName: 'serving_default' }, outputs: big }))
  t.equal((back.outputs.x.data as Float32Array)[99999], 99999)
  t.equal(back.model.version, 3n)
})

t.test('faults name the tensor', async t => {
  const entry = new Writer().message(2, e => { e.string(1, 'bad').message(2, p => { p.uint32(1, 77) }) }).finish()
  t.throws(() => readPredictRequest(entry), { message: 'tensor "bad": tensor of unknown dtype 77' })
  t.throws(() => readPredictRequest(new Writer().message(2, e => { e.string(1, 'bad') }).finish()), WireError)
  t.throws(() => readPredictResponse(Buffer.from([0x0a, 0x05])), WireError)
  t.same(Object.keys(readPredictResponse(new Writer().uint32(1, 5).string(9, 'x').finish()).outputs), [])
})

const shared = new URL('../../../../shared/', import.meta.url)
const descriptors = fileURLToPath(new URL('reference/descriptors/tensorflow_serving.desc', shared))
const codec = fileURLToPath(new URL('conformance/lib/wire.mjs', shared))
t.test('agrees with the descriptors', { skip: existsSync(descriptors) && existsSync(codec) ? false : 'no ../shared' }, async t => {
  const { loadSchema, decode, encode } = await import(codec) as {
    loadSchema: (bytes: Buffer) => unknown
    decode: (schema: unknown, type: string, bytes: Buffer) => { model_spec: Record<string, unknown>, inputs: Map<string, unknown>, outputs: Map<string, unknown>, output_filter: string[] }
    encode: (schema: unknown, type: string, message: unknown) => Buffer
  }
  const schema = loadSchema(readFileSync(descriptors))
  const request = decode(schema, 'tensorflow.serving.PredictRequest', writePredictRequest({ model: { name: 'm', version: 7n, signatureName: 's' }, inputs, outputFilter: ['y'] }))
  t.equal(request.model_spec.name, 'm')
  t.same((request.model_spec.version as { value: bigint }).value, 7n)
  t.equal(request.model_spec.signature_name, 's')
  t.same([...request.inputs.keys()], Object.keys(inputs))
  t.same(request.output_filter, ['y'])
  const labelled = decode(schema, 'tensorflow.serving.PredictRequest', writePredictRequest({ model: { name: 'm', versionLabel: 'l', signatureName: '' }, inputs: {}, outputFilter: [] }))
  t.equal(labelled.model_spec.version_label, 'l')
  const answer = decode(schema, 'tensorflow.serving.PredictResponse', writePredictResponse({ model: { name: 'm', version: 7n, signatureName: 's' }, outputs: big }))
  t.same([...answer.outputs.keys()], ['x'])
  t.equal(answer.model_spec.name, 'm')
  const encoded = encode(schema, 'tensorflow.serving.PredictResponse', {
    model_spec: { name: 'm', version: 9, signature_name: 's' },
    outputs: { y: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: 2 }] }, float_val: [1, 2] } }
  })
  const back = readPredictResponse(encoded)
  t.same(back.model, { name: 'm', version: 9n, versionLabel: undefined, signatureName: 's' })
  t.same([...back.outputs.y.data as Float32Array], [1, 2])
})
