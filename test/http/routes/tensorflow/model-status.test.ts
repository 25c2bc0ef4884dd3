// http/routes/tensorflow/model-status.ts: the model server's answer as proto3 JSON.
import t from 'tap'
import { OutriggerError } from '../../../../src/errors.js'
import { codecs, methods } from '../../../../src/grpc/protos.js'
import { modelEntry, versionEntry } from '../../../helpers/still-engine.js'
import { fakeEngine } from '../../../helpers/fake-engine.js'
import { tensorflowApp } from '../../../helpers/tensorflow-app.js'

const answer = codecs.getModelStatusResponse.encode({
  model_version_status: [{ version: '9223372036854775807', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } }, { version: '3', state: 'END', status: null }]
})

t.test('all versions, in the order that the model server has', async t => {
  const { app, engine } = await tensorflowApp(t, { call: async () => answer })
  for (const url of ['/v1/models/m', '/v1/models/m/labels/stable', '/v1/models/m/labels/unknown']) {
    const { json, statusCode, body } = await app.inject({ url })
    t.equal(statusCode, 200)
    t.same(json(), { model_version_status: [{ version: '9223372036854775807', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } }, { version: '3', state: 'END' }] })
    t.match(body, /^{\n "model_version_status": \[\n {2}{/)
  }
  t.equal(engine.calls[0].path, methods.getModelStatus)
  await app.inject({ url: '/v1/models/m/versions/3' })
  t.equal(codecs.getModelStatusRequest.decode(engine.calls.at(-1)!.request).model_spec?.version?.value, '3')
})

t.test('versions on two engines are told together', async t => {
  const { app, registry } = await tensorflowApp(t)
  const engineOf = (version: string) => fakeEngine({ call: async () => codecs.getModelStatusResponse.encode({ model_version_status: [{ version, state: 'AVAILABLE', status: null }] }) })
  registry.put(modelEntry('two', [versionEntry(engineOf('2'), 'two', 2n), versionEntry(engineOf('1'), 'two', 1n)]))
  t.same((await app.inject('/v1/models/two')).json(), { model_version_status: [{ version: '2', state: 'AVAILABLE' }, { version: '1', state: 'AVAILABLE' }] })
})

t.test('unknown models and versions', async t => {
  const { app } = await tensorflowApp(t, { call: async () => { throw new OutriggerError('MODEL_MISSING', 'Could not find version 9 of model m') } })
  const error = async (url: string): Promise<unknown> => { const { statusCode, json } = await app.inject(url); return [statusCode, json()] }
  t.same(await error('/v1/models/none'), [404, { error: 'Could not find any versions of model none' }])
  t.same(await error('/v1/models/none/versions/4'), [404, { error: 'Could not find version 4 of model none' }])
  t.same(await error('/v1/models/m/versions/9'), [404, { error: 'Could not find version 9 of model m' }])
})

t.test('an answer that cannot be read', async t => {
  const { app } = await tensorflowApp(t, { call: async () => Buffer.from([0x0a, 0x20]) })
  const { statusCode, json } = await app.inject('/v1/models/m')
  t.equal(statusCode, 500)
  t.match((json() as { error: string }).error, /cannot be read|can be read/)
})
