// http/routes/tensorflow/model-metadata.ts: signatures as proto3 JSON.
import t from 'tap'
import { codecs, signatureDefMapTypeUrl } from '../../../../src/grpc/protos.js'
import type { SignatureDef } from '../../../../src/grpc/messages.js'
import { tensorflowApp } from '../../../helpers/tensorflow-app.js'

const answer = (signatures: Record<string, SignatureDef>): Buffer => codecs.getModelMetadataResponse.encode({
  model_spec: null, metadata: { signature_def: { type_url: signatureDefMapTypeUrl, value: codecs.signatureDefMap.encode({ signature_def: signatures }) } }
})

t.test('every member of a signature', async t => {
  const { app, engine } = await tensorflowApp(t, {
    call: async () => answer({
      s: {
        inputs: { x: { name: 'x:0', dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1', name: 'batch' }, { size: '3' }] } } },
        outputs: {
          y: { name: 'y:0', dtype: 'DT_FLOAT_REF' },
          z: { coo_sparse: { values_tensor_name: 'v', indices_tensor_name: 'i', dense_shape_tensor_name: 'd' }, dtype: 'DT_INT64', tensor_shape: { unknown_rank: true } }
        },
        method_name: 'tensorflow/serving/predict',
        defaults: { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '1' }] }, float_val: [NaN] } }
      },
      empty: { inputs: {}, outputs: {}, method_name: '' }
    })
  })
  const response = await app.inject('/v1/models/m/metadata')
  t.equal(response.headers['outrigger-model-version'], '5')
  const body = response.json() as { model_spec: unknown, metadata: { signature_def: { signature_def: Record<string, { defaults: { x?: Record<string, unknown> } }> } } }
  t.same(body.model_spec, { name: 'm', signature_name: '', version: '5' })
  const { s, empty } = body.metadata.signature_def.signature_def
  t.same(empty, { inputs: {}, outputs: {}, method_name: '', defaults: {} })
  t.match(s, {
    inputs: { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1', name: 'batch' }, { size: '3', name: '' }], unknown_rank: false }, name: 'x:0' } },
    outputs: {
      y: { dtype: 'DT_FLOAT_REF', name: 'y:0' },
      z: { dtype: 'DT_INT64', tensor_shape: { dim: [], unknown_rank: true }, coo_sparse: { values_tensor_name: 'v', indices_tensor_name: 'i', dense_shape_tensor_name: 'd' } }
    },
    method_name: 'tensorflow/serving/predict'
  })
  t.match(s.defaults.x, { dtype: 'DT_FLOAT', version_number: 0, tensor_content: '', float_val: ['NaN'], int64_val: [], bool_val: [] })
  t.equal(codecs.getModelMetadataRequest.decode(engine.calls[0].request).model_spec?.version?.value, '5')
})

t.test('versions and labels', async t => {
  const { app } = await tensorflowApp(t, { call: async () => answer({}) })
  for (const [url, version] of [['/v1/models/m/versions/3/metadata', '3'], ['/v1/models/m/labels/stable/metadata', '3']]) {
    t.match((await app.inject(url)).json(), { model_spec: { version } })
  }
  t.equal((await app.inject('/v1/models/none/metadata')).statusCode, 404)
  t.equal((await app.inject('/v1/models/m/versions/9/metadata')).statusCode, 404)
  t.equal((await app.inject('/v1/models/m/labels/no/metadata')).statusCode, 400)
})

t.test('an answer without signatures', async t => {
  const { app } = await tensorflowApp(t, { call: async () => codecs.getModelMetadataResponse.encode({ model_spec: null, metadata: {} }) })
  t.equal((await app.inject('/v1/models/m/metadata')).statusCode, 500)
})

t.test('an answer that cannot be read', async t => {
  const { app } = await tensorflowApp(t, { call: async () => Buffer.from([0x0a, 0x20]) })
  const { statusCode, json } = await app.inject('/v1/models/m/metadata')
  t.equal(statusCode, 500)
  t.match((json() as { error: string }).error, /cannot be read|can be read/)
})
