import t from 'tap'
import { OutriggerError } from '../../src/errors.js'
import { predict } from '../../src/inference/predict.js'
import { readPredictRequest, writePredictResponse } from '../../src/tensor/proto/predict.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { fakeEngine } from '../helpers/fake-engine.js'
import { versionEntry } from '../helpers/entry.js'

const x: Tensor = { dtype: 'DT_FLOAT', shape: [2], data: Float32Array.of(1, 2) }
const call = { signature: '', deadline: 5, signal: new AbortController().signal }

t.test('asks exactly the version, and returns its outputs', async t => {
  const engine = fakeEngine({ call: async (_path, request) => writePredictResponse({ model: readPredictRequest(request).model, outputs: { y: x } }) })
  const outputs = await predict(versionEntry({ engine, version: 7n, mayResend: () => false }), { x }, { ...call, metadata: { traceparent: 'a' } })
  t.strictSame([...outputs['y']!.data], [1, 2])
  const { path, request, options } = engine.calls[0]!
  t.equal(path, '/tensorflow.serving.PredictionService/Predict')
  t.match(readPredictRequest(request).model, { name: 'm', version: 7n, signatureName: '' })
  t.match(options, { deadline: 5, resend: false, metadata: { traceparent: 'a' } })
})

t.test('faults name model and version', async t => {
  const failing = fakeEngine({ call: async () => { throw new OutriggerError('MODEL_TIMEOUT', 'late') } })
  await t.rejects(predict(versionEntry({ engine: failing }), { x }, call), { code: 'MODEL_TIMEOUT', model: 'm', version: 1n })
  const garbled = fakeEngine({ call: async () => Buffer.from([0x0a, 0xff, 0xff]) })
  await t.rejects(predict(versionEntry({ engine: garbled }), { x }, call), { code: 'MODEL_ANSWER_INVALID', model: 'm', version: 1n })
  const broken = fakeEngine({ call: async () => { throw new TypeError('bug') } })
  await t.rejects(predict(versionEntry({ engine: broken }), { x }, call), TypeError)
})
