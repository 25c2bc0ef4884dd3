import t from 'tap'
import { buildDocument } from '../../../src/http/openapi/document.js'
import { guarded, type Guards } from '../../../src/http/openapi/guards.js'
import { guardedApp } from '../../helpers/guarded-app.js'

const document = buildDocument({ version: '1', models: [], defaultModel: undefined, evaluateSchemas: () => ({ request: {}, response: {} }), examples: () => [] })
const usual: Guards = { tokens: true, isOpen: area => area === 'health' || area === 'metrics', lists: false, quota: false }

t.test('nothing is said where nobody is asked', async t => {
  t.equal(guarded(document, { ...usual, tokens: false }), document)
})

t.test('each operation has the scope that its route needs', async t => {
  const { paths, components } = guarded(document, usual)
  const securityOf = (path: string, method: 'get' | 'post' | 'put') => paths[path]![method]!.security
  t.match(components.securitySchemes, { bearer: { type: 'http', scheme: 'bearer' } })
  t.same(securityOf('/models/{model}/evaluate', 'post'), [{ bearer: ['predict'] }])
  t.same(securityOf('/v1/models/{model}:predict', 'post'), [{ bearer: ['predict'] }])
  t.same(securityOf('/models', 'get'), [{ bearer: [] }])
  t.same(securityOf('/models/{model}/labels/{label}', 'put'), [{ bearer: ['admin'] }])
  t.same(securityOf('/shutdown', 'post'), [{ bearer: ['admin'] }])
  t.same(securityOf('/health', 'get'), [])
  for (const [path, item] of Object.entries(paths)) for (const operation of Object.values(item)) t.ok(operation.security!.length === 0 || '401' in operation.responses, path)
  t.notOk('401' in paths['/health']!.get!.responses)
  t.match(paths['/v1/models/{model}:predict']!.post!.responses['401'], { $ref: /TensorflowUnauthorized/ })
  for (const [, name] of JSON.stringify(paths).matchAll(/#\/components\/responses\/(\w+)/g)) t.ok(Object.hasOwn(components.responses, name!), name)
})

t.test('lists and quotas', async t => {
  const { paths, components } = guarded(document, { ...usual, tokens: false, lists: true, quota: true })
  t.ok('403' in paths['/health']!.get!.responses)
  t.notOk('429' in paths['/health']!.get!.responses)
  t.ok('429' in paths['/models']!.get!.responses)
  t.notOk('security' in paths['/models']!.get!)
  t.notOk('securitySchemes' in components)
})

t.test('the service serves it so', async t => {
  const { app } = await guardedApp(t, ['--quota-requests', '5'])
  t.match((await app.inject('/openapi.json')).json(), { paths: { '/models': { get: { responses: { 429: {} } } } } })
})
