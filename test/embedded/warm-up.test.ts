import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { warmUp } from '../../src/embedded/warm-up.js'
import { ModelError, type LoadedModel } from '../../src/embedded/formats/format.js'
import { codecs } from '../../src/grpc/protos.js'
import { writePredictLog } from '../../src/tensor/proto/prediction-log.js'
import { Writer } from '../../src/tensor/proto/wire.js'
import { readRecords } from '../../src/tfrecord/read.js'
import { frame } from '../../src/tfrecord/write.js'
import { floats, ints } from './saved-model-writer.js'
import type { PredictionLog } from '../../src/grpc/messages.js'
import type { Signature, TensorInfo, Tensors } from '../../src/tensor/tensor.js'

const text: TensorInfo = { dtype: 'DT_STRING', shape: [-1] }
const number: TensorInfo = { dtype: 'DT_FLOAT', shape: [-1] }
const signature = (name: string, input: [string, TensorInfo], ...outputs: [string, TensorInfo][]): [string, Signature] => [name, { name, methodName: '', inputs: new Map([input]), outputs: new Map(outputs) }]

/** Predicts, classifies and regresses, and tells which signatures were run with what. */
function model (): LoadedModel & { runs: [string, Tensors][] } {
  const runs: [string, Tensors][] = []
  return {
    runs,
    signatures: new Map([signature('serving_default', ['x', number], ['y', number]), signature('classify', ['inputs', text], ['scores', number]), signature('regress', ['inputs', text], ['outputs', number])]),
    signatureDefMap: new Uint8Array(0),
    run: (name, inputs) => {
      runs.push([name, inputs])
      const size = Object.values(inputs)[0].shape[0]
      return name === 'classify' ? { scores: floats([size, 1], ...Array<number>(size).fill(1)) } : { [name === 'regress' ? 'outputs' : 'y']: floats([size], ...Array<number>(size).fill(1)) }
    },
    dispose: () => {}
  }
}
const folderOf = (t: Test, content: Uint8Array): string => t.testdir({ 'assets.extra': { tf_serving_warmup_requests: Buffer.from(content) } })
const fileOf = (t: Test, ...records: Uint8Array[]): string => folderOf(t, Buffer.concat(records.map(frame)))
const log = (message: PredictionLog): Buffer => codecs.predictionLog.encode(message)
const predictLog = writePredictLog({ name: 'whatever', signatureName: '' }, { x: floats([2], 1, 2) })
const input = { example_list: { examples: [{ features: { feature: { x: { float_list: { value: [1] } } } } }] } }

const failure = async (t: Test, folder: string): Promise<ModelError> => {
  const error: unknown = await warmUp(model(), 1n, folder, 1).catch((reason: unknown) => reason)
  if (error instanceof ModelError) return error
  t.fail('a ModelError was expected')
  throw error
}

t.test('every kind of call is run, each record so often as it is said', async t => {
  const records = [
    predictLog,
    log({ classify_log: { request: { model_spec: { name: 'm', signature_name: 'classify' }, input } } }),
    log({ regress_log: { request: { model_spec: { name: 'm', signature_name: 'regress' }, input } } }),
    log({ multi_inference_log: { request: { tasks: ['regress', 'classify'].map(name => ({ model_spec: { name: 'm', signature_name: name }, method_name: `tensorflow/serving/${name}` })), input } } }),
    Buffer.alloc(0)
  ]
  const one = model()
  t.equal(await warmUp(one, 1n, fileOf(t, ...records), 1), 5)
  t.same(one.runs.map(([name]) => name), ['serving_default', 'classify', 'regress', 'regress', 'classify'])
  t.same([...one.runs[0][1].x.data as Float32Array], [1, 2])
  const two = model()
  t.equal(await warmUp(two, 1n, fileOf(t, ...records.slice(0, 2)), 2), 2)
  t.same(two.runs.map(([name]) => name), ['serving_default', 'serving_default', 'classify', 'classify'])
})

t.test('no file is no warm-up', async t => {
  t.equal(await warmUp(model(), 1n, t.testdir({}), 1), 0)
  t.equal(await warmUp(model(), 1n, t.testdir({ 'assets.extra': 'a file' }), 1), 0)
})

t.test('one bad record fails the whole, named by its number', async t => {
  const cases: Record<string, [Uint8Array, Partial<ModelError>]> = {
    'a dtype': [writePredictLog({ name: 'm', signatureName: '' }, { x: ints([1], 1) }), { status: 3, message: 'Expects arg[0] to be float but int32 is provided (warmup record 2)' }],
    'a signature': [writePredictLog({ name: 'm', signatureName: 'no' }, {}), { status: 9, message: 'Serving signature key "no" not found. (warmup record 2)' }],
    'no request': [Buffer.from([0x32, 0]), { status: 3 }],
    'no message': [Buffer.from([0x32, 9]), { status: 3 }],
    'a session': [new Writer().bytes(5, new Uint8Array(0)).finish(), { status: 12, message: 'Unsupported log_type for warmup: 5 (warmup record 2)' }],
    'a stream': [log({ predict_streamed_log: { request: [] } }), { status: 12, message: 'Unsupported log_type for warmup: 7 (warmup record 2)' }],
    'a task of another method': [log({ multi_inference_log: { request: { tasks: [{ model_spec: { name: 'm' }, method_name: 'constructor' }], input } } }), { status: 12, message: 'Unsupported signature method_name: constructor (warmup record 2)' }],
    'tasks that are no message': [new Writer().message(4, w => { w.bytes(1, Buffer.from([0x0a, 9])) }).finish(), { status: 3 }]
  }
  for (const [what, [record, expected]] of Object.entries(cases)) {
    const error = await failure(t, fileOf(t, predictLog, record, predictLog))
    t.match(error, expected, what)
    t.match(error.message, /record 2\)$/, what)
  }
})

t.test('a damaged file, and one of too many records', async t => {
  t.match(await failure(t, folderOf(t, Buffer.from('no such thing at all'))), { status: 15, message: 'corrupted record at 0 (Is this even a TFRecord file?). Please verify your warmup data is in TFRecord format.' })
  t.match(await failure(t, folderOf(t, frame(predictLog).subarray(0, -1))), { status: 15, message: /^truncated record at 0' failed with .*Please verify/ })
  const small = frame(Buffer.alloc(0))
  t.equal(await warmUp(model(), 1n, folderOf(t, Buffer.concat(Array<Buffer>(1000).fill(small))), 1), 1000)
  t.match(await failure(t, folderOf(t, Buffer.concat(Array<Buffer>(1001).fill(small)))), { status: 3, message: /^Number of warmup records exceeds the maximum \(1000\) at .*assets\.extra.tf_serving_warmup_requests$/ })
})

t.test("TensorFlow Serving's own records are understood", async t => {
  const recorded = fileURLToPath(new URL('../fixtures/warmup/recorded', import.meta.url))
  const records: Buffer[] = []
  for await (const record of readRecords(recorded, 1 << 20)) records.push(record)
  const one = model()
  t.equal(await warmUp(one, 1n, fileOf(t, records[0], records[2], records[3], records[4], records[7]), 1), 5)
  t.same(one.runs.map(([name]) => name), ['serving_default', 'classify', 'regress', 'classify', 'regress'])
})
