// The protos load from the package's root, and the cold messages read back what they wrote.
import { fileURLToPath } from 'node:url'
import { loadSync } from '@grpc/proto-loader'
import t from 'tap'
import { codecs, methods, signatureDefMapTypeUrl } from '../../src/grpc/protos.js'

t.test('int64 stays exact, oneofs say their member, unset messages are null', async t => {
  const bytes = codecs.getModelStatusRequest.encode({ model_spec: { name: 'm', version: { value: '9007199254740993' } } })
  t.same(codecs.getModelStatusRequest.decode(bytes), {
    model_spec: { name: 'm', signature_name: '', version: { value: '9007199254740993' }, version_choice: 'version' }
  })
  t.same(codecs.getModelStatusRequest.decode(new Uint8Array(0)), { model_spec: null })
})

t.test('the signature map travels inside an Any', async t => {
  const map = codecs.signatureDefMap.encode({
    signature_def: {
      serving_default: {
        inputs: { x: { name: 'x:0', dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1' }] } } },
        outputs: {},
        method_name: 'tensorflow/serving/predict'
      }
    }
  })
  const bytes = codecs.getModelMetadataResponse.encode({ model_spec: null, metadata: { signature_def: { type_url: signatureDefMapTypeUrl, value: map } } })
  const packed = codecs.getModelMetadataResponse.decode(bytes).metadata.signature_def
  t.equal(packed?.type_url, signatureDefMapTypeUrl)
  const read = codecs.signatureDefMap.decode(packed!.value).signature_def.serving_default!
  t.equal(read.method_name, 'tensorflow/serving/predict')
  t.same(read.inputs.x, { name: 'x:0', encoding: 'name', dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1', name: '' }], unknown_rank: false } })
})

t.test('a reload names each model with its specific versions', async t => {
  const config = [{ name: 'm', base_path: '/models/m', model_platform: 'tensorflow', model_version_policy: { specific: { versions: ['1', '9223372036854775807'] } } }]
  const read = codecs.reloadConfigRequest.decode(codecs.reloadConfigRequest.encode({ config: { model_config_list: { config } } }))
  t.same(read.config?.model_config_list?.config[0]?.model_version_policy, { specific: { versions: ['1', '9223372036854775807'] }, policy_choice: 'specific' })
  t.equal(read.config?.config, 'model_config_list', 'an empty list is still a list')
  const empty = codecs.reloadConfigRequest.decode(codecs.reloadConfigRequest.encode({ config: { model_config_list: { config: [] } } }))
  t.same(empty.config?.model_config_list, { config: [] })
})

t.test('an example with every kind of feature', async t => {
  const request = {
    model_spec: { name: 'm' },
    input: { example_list: { examples: [{ features: { feature: {
      a: { float_list: { value: [1.5] } },
      b: { int64_list: { value: ['-9223372036854775808'] } },
      c: { bytes_list: { value: [Buffer.from('é')] } }
    } } }] } }
  }
  const read = codecs.classificationRequest.decode(codecs.classificationRequest.encode(request))
  const feature = read.input?.example_list?.examples[0]?.features?.feature
  t.same(feature?.a, { kind: 'float_list', float_list: { value: [1.5] } })
  t.same(feature?.b, { kind: 'int64_list', int64_list: { value: ['-9223372036854775808'] } })
  t.same(feature?.c?.bytes_list?.value[0], Buffer.from('é'))
})

t.test('bytes that are no message are refused', async t => {
  t.throws(() => codecs.reloadConfigResponse.decode(Buffer.from([0x0a, 0xff, 0x01])))
})

t.test('the method names are those of the services', async t => {
  const definitions = loadSync(['prediction_service', 'model_service'].map(name => `tensorflow_serving/apis/${name}.proto`), { includeDirs: [fileURLToPath(new URL('../../protos/', import.meta.url))] })
  const paths = ['PredictionService', 'ModelService'].flatMap(name => Object.values(definitions[`tensorflow.serving.${name}`] as Record<string, { path: string }>).map(({ path }) => path))
  t.strictSame(Object.values(methods).sort(), paths.sort())
})
