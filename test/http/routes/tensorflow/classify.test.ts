// http/routes/tensorflow/classify.ts: both verbs through the model server's own calls.
import t from 'tap'
import { codecs, methods } from '../../../../src/grpc/protos.js'
import { tensorflowApp } from '../../../helpers/tensorflow-app.js'

const classes = codecs.classificationResponse.encode({ model_spec: null, result: { classifications: [{ classes: [{ label: 'a', score: 0.25 }] }] } })
const values = codecs.regressionResponse.encode({ model_spec: null, result: { regressions: [{ value: 2.5 }] } })

t.test('classify and regress', async t => {
  const { app, engine } = await tensorflowApp(t, { call: async path => path === methods.classify ? classes : values })
  const payload = '{"signature_name":"s","examples":[{"x":1.0}]}'
  const classified = await app.inject({ method: 'POST', url: '/v1/models/m/labels/stable:classify', payload })
  t.equal(classified.body, '{\n    "results": [[["a", 0.25]]\n    ]\n}')
  t.equal(classified.headers['outrigger-model-version'], '3')
  const request = codecs.classificationRequest.decode(engine.calls[0].request)
  t.equal(request.model_spec?.version?.value, '3')
  t.equal(request.model_spec?.signature_name, 's')
  t.same(request.input?.example_list?.examples[0].features?.feature['x'].float_list?.value, [1])
  const regressed = await app.inject({ method: 'POST', url: '/v1/models/m:regress', payload })
  t.equal(regressed.body, '{\n    "results": [2.5]\n}')
  t.equal(engine.calls[1].path, methods.regress)
})

t.test('the body is translated before the model is looked up', async t => {
  const { app, engine } = await tensorflowApp(t)
  const status = async (payload: string): Promise<number> => (await app.inject({ method: 'POST', url: '/v1/models/none:classify', payload })).statusCode
  t.equal(await status('{'), 400)
  t.equal(await status('{"examples":[1]}'), 400)
  t.equal(await status('{"examples":[{}]}'), 404)
  t.equal(engine.calls.length, 0)
})

t.test('answers that cannot be shown or read', async t => {
  const empty = await tensorflowApp(t, { call: async () => Buffer.alloc(0) })
  const request = { method: 'POST', url: '/v1/models/m:regress', payload: '{"examples":[{}]}' } as const
  const answer = await empty.app.inject(request)
  t.equal(answer.statusCode, 400)
  t.same(answer.json(), { error: 'Cannot convert empty RegressionResults to JSON' })
  const broken = await tensorflowApp(t, { call: async () => Buffer.from([0x0a, 0x20]) })
  const unread = await broken.app.inject(request)
  t.equal(unread.statusCode, 500)
  t.notOk(unread.headers['outrigger-model-version'])
})
