// Answers of evaluate: numbers shortest, integers exact, plain where the question was.
import t from 'tap'
import { encodeOutputs } from '../../../src/tensor/evaluate/encode.js'
import { writeJson } from '../../../src/tensor/evaluate/json.js'
import type { Tensor } from '../../../src/tensor/tensor.js'

const text = (outputs: Record<string, Tensor>, plain = false): string => encodeOutputs(outputs, { plain }).toString()

t.test('outputs', async t => {
  const y: Tensor = { dtype: 'DT_FLOAT', shape: [2, 1, 2], data: Float32Array.of(0.1, 1 / 3, -0, 1e20) }
  t.equal(text({ y }), '{"y":[[[0.1,0.33333334]],[[-0,100000000000000000000]]]}')
  t.equal(text({ y }, true), '{"y":[[0.1,0.33333334],[-0,100000000000000000000]]}')
  t.equal(text({ y: { dtype: 'DT_INT64', shape: [1, 1], data: BigInt64Array.of(9007199254740993n) } }, true), '{"y":9007199254740993}')
  t.equal(text({ 'a"b': { dtype: 'DT_DOUBLE', shape: [], data: Float64Array.of(0.1 + 0.2) } }), '{"a\\"b":0.30000000000000004}')
  t.equal(text({ y: { dtype: 'DT_FLOAT', shape: [3], data: Float32Array.of(NaN, Infinity, -Infinity) } }), '{"y":["NaN","Infinity","-Infinity"]}')
  t.equal(text({ y: { dtype: 'DT_STRING', shape: [2], data: [Buffer.from('hé"'), Uint8Array.of(255, 1)] } }), '{"y":["hé\\"",{"b64":"/wE="}]}')
  t.equal(text({ y: { dtype: 'DT_BOOL', shape: [2], data: Uint8Array.of(1, 0) } }), '{"y":[true,false]}')
  t.equal(text({ y: { dtype: 'DT_HALF', shape: [2], data: Uint16Array.of(0x2e66, 0x7e00) } }), '{"y":[0.1,"NaN"]}')
  t.equal(text({ y: { dtype: 'DT_FLOAT', shape: [2, 0], data: new Float32Array() } }), '{"y":[[],[]]}')
  t.equal(text({ y: { dtype: 'DT_COMPLEX64', shape: [1], data: Float32Array.of(1, 2) } }), '{"y":[[1,2]]}')
})

t.test('anything a handler returns', async t => {
  t.equal(writeJson({ a: 2n ** 60n, b: Float32Array.of(0.1), c: new Map([['x', NaN]]), d: new Set([1]), e: undefined, f: [undefined, null], g: new Date(0), h: { dtype: 'DT_FLOAT', shape: [1, 1], data: Float32Array.of(0.1) }, i: Buffer.from([7]) }),
    '{"a":1152921504606846976,"b":[0.1],"c":{"x":"NaN"},"d":[1],"f":[null,null],"g":"1970-01-01T00:00:00.000Z","h":[[0.1]],"i":[7]}')
  const same = [1]
  t.equal(writeJson([same, same]), '[[1],[1]]', 'twice is no cycle')
  const cycle: unknown[] = []
  cycle.push(cycle)
  t.throws(() => writeJson(cycle), TypeError)
  t.throws(() => writeJson(() => 1), TypeError)
  t.throws(() => writeJson({ dtype: 'DT_FLOAT', shape: [5], data: new Float32Array(1) }), TypeError)
})
