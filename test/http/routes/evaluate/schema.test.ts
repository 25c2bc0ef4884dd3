// Schemas of evaluate, checked with the bodies and answers that they are for.
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import t from 'tap'
import { Picture } from '../../../../src/handlers/bytes.js'
import type { VersionHandler } from '../../../../src/handlers/version-handler.js'
import { evaluateSchemas } from '../../../../src/http/routes/evaluate/schema.js'
import { signature } from '../../../handlers/kit.js'
import { version } from './service.js'

const fits = (schema: unknown, value: unknown): boolean => Compile(schema as never).Check(value)

t.test('of a signature', async t => {
  const { request, response } = evaluateSchemas(version('m', 1n, [signature({ fare: ['DT_FLOAT', [-1, 1]], sex: ['DT_STRING', [-1, 1]] }, { survived: ['DT_FLOAT', [-1, 1]], scores: ['DT_FLOAT', [-1, 3]] })]))
  t.same(Object.keys(request), ['application/json', 'multipart/form-data'])
  const body = request['application/json']
  t.ok(fits(body, { fare: 7, sex: 'male' }))
  t.ok(fits(body, { fare: [[7], ['NaN']], sex: [['male'], [{ b64: 'AQ==' }]] }))
  t.notOk(fits(body, { fare: '7', sex: 'male' }))
  t.notOk(fits(body, { fare: 7 }))
  t.notOk(fits(body, { fare: 7, sex: 'male', age: 1 }))
  t.ok(fits(response, { survived: 0.1, scores: [1, 2, 3] }))
  t.ok(fits(response, { survived: [[0.1], ['Infinity']], scores: [[1, 2, 3], [1, 2, 3]] }))
  t.notOk(fits(response, { survived: 'x', scores: [1, 2, 3] }))
})

t.test('of several signatures', async t => {
  const usual = signature({ x: ['DT_FLOAT', [-1]] }, { y: ['DT_FLOAT', [-1]] })
  const { request, response } = evaluateSchemas(version('m', 1n, [usual, { ...signature({ s: ['DT_STRING', [-1]] }, { n: ['DT_INT32', [-1]] }), name: 'count' }]))
  for (const body of [{ x: 1 }, { x: [1, 2] }, { s: 'a' }]) t.ok(fits(request['application/json'], body))
  t.notOk(fits(request['application/json'], { x: 'a' }))
  for (const answer of [{ y: 1 }, { n: [1, 2] }]) t.ok(fits(response, answer))
  t.notOk(fits(response, {}))
})

t.test('of a handler', async t => {
  const input = Type.Object({ picture: Picture(), top: Type.Optional(Type.Integer()) })
  const handler: VersionHandler = {
    description: { input: JSON.parse(JSON.stringify(input)) as Record<string, unknown>, output: { type: 'number' }, mediaTypes: ['application/json', 'multipart/form-data', 'image/png'], preprocess: true, postprocess: true },
    evaluate: async () => { throw new Error('not here') },
    close: async () => {}
  }
  const { request, response } = evaluateSchemas(version('m', 1n, [signature({}, {})], { handler }))
  t.same(response, { type: 'number' })
  t.ok(fits(request['application/json'], { picture: 'AQ==' }))
  t.ok(fits(request['application/json'], { picture: { b64: 'AQ==' } }))
  t.notOk(fits(request['application/json'], { picture: 1 }))
  t.match(request['multipart/form-data'], { properties: { picture: { contentMediaType: 'application/octet-stream' } } })
  t.same(request['image/png'], { type: 'string', contentMediaType: 'image/png' })
})

t.test('of a version that is not loaded yet', async t => {
  t.same(evaluateSchemas(version('m', 1n, [])), { request: {}, response: {} })
})
