// The document: its schemas compile, every reference resolves, operation ids differ, models bring their own paths, answers are held against it.
import t from 'tap'
import { buildDocument, type DocumentInput } from '../../../src/http/openapi/document.js'
import type { VersionHandler } from '../../../src/handlers/version-handler.js'
import type { Signature } from '../../../src/tensor/tensor.js'
import { declaredPath, validateAnswer, type Document } from '../../helpers/openapi.js'
import { modelEntry, stillEngine, versionEntry } from '../../helpers/still-engine.js'

const engine = stillEngine()
const signature: Signature = {
  name: 'serving_default', methodName: 'tensorflow/serving/predict',
  inputs: new Map([['x', { dtype: 'DT_FLOAT', shape: [-1, 2] }], ['s', { dtype: 'DT_STRING', shape: [-1] }]]),
  outputs: new Map([['y', { dtype: 'DT_INT64', shape: [-1, 1] }]])
}
const signatures = new Map([['serving_default', signature]])
const handler = { description: { input: {}, output: {}, mediaTypes: ['application/json'], preprocess: true, postprocess: true } } as unknown as VersionHandler

const input: DocumentInput = {
  version: '1.2.3',
  models: [
    modelEntry('m', [versionEntry(engine, 'm', 2n, { signatures, handler }), versionEntry(engine, 'm', 1n, { signatures }), versionEntry(engine, 'm', 3n, { state: 'failed' })]),
    modelEntry('a b/ü', [versionEntry(engine, 'a b/ü', 1n, { signatures })]),
    modelEntry('a_b', [versionEntry(engine, 'a_b', 1n)])
  ],
  defaultModel: 'm',
  evaluateSchemas: entry => ({
    request: { 'application/json': { type: 'object', required: ['x'], properties: { x: { $ref: '#/$defs/n' } }, $defs: { n: { type: 'number' } } }, 'image/png': { type: 'string', contentMediaType: 'image/png' } },
    response: { type: 'object', required: ['y'], properties: { y: { type: 'integer', maximum: Number(entry.version) } } }
  }),
  examples: entry => entry.version === 1n ? [{ name: 'golden', request: { x: [1, 2], s: 'a' }, response: {} }] : []
}

const built = buildDocument(input)
const document = JSON.parse(JSON.stringify(built)) as Document & { paths: Record<string, Record<string, { operationId: string, requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> } }>> }

function * references (value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  if ('$ref' in value && typeof value.$ref === 'string' && value.$ref.startsWith('#/components/')) yield value.$ref
  for (const inner of Object.values(value)) yield * references(inner)
}

t.test('references resolve, names are legal, ids differ', async t => {
  const { components } = document as unknown as { components: Record<string, Record<string, unknown>> }
  for (const reference of references(document)) {
    const [, , kind, name] = reference.split('/')
    t.ok(components[kind]?.[name] !== undefined, reference)
  }
  for (const names of Object.values(components)) for (const name of Object.keys(names)) t.match(name, /^[A-Za-z0-9._-]+$/)
  const ids = Object.values(document.paths).flatMap(item => Object.values(item).map(operation => operation.operationId))
  t.equal(new Set(ids).size, ids.length)
})

t.test('models bring their paths', async t => {
  for (const path of ['/models/m/evaluate', '/models/m/versions/2/evaluate', '/models/m/versions/1/evaluate', '/models/a%20b%2F%C3%BC/evaluate', '/v1/models/m:predict', '/v1/models/m/versions/1:predict', '/v1/models/{model}:predict', '/health', '/shutdown']) {
    t.ok(path in document.paths, path)
  }
  t.notOk('/models/m/versions/3/evaluate' in document.paths, 'a failed version has none')
  t.notOk('/v1/models/a_b:predict' in document.paths, 'nor one without the default signature')
  t.equal(document.paths['/evaluate'].post.operationId, 'evaluateDefault')
})

t.test('golden cases become examples that can be sent', async t => {
  t.same(document.paths['/models/m/versions/1/evaluate'].post.requestBody?.content['application/json'].examples, { golden: { value: { x: [1, 2], s: 'a' } } })
  t.same(document.paths['/v1/models/m/versions/1:predict'].post.requestBody?.content['application/json'].examples, { golden: { value: { inputs: { x: [[1, 2]], s: ['a'] } } } })
})

t.test('answers are held against it', async t => {
  const json = 'application/json; charset=utf-8'
  t.same(validateAnswer(document, 'POST', '/models/m/evaluate', 200, json, { y: 2 }), [])
  t.equal(validateAnswer(document, 'POST', '/models/m/versions/1/evaluate', 200, json, { y: 2 }).length, 1, 'each version by its own schema')
  t.same(validateAnswer(document, 'POST', '/models/m/evaluate', 200, 'image/png', Buffer.alloc(1)), [], 'a handler may answer other media types')
  t.match(validateAnswer(document, 'POST', '/models/m/versions/1/evaluate', 200, 'image/png', ''), [/does not declare image\/png/])
  t.match(validateAnswer(document, 'POST', '/models/m/evaluate', 418, json, {}), [/status 418/])
  t.match(validateAnswer(document, 'GET', '/nowhere', 200, json, {}), [/not declared/])
  t.same(validateAnswer(document, 'POST', '/v1/models/m:predict', 200, json, { predictions: [[1], [2]] }), [])
  t.ok(validateAnswer(document, 'POST', '/v1/models/m:predict', 200, json, { predictions: [[1.5]] }).length > 0)
  t.same(validateAnswer(document, 'POST', '/v1/models/m:predict', 404, json, { error: 'x' }), [])
  t.ok(validateAnswer(document, 'POST', '/v1/models/m:predict', 404, json, { message: 'x' }).length > 0)
  t.match(validateAnswer(document, 'POST', '/models/x/evaluate', 404, 'application/problem+json', { error: 'x' }), [/required property/], 'a problem needs all its members')
})

t.test('which declared path a path belongs to', async t => {
  t.equal(declaredPath(document, '/v1/models/other:predict'), '/v1/models/{model}:predict')
  t.equal(declaredPath(document, '/v1/models/other/versions/3/metadata'), '/v1/models/{model}/versions/{version}/metadata')
  t.equal(declaredPath(document, '/models/other/labels/l/evaluate'), '/models/{model}/labels/{label}/evaluate')
  t.equal(declaredPath(document, '/models/a/b/c/d'), undefined)
})
