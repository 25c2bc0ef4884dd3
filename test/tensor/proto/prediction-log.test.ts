import { fileURLToPath } from 'node:url'
import t from 'tap'
import { codecs } from '../../../src/grpc/protos.js'
import { readPredictRequest } from '../../../src/tensor/proto/predict.js'
import { readPredictionLog, writePredictLog } from '../../../src/tensor/proto/prediction-log.js'
import { WireError } from '../../../src/tensor/proto/wire.js'
import { readRecords } from '../../../src/tfrecord/read.js'

/** Of TensorFlow Serving's own classes, see scripts/record-warmup.py. */
const recorded = fileURLToPath(new URL('../../fixtures/warmup/recorded', import.meta.url))
const records: Buffer[] = []
for await (const record of readRecords(recorded, 1 << 20)) records.push(record)

t.test('each kind of log is known, with its request', async t => {
  const logs = records.map(readPredictionLog)
  t.same(logs.map(({ kind }) => kind), ['predict', 'predict', 'classify', 'regress', 'multi-inference', 'predict-streamed', 'session-run', undefined])
  t.same(logs.map(({ requests }) => requests.length), [1, 1, 1, 1, 1, 1, 0, 0])
  const { model, inputs } = readPredictRequest(logs[0]!.requests[0]!)
  t.match(model, { name: 'half', signatureName: 'serving_default' })
  t.match(inputs.x, { dtype: 'DT_FLOAT', shape: [3] })
  t.same([...inputs.x!.data as Float32Array], [1, 2, 5])
})

t.test("the library's reader, with our prototype, finds the same", async t => {
  const kinds = ['predict_log', 'predict_log', 'classify_log', 'regress_log', 'multi_inference_log', 'predict_streamed_log', undefined, undefined]
  t.same(records.map(record => codecs.predictionLog.decode(record).log_type), kinds)
  const multi = codecs.predictionLog.decode(records[4]!).multi_inference_log?.request
  t.same(multi?.tasks.map(({ method_name: method }) => method), ['tensorflow/serving/classify', 'tensorflow/serving/regress'])
  t.match(codecs.predictionLog.decode(records[5]!).predict_streamed_log, { request: [{ model_spec: { name: 'half' } }] })
})

t.test("what we write is what TensorFlow Serving's classes write", async t => {
  for (const record of records.slice(0, 2)) {
    const { model, inputs } = readPredictRequest(readPredictionLog(record).requests[0]!)
    const again = readPredictRequest(readPredictionLog(writePredictLog(model, inputs)).requests[0]!)
    t.same(again, { model, inputs, outputFilter: [] })
  }
  const { model, inputs } = readPredictRequest(readPredictionLog(records[0]!).requests[0]!)
  t.same(writePredictLog(model, inputs), records[0], 'byte for byte')
})

t.test('bytes that are no message', async t => {
  t.throws(() => readPredictionLog(Buffer.from([0x32, 9])), WireError)
  t.throws(() => readPredictionLog(Buffer.from([0x32, 2, 0x0a, 9])), WireError)
})
