// tensor/proto/examples.ts: requests as the library reads them, responses as it writes them.
import t from 'tap'
import { codecs } from '../../../src/grpc/protos.js'
import { readClassificationResponse, readRegressionResponse, writeExamplesRequest } from '../../../src/tensor/proto/examples.js'
import { readInput } from '../../../src/tensor/json/examples.js'
import { parseJson } from '../../../src/tensor/json/parse.js'
import { WireError } from '../../../src/tensor/proto/wire.js'

t.test('requests', async t => {
  const input = readInput(parseJson(Buffer.from('{"context":{"c":"q"},"examples":[{"x":[1,2],"y":0.5,"z":[]}]}')))
  const bytes = writeExamplesRequest({ name: 'm', version: 3n, signatureName: 's' }, input)
  for (const codec of [codecs.classificationRequest, codecs.regressionRequest]) {
    const { model_spec: spec, input: read } = codec.decode(bytes)
    t.equal(spec?.name, 'm')
    t.equal(spec?.version?.value, '3')
    t.equal(spec?.signature_name, 's')
    const list = read?.example_list_with_context
    const feature = list?.examples[0].features?.feature
    t.same(feature?.['x'].int64_list?.value, ['1', '2'])
    t.same(feature?.['y'].float_list?.value, [0.5])
    t.equal(feature?.['z'].kind, undefined)
    t.same(list?.context?.features?.feature['c'].bytes_list?.value, [Buffer.from('q')])
  }
})

t.test('responses', async t => {
  const classes = codecs.classificationResponse.encode({ model_spec: null, result: { classifications: [{ classes: [{ label: 'a', score: 0.5 }, { label: '', score: 0 }] }, { classes: [] }] } })
  t.same(readClassificationResponse(classes), [[{ label: 'a', score: 0.5 }, { label: '', score: 0 }], []])
  const values = codecs.regressionResponse.encode({ model_spec: null, result: { regressions: [{ value: 0.25 }, { value: 0 }] } })
  t.same(readRegressionResponse(values), [0.25, 0])
  t.throws(() => readRegressionResponse(Buffer.from([0x0a, 0x09])), WireError)
})
