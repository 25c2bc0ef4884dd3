import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { codecs } from '../../src/grpc/protos.js'
import type { PredictionLog } from '../../src/grpc/messages.js'
import { writePredictLog } from '../../src/tensor/proto/prediction-log.js'
import { Writer } from '../../src/tensor/proto/wire.js'
import { frame } from '../../src/tfrecord/write.js'
import { checkRecords, checkWarmup, signaturesOf, type RecordReport } from '../../src/warmup/check.js'
import { warmupFile } from '../../src/warmup/file.js'
import { floats, ints, linear, savedModelBytes, type ModelSpec } from '../embedded/saved-model-writer.js'

const text = { tensor: 'e:0', dtype: 'DT_STRING', shape: [-1] } as const
const number = { tensor: 'x:0', dtype: 'DT_FLOAT', shape: [-1] } as const
const spec: ModelSpec = {
  ...linear,
  signatures: {
    ...linear.signatures,
    pair: { inputs: { a: { ...number, shape: [-1, 2] }, b: number }, outputs: { y: number } },
    classify: { inputs: { inputs: text }, outputs: { scores: number } },
    regress: { inputs: { inputs: text }, outputs: { outputs: number } }
  }
}
const folderOf = (t: Test, content: Uint8Array): string => t.testdir({ 'saved_model.pb': savedModelBytes(spec), 'assets.extra': { tf_serving_warmup_requests: Buffer.from(content) } })
const log = (message: PredictionLog): Buffer => codecs.predictionLog.encode(message)
const good = writePredictLog({ name: 'm', signatureName: '' }, { x: floats([2], 1, 2) })
const input = { example_list: { examples: [{ features: null }] } }

async function reports (folder: string): Promise<RecordReport[]> {
  const all: RecordReport[] = []
  for await (const report of checkRecords(warmupFile(folder), await signaturesOf(folder))) all.push(report)
  return all
}

t.test('good records of every kind', async t => {
  const folder = folderOf(t, Buffer.concat([
    good,
    writePredictLog({ name: 'another', version: 7n, signatureName: 'pair' }, { b: floats([1], 1), a: floats([3, 2], 1, 2, 3, 4, 5, 6) }),
    log({ classify_log: { request: { model_spec: { name: 'm', signature_name: 'classify' }, input } } }),
    log({ multi_inference_log: { request: { tasks: ['classify', 'regress'].map(name => ({ model_spec: { name: 'm', signature_name: name }, method_name: `tensorflow/serving/${name}` })), input } } }),
    Buffer.alloc(0)
  ].map(frame)))
  t.match(await reports(folder), [
    { record: 1, kind: 'predict', signature: 'serving_default', asks: 'x DT_FLOAT[2]', fault: undefined },
    { record: 2, kind: 'predict', signature: 'pair', fault: undefined },
    { record: 3, kind: 'classify', asks: 'classify of 1 examples', fault: undefined },
    { record: 4, kind: 'multi-inference', signature: 'classify and regress', fault: undefined },
    { record: 5, kind: undefined, fault: undefined, note: /holds no call/ }
  ])
  await checkWarmup(folder)
  await checkWarmup(t.testdir({}))
})

t.test('each fault in words', async t => {
  const cases: [Uint8Array, RegExp][] = [
    [writePredictLog({ name: 'm', signatureName: 'no' }, {}), /^there is no signature no; there are: serving_default, bump, pair, classify, regress$/],
    [writePredictLog({ name: 'm', signatureName: '' }, { x: ints([1], 1) }), /^input x is DT_INT32, the signature takes DT_FLOAT$/],
    [writePredictLog({ name: 'm', signatureName: '' }, { x: floats([1, 1], 1) }), /^input x has the shape \[1, 1\], the signature takes \[\?\]$/],
    [writePredictLog({ name: 'm', signatureName: 'pair' }, { a: floats([1, 3], 1, 2, 3), c: floats([], 1) }), /^input a has the shape \[1, 3\], the signature takes \[\?, 2\]; there is no input c; input b is missing$/],
    [log({ predict_log: { request: { model_spec: { name: 'm' }, inputs: {}, output_filter: ['z', 'z'] } } }), /input x is missing; there is no output z; there is no output z; output z is asked for twice$/],
    [log({ classify_log: { request: { model_spec: { name: 'm', signature_name: 'pair' }, input: null } } }), /^there are no examples; signature pair does not classify: its inputs are a, b, not inputs$/],
    [log({ regress_log: { request: { model_spec: { name: 'm', signature_name: 'classify' }, input } } }), /its outputs are scores, not outputs$/],
    [log({ multi_inference_log: { request: { tasks: [{ model_spec: { name: 'm' }, method_name: 'other' }], input } } }), /a task has the method "other"/],
    [log({ multi_inference_log: { request: { tasks: [], input } } }), /^there are no tasks$/],
    [log({ predict_streamed_log: { request: [{ model_spec: null, inputs: {} }, { model_spec: null, inputs: {} }] } }), /several requests/],
    [new Writer().bytes(5, new Uint8Array(0)).finish(), /sessions/],
    [Buffer.from('no message'), /^it is no PredictionLog: /],
    [Buffer.from([0x32, 3, 0x0a, 1, 0x0a]), /^its request cannot be read: /],
    [log({ predict_log: { request: { model_spec: null, inputs: { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '3' }] }, tensor_content: Buffer.alloc(4) } } } } }), /^its request cannot be read: tensor "x": /]
  ]
  const folder = folderOf(t, Buffer.concat(cases.map(([record]) => frame(record))))
  const found = await reports(folder)
  for (const [i, [, fault]] of cases.entries()) t.match(found[i], { record: i + 1, fault })
  await t.rejects(checkWarmup(folder), { code: 'MODEL_WARMUP', message: /record 1: there is no signature no/ })
})

t.test('a damaged file, too many records, something left over', async t => {
  t.match(await reports(folderOf(t, Buffer.concat([frame(good), frame(good).subarray(0, -1)]))), [{ record: 1, fault: undefined }, { record: 2, fault: /^truncated record at/ }])
  t.match(await reports(folderOf(t, Buffer.concat([frame(good), Buffer.from('rest')]))), [{}, { record: 2, fault: undefined, note: /^4 bytes are left/ }])
  const many = await reports(folderOf(t, Buffer.concat(Array<Buffer>(1001).fill(frame(good)))))
  t.equal(many.length, 1001)
  t.match(many.at(-1), { record: 1001, fault: /at most 1000/ })
  const folder = t.testdir({ 'assets.extra': { tf_serving_warmup_requests: {} } })
  await t.rejects(checkWarmup(folder), { code: 'MODEL_WARMUP', message: /EISDIR/ })
})

t.test('without a readable saved_model.pb only the messages count', async t => {
  const folder = folderOf(t, frame(writePredictLog({ name: 'm', signatureName: 'no' }, {})))
  writeFileSync(join(folder, 'saved_model.pb'), 'no graph')
  t.equal(await signaturesOf(folder), undefined)
  await checkWarmup(folder)
})

t.test("TensorFlow Serving's own file", async t => {
  const found: RecordReport[] = []
  for await (const report of checkRecords(fileURLToPath(new URL('../fixtures/warmup/recorded', import.meta.url)), undefined)) found.push(report)
  t.same(found.map(({ kind }) => kind), ['predict', 'predict', 'classify', 'regress', 'multi-inference', 'predict-streamed', 'session-run', undefined])
  t.same(found.filter(({ fault }) => fault !== undefined).map(({ record }) => record), [7])
})
