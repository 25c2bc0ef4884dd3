// tensor/json/values.ts: which literal each dtype takes, and what is said of the others.
import t from 'tap'
import type { DType } from '../../../src/tensor/dtype.js'
import { parseJson } from '../../../src/tensor/json/parse.js'
import { elementsOf, isBase64Object } from '../../../src/tensor/json/values.js'

function collect (dtype: DType, list: string): unknown[] {
  const document = parseJson(Buffer.from(list))
  const elements = elementsOf(dtype)
  for (let node = 1; node < document.next(0); node = document.next(node)) elements.push(document, node)
  t.equal(elements.length, elements.data().length)
  return [...elements.data()]
}

t.test('numbers', async t => {
  t.same(collect('DT_FLOAT', '[1,2.5,1e300,-1e300,1435774380,NaN,0.1,1e-50]'), [1, 2.5, Infinity, -Infinity, 1435774336, NaN, Math.fround(0.1), 0])
  t.same(collect('DT_DOUBLE', '[1,0.1,9007199254740993,Infinity]'), [1, 0.1, 9007199254740992, Infinity])
  t.same(collect('DT_HALF', '[1.0,2,70000]'), [0x3c00, 0x4000, 0x7c00])
  t.same(collect('DT_BFLOAT16', '[1.0]'), [0x3f80])
  t.same(collect('DT_INT32', '[2147483647,-2147483648,-0]'), [2147483647, -2147483648, 0])
  t.same(collect('DT_UINT16', '[0,65535]'), [0, 65535])
  t.same(collect('DT_UINT32', '[4294967295]'), [4294967295])
  t.same(collect('DT_INT64', '[9007199254740993,-9223372036854775808,9223372036854775807]'), [9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n])
  t.same(collect('DT_UINT64', '[18446744073709551615,0]'), [2n ** 64n - 1n, 0n])
  t.same(collect('DT_BOOL', '[true,false]'), [1, 0])
  t.equal(collect('DT_INT32', JSON.stringify(Array.from({ length: 1000 }, (_, i) => i))).length, 1000)
})

t.test('strings', async t => {
  t.same((collect('DT_STRING', '["a\\u0000b",{"b64":"/wA="},{"\\u00624":"","b64":""},""]'.replace(',{"\\u00624":"","b64":""}', '')) as Uint8Array[]).map(b => [...b]), [[97, 0, 98], [255, 0], []])
})

t.test('what does not fit', async t => {
  const cases: [DType, string, string][] = [
    ['DT_FLOAT', '"1"', 'JSON Value: "1" Type: String is not of expected type: float'],
    ['DT_FLOAT', '{"b64":"YQ=="}', 'JSON Value: {\n    "b64": "YQ=="\n} Type: Object is not of expected type: float'],
    ['DT_DOUBLE', 'null', 'JSON Value: null Type: Null is not of expected type: double'],
    ['DT_INT32', '1.0', 'JSON Value: 1.0 Type: Number is not of expected type: int32'],
    ['DT_INT32', '2147483648', 'JSON Value: 2147483648 Type: Number is not of expected type: int32'],
    ['DT_INT32', 'NaN', 'JSON Value:  Type: Number is not of expected type: int32'],
    ['DT_UINT8', '256', 'JSON Value: 256 Type: Number is not of expected type: uint8'],
    ['DT_UINT8', '-1', 'JSON Value: -1 Type: Number is not of expected type: uint8'],
    ['DT_INT64', '9223372036854775808', 'JSON Value: 9223372036854775808 Type: Number is not of expected type: int64'],
    ['DT_UINT64', '-1', 'JSON Value: -1 Type: Number is not of expected type: uint64'],
    ['DT_UINT64', '1e3', 'JSON Value: 1000.0 Type: Number is not of expected type: uint64'],
    ['DT_BOOL', '0', 'JSON Value: 0 Type: Number is not of expected type: bool'],
    ['DT_STRING', 'true', 'JSON Value: true Type: True is not of expected type: string'],
    ['DT_STRING', '{"b64":1}', 'JSON Value: {\n    "b64": 1\n} not formatted correctly for base64 data'],
    ['DT_STRING', '{"b64":"*"}', 'Unable to base64 decode'],
    ['DT_STRING', '{"b64":"-_-_"}', 'Unable to base64 decode (the URL-safe alphabet is not taken: use + and /)'],
    ['DT_COMPLEX64', '1', 'Conversion of JSON Value: 1 to type: complex64'],
    ['DT_QINT8', '"x"', 'Conversion of JSON Value: "x" to type: qint8'],
    ['DT_COMPLEX64', '{}', 'JSON Value: {} Type: Object is not of expected type: complex64']
  ]
  for (const [dtype, value, message] of cases) {
    const code = message.startsWith('Conversion') ? 'REQUEST_UNIMPLEMENTED' : 'REQUEST_INVALID'
    t.throws(() => collect(dtype, `[${value}]`), { code, message }, `${dtype} ${value}`)
  }
  t.same(collect('DT_COMPLEX64', '[]'), [])
  t.same(collect('DT_RESOURCE', '[]').length, 0)
})

t.test('base64 objects', async t => {
  const is = (text: string): boolean => isBase64Object(parseJson(Buffer.from(text)), 0)
  t.ok(is('{"b64":""}'))
  t.ok(is('{"\\u00624":""}'.replace('\\u00624', '\\u0062\\u0036\\u0034')))
  for (const text of ['{}', '{"b64":1}', '{"b64":"","x":1}', '{"b65":""}', '["b64"]', '"b64"']) t.notOk(is(text), text)
})
