import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { classify } from '../../src/embedded/classify.js'
import { savedModel } from '../../src/embedded/formats/saved-model/index.js'
import { ModelError, type LoadedModel } from '../../src/embedded/formats/format.js'
import { readExamples } from '../../src/embedded/examples.js'
import { regress } from '../../src/embedded/regress.js'
import { codecs } from '../../src/grpc/protos.js'
import { floats, ints, strings } from './saved-model-writer.js'
import type { Example } from '../../src/grpc/messages.js'
import type { Signature, Tensor, Tensors } from '../../src/tensor/tensor.js'

const example = (features: Record<string, number[]>): Example =>
  ({ features: { feature: Object.fromEntries(Object.entries(features).map(([name, value]) => [name, { float_list: { value } }])) } })
const request = (signature_name: string, examples: Example[], context?: Example): Buffer => codecs.regressionRequest.encode({
  model_spec: { name: 'm', signature_name },
  input: context === undefined ? { example_list: { examples } } : { example_list_with_context: { examples, context } }
})

/** A model whose one signature gives these outputs whatever comes. */
const fake = (outputs: Tensors, input = 'inputs', dtype: Tensor['dtype'] = 'DT_STRING'): LoadedModel => {
  const infos = (tensors: Record<string, Pick<Tensor, 'dtype'>>): Signature['inputs'] => new Map(Object.entries(tensors).map(([name, tensor]) => [name, { dtype: tensor.dtype, shape: undefined }]))
  const signature: Signature = { name: 's', methodName: 'any', inputs: infos({ [input]: { dtype } }), outputs: infos(outputs) }
  return { signatures: new Map([['s', signature]]), signatureDefMap: new Uint8Array(0), run: () => outputs, dispose: () => {} }
}
const two = request('s', [example({ x: [1] }), example({ x: [2] })])
const classesOf = (bytes: Uint8Array): [string, number][][] => codecs.classificationResponse.decode(bytes).result!.classifications.map(({ classes }) => classes.map(({ label, score }) => [label, score]))
const valuesOf = (bytes: Uint8Array): number[] => codecs.regressionResponse.decode(bytes).result!.regressions.map(({ value }) => value)

t.test('examples as they came, with the context before each', async t => {
  const context = example({ y: [3] })
  const { examples, model } = readExamples(request('s', [example({ x: [1] }), example({})], context))
  t.match(model, { name: 'm', signatureName: 's' })
  t.strictSame(examples.shape, [2])
  const plain = readExamples(request('s', [context])).examples.data as readonly Uint8Array[]
  t.strictSame(Buffer.from((examples.data as readonly Uint8Array[])[0]).subarray(0, plain[0].length), Buffer.from(plain[0]))
  t.throws(() => readExamples(request('s', [])), { name: 'ModelError', status: 3, message: 'Input is empty' })
  t.throws(() => readExamples(Buffer.from([0x12, 9])), { name: 'ModelError', status: 3 })
})

t.test('classify', async t => {
  t.strictSame(classesOf(classify(fake({ classes: strings([2, 2], 'a', 'b', 'c', ''), scores: floats([2, 2], 0.5, 0, -1, 2) }), 1n, two)), [[['a', 0.5], ['b', 0]], [['c', -1], ['', 2]]])
  t.strictSame(classesOf(classify(fake({ scores: floats([2, 1], 1, 2) }), 1n, two)), [[['', 1]], [['', 2]]])
  t.strictSame(classesOf(classify(fake({ classes: strings([2, 1], 'a', 'b') }), 1n, two)), [[['a', 0]], [['b', 0]]])
  t.match(codecs.classificationResponse.decode(classify(fake({ scores: floats([2, 1], 1, 2) }), 5n, two)).model_spec, { name: 'm', version: { value: '5' }, signature_name: 's' })
  const refused = (model: LoadedModel, status: number, message: RegExp): void => { t.throws(() => classify(model, 1n, two), { name: 'ModelError', status, message }, String(message)) }
  refused(fake({ outputs: floats([2], 1, 2) }), 9, /^Expected classification signature outputs to contain at least one of/)
  refused(fake({ scores: floats([2, 1], 1, 2) }, 'x'), 9, /^No classification inputs found in SignatureDef/)
  refused(fake({ scores: floats([2, 1], 1, 2) }, 'inputs', 'DT_FLOAT'), 3, /^Expects arg\[0\] to be float but string is provided/)
  refused(fake({ scores: floats([2], 1, 2) }), 3, /^Expected Tensor shape: \[batch_size num_classes\] but got \[2\]/)
  refused(fake({ scores: ints([2, 1], 1, 2) }), 3, /^Expected scores Tensor of DT_FLOAT. Got: DT_INT32/)
  refused(fake({ scores: floats([1, 2], 1, 2) }), 3, /^Expected scores output batch size of 2. Got: 1/)
  refused(fake({ classes: strings([2, 1], 'a', 'b'), scores: floats([2, 2], 1, 2, 3, 4) }), 3, /should match/)
})

t.test('regress', async t => {
  t.strictSame(valuesOf(regress(fake({ outputs: floats([2], 1.5, 0) }), 1n, two)), [1.5, 0])
  t.strictSame(valuesOf(regress(fake({ outputs: floats([2, 1], NaN, -0) }), 1n, two)), [NaN, -0])
  const refused = (model: LoadedModel, status: number, message: RegExp): void => { t.throws(() => regress(model, 1n, two), { name: 'ModelError', status, message }, String(message)) }
  refused(fake({ scores: floats([2], 1, 2) }), 9, /^No regression outputs found/)
  refused(fake({ outputs: floats([2], 1, 2) }, 'x'), 9, /^No regression inputs found/)
  refused(fake({ outputs: floats([1, 2], 1, 2) }), 3, /^Expected output Tensor shape to be either/)
  refused(fake({ outputs: floats([1], 1) }), 3, /^Input batch size did not match output batch size: 2 vs. 1/)
  refused(fake({ outputs: ints([2], 1, 2) }), 3, /^Expected output Tensor of DT_FLOAT/)
  t.throws(() => regress(fake({ outputs: floats([2], 1, 2) }), 1n, request('none', [example({})])), { name: 'ModelError', status: 3, message: 'No signature was found with the name: none' })
})

const half = fileURLToPath(new URL('../../../shared/testdata/saved_model_half_plus_two_cpu/00000123', import.meta.url))

t.test('half_plus_two takes examples', { skip: !existsSync(half) && 'the model is not at hand' }, async t => {
  const model = await savedModel.load(half)
  const examples = [example({ x: [2] }), example({ x: [5] })]
  t.strictSame(valuesOf(regress(model, 1n, request('regress_x_to_y', examples))), [3, 4.5])
  t.strictSame(valuesOf(regress(model, 1n, request('regress_x_to_y', [example({})], example({ x: [8] })))), [6], 'a feature of the context')
  t.strictSame(valuesOf(regress(model, 1n, request('regress_x_to_y', [example({ x: [2] })], example({ x: [8] })))), [3], 'a feature in both')
  t.strictSame(classesOf(classify(model, 1n, request('classify_x_to_y', examples))), [[['', 3]], [['', 4.5]]])
  t.throws(() => regress(model, 1n, request('regress_x_to_y', [example({ x2: [1] })])), ModelError)
})
