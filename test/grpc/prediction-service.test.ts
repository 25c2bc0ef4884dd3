import t from 'tap'
import { getSignatures } from '../../src/grpc/prediction-service.js'
import { codecs, signatureDefMapTypeUrl } from '../../src/grpc/protos.js'
import type { SignatureDef } from '../../src/grpc/messages.js'

const answer = (signatures: Record<string, SignatureDef>) => async () => codecs.getModelMetadataResponse.encode({
  model_spec: { name: 'm' },
  metadata: { signature_def: { type_url: signatureDefMapTypeUrl, value: codecs.signatureDefMap.encode({ signature_def: signatures }) } }
})

t.test('asks for one version, and reads names, dtypes and shapes', async t => {
  let asked: Uint8Array = new Uint8Array()
  const signatures = await getSignatures(async (path, request) => {
    t.equal(path, '/tensorflow.serving.PredictionService/GetModelMetadata')
    asked = request
    return await answer({
      serving_default: {
        method_name: 'tensorflow/serving/predict',
        inputs: { x: { name: 'x:0', dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1' }, { size: '3' }] } }, r: { name: 'r:0', dtype: 'DT_FLOAT_REF', tensor_shape: { unknown_rank: true } } },
        outputs: { y: { name: 'y:0', dtype: 'DT_INT64' } }
      },
      __saved_model_init_op: { method_name: '', inputs: {}, outputs: {} }
    })()
  }, 'm', 9007199254740993n)
  t.match(codecs.getModelMetadataRequest.decode(asked), { model_spec: { name: 'm', version: { value: '9007199254740993' } }, metadata_field: ['signature_def'] })
  t.strictSame([...signatures.keys()], ['serving_default'])
  const signature = signatures.get('serving_default')!
  t.equal(signature.methodName, 'tensorflow/serving/predict')
  t.strictSame(signature.inputs.get('x'), { dtype: 'DT_FLOAT', shape: [-1, 3] })
  t.strictSame(signature.inputs.get('r'), { dtype: 'DT_FLOAT', shape: undefined })
  t.strictSame(signature.outputs.get('y'), { dtype: 'DT_INT64', shape: undefined })
})

t.test('what cannot be read says so', async t => {
  await t.rejects(getSignatures(async () => Buffer.from('nonsense'), 'm', 1n), { code: 'MODEL_ANSWER_INVALID', model: 'm', version: 1n })
  await t.rejects(getSignatures(answer({ s: { method_name: '', inputs: { x: { dtype: 99 } }, outputs: {} } }), 'm', 1n), { code: 'MODEL_ANSWER_INVALID', message: /element type 99/ })
})
