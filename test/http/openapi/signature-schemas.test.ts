// Row and columnar JSON of a signature as schemas, held against bodies that fit and that do not.
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { anyShapes, predictRequestSchema, predictResponseSchema } from '../../../src/http/openapi/signature-schemas.js'
import type { Signature, TensorInfo } from '../../../src/tensor/tensor.js'

const ajv = new Ajv2020({ strict: false })
const make = (inputs: Record<string, TensorInfo>, outputs: Record<string, TensorInfo> = inputs): Signature =>
  ({ name: 'serving_default', methodName: '', inputs: new Map(Object.entries(inputs)), outputs: new Map(Object.entries(outputs)) })

t.test('one input: bare or by name', async t => {
  const fits = ajv.compile(predictRequestSchema(make({ x: { dtype: 'DT_FLOAT', shape: [-1, 2] } })))
  for (const good of [{ instances: [[1, 2]] }, { instances: [{ x: [1, 2] }] }, { inputs: [[1, 2]] }, { inputs: { x: [[1, 2]] }, signature_name: 's' }]) t.ok(fits(good), JSON.stringify(good))
  for (const bad of [{}, { instances: [] }, { instances: [[1]] }, { instances: [['a', 'b']] }, { inputs: [1, 2] }]) t.notOk(fits(bad), JSON.stringify(bad))
})

t.test('several, strings, unknown ranks, scalars', async t => {
  const fits = ajv.compile(predictRequestSchema(make({ s: { dtype: 'DT_STRING', shape: [-1] }, u: { dtype: 'DT_FLOAT', shape: undefined }, k: { dtype: 'DT_INT32', shape: [] } })))
  t.ok(fits({ inputs: { s: ['a', { b64: 'YQ==' }], u: [[[1]]], k: 3 } }))
  t.ok(fits({ instances: [{ s: 'a', u: 1, k: 1 }] }))
  t.notOk(fits({ inputs: { s: ['a'], u: 1, k: 1.5 } }))
  t.notOk(fits({ inputs: { s: ['a'], u: 1 } }))
})

t.test('answers', async t => {
  const compile = (signature: Signature) => ajv.compile({ ...predictResponseSchema(signature), components: { schemas: anyShapes(signature) } })
  const one = compile(make({ y: { dtype: 'DT_BOOL', shape: [-1] } }))
  t.ok(one({ predictions: [true] }))
  t.ok(one({ outputs: [true, false] }))
  t.notOk(one({ predictions: [1] }))
  for (const outputs of [true, [[true], [false]]]) t.ok(one({ outputs }), 'the model server answers in the shape of the question')
  t.notOk(one({ outputs: [['x']] }))
  const two = compile(make({ a: { dtype: 'DT_INT64', shape: [-1] }, b: { dtype: 'DT_DOUBLE', shape: [-1, 1] } }))
  t.ok(two({ predictions: [{ a: 1, b: [1.5] }] }))
  t.notOk(two({ predictions: [{ a: 1 }] }))
})
