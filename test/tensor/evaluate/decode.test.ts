// JSON bodies of evaluate: the batch form, the plain form, and every refusal with its place.
import t from 'tap'
import { OutriggerError } from '../../../src/errors.js'
import type { DType } from '../../../src/tensor/dtype.js'
import { decodeInputs } from '../../../src/tensor/evaluate/decode.js'
import { parseJson } from '../../../src/tensor/evaluate/json.js'
import { signature } from '../../handlers/kit.js'

type Shape = readonly [DType, readonly number[]]

const read = (text: string, inputs: Record<string, Shape>) => decodeInputs(parseJson(Buffer.from(text)), signature(inputs, {}))

function faults (text: string, inputs: Record<string, Shape>): string[] {
  try {
    read(text, inputs)
  } catch (error) {
    if (!(error instanceof OutriggerError)) throw error
    return [error.code, ...(error.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`)]
  }
  return []
}

const passenger: Record<string, Shape> = { fare: ['DT_FLOAT', [-1, 1]], sex: ['DT_STRING', [-1, 1]] }
const shapes = (text: string, inputs: Record<string, Shape>) => {
  const { tensors, plain } = read(text, inputs)
  return { plain, ...Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])) }
}

t.test('forms', async t => {
  t.same(shapes('{"fare": [[7],[9]], "sex": [["male"],["female"]]}', passenger), { plain: false, fare: [2, 1], sex: [2, 1] })
  t.same(shapes('{"fare": 7, "sex": "male"}', passenger), { plain: true, fare: [1, 1], sex: [1, 1] })
  t.same(shapes('{"fare": [7], "sex": ["male"]}', passenger), { plain: true, fare: [1, 1], sex: [1, 1] })
  t.same(shapes('{"x": [1, 2]}', { x: ['DT_FLOAT', [-1]] }), { plain: false, x: [2] })
  t.same(shapes('{"x": 1}', { x: ['DT_FLOAT', [-1]] }), { plain: true, x: [1] })
  t.same(shapes('{"x": [[1, 2], [3, 4]]}', { x: ['DT_FLOAT', [-1, 2, 2, 1]] }), { plain: true, x: [1, 2, 2, 1] }, 'a picture without its one channel')
  t.same(shapes('{"x": [[[1], [2]], [[3], [4]]]}', { x: ['DT_FLOAT', [-1, 2, 2, 1]] }), { plain: true, x: [1, 2, 2, 1] })
  t.same(shapes('{"x": [1, 2, 3]}', { x: ['DT_INT32', [-1, -1]] }), { plain: true, x: [1, 3] }, 'a free length')
  t.same(shapes('{"x": [[]]}', { x: ['DT_INT32', [-1, -1]] }), { plain: false, x: [1, 0] })
  t.same(shapes('{"x": 3, "n": [[1, 2]]}', { x: ['DT_FLOAT', []], n: ['DT_FLOAT', [-1, 2]] }), { plain: false, x: [], n: [1, 2] }, 'a scalar input has no batch')
  t.same(shapes('{"x": 3, "n": [1, 2]}', { x: ['DT_FLOAT', []], n: ['DT_FLOAT', [-1, 2]] }), { plain: true, x: [], n: [1, 2] })
  t.same(shapes('{"x": [1, 2, 3]}', { x: ['DT_FLOAT', [1, 3]] }), { plain: true, x: [1, 3] }, 'a batch that is always one')
})

t.test('values', async t => {
  const data = (text: string, dtype: DType) => [...read(`{"x":${text}}`, { x: [dtype, [-1]] }).tensors.x!.data as Iterable<unknown>]
  t.same(data('[9007199254740993, -9223372036854775808, 9223372036854775807, 1]', 'DT_INT64'), [9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n, 1n], 'int64 exact')
  t.same(data('[18446744073709551615]', 'DT_UINT64'), [2n ** 64n - 1n])
  t.same(data('["NaN", "Infinity", "-Infinity", 1e308]', 'DT_DOUBLE'), [NaN, Infinity, -Infinity, 1e308])
  t.same(data('[true, false]', 'DT_BOOL'), [1, 0])
  t.same(data('[1, 0.1, 12345678901234567890]', 'DT_FLOAT'), [1, Math.fround(0.1), Math.fround(12345678901234567890)])
  t.same(data('[1, 65504, "Infinity"]', 'DT_HALF'), [0x3c00, 0x7bff, 0x7c00])
  t.same(data('["héé", {"b64": "/w=="}]', 'DT_STRING').map(bytes => [...bytes as Uint8Array]), [[...Buffer.from('héé')], [255]])
})

t.test('refusals', async t => {
  for (const [text, expected] of [
    ['{"fare": "7", "sex": "male"}', ['/fare must be a number (float32), not a string']],
    ['{"fare": 7, "sex": 3}', ['/sex must be a string, not a number']],
    ['{"fare": "7", "sex": null}', ['/fare must be a number (float32), not a string', '/sex must be a string, not null']],
    ['{"fare": true, "sex": "m"}', ['/fare must be a number (float32), not a boolean']],
    ['{"fare": {"a": 1}, "sex": "m"}', ['/fare must be a number (float32), not an object']],
    ['{"fare": 7, "sexx": "male"}', ['/sexx is no input of the model; its inputs are fare, sex', '/sex is missing; the model needs this input (string [n, 1])']],
    ['{"fare": [[7], [8, 9]], "sex": [["m"], ["f"]]}', ['/fare/1 has 2 values where the lists beside it have 1']],
    ['{"fare": [[7], 8], "sex": [["m"], ["f"]]}', ['/fare/1 must be a list of 1 like the lists beside it']],
    ['{"fare": [[7], [[8]]], "sex": [["m"], ["f"]]}', ['/fare/1/0 must be a number (float32), not a list']],
    ['{"fare": [7, 9], "sex": ["m", "f"]}', ['/fare has shape [2]; one instance takes a single value, several take shape [n, 1]', '/sex has shape [2]; one instance takes a single value, several take shape [n, 1]']],
    ['{"fare": [[7, 8]], "sex": [["m"]]}', ['/fare has shape [1, 2]; the model takes shape [n, 1]']],
    ['{"fare": 7, "sex": [["m"]]}', ['/fare is given for one instance while sex is given with a batch; the model takes shape [n, 1]']],
    ['{"fare": 1e39, "sex": "m"}', ['/fare is out of the range of float32']],
    ['{"fare": 1e999, "sex": "m"}', ['/fare is out of the range of float32']],
    ['{"fare": 7, "sex": {"b64": "?"}}', ['/sex has a b64 that is not base64']],
    ['[1]', [' must be a JSON object with the inputs by name: fare, sex']],
    ['7', [' must be a JSON object with the inputs by name: fare, sex']]
  ] as const) t.same(faults(text, passenger), ['REQUEST_INVALID', ...expected], text)

  for (const [dtype, text, detail] of [
    ['DT_INT32', '7.5', 'must be a whole number (int32), not 7.5'],
    ['DT_INT32', '2147483648', 'is out of the range of int32, -2147483648 to 2147483647'],
    ['DT_UINT8', '-1', 'is out of the range of uint8, 0 to 255'],
    ['DT_INT64', '9223372036854775808', 'is out of the range of int64, -9223372036854775808 to 9223372036854775807'],
    ['DT_INT64', '"5"', 'must be a whole number (int64), not a string'],
    ['DT_INT64', '0.5', 'must be a whole number (int64), not 0.5'],
    ['DT_INT32', '"NaN"', 'must be a whole number (int32), not a string'],
    ['DT_BOOL', '1', 'must be true or false, not a number'],
    ['DT_COMPLEX64', '1', 'has the type complex64, which cannot be given here']
  ] as const) t.same(faults(`{"a/b~": ${text}}`, { 'a/b~': [dtype, [-1]] }), ['REQUEST_INVALID', `/a~1b~0 ${detail}`])

  t.equal(faults(`{"x": [${'"a",'.repeat(999)}"a"]}`, { x: ['DT_FLOAT', [-1]] }).length, 21, 'not without end')
  t.match(faults(`{"x": ${'['.repeat(5000)}${']'.repeat(5000)}}`, { x: ['DT_FLOAT', [-1]] }), ['REQUEST_INVALID', /nested deeper/])
  t.same(faults('{"__proto__": 1, "x": 1}', { x: ['DT_FLOAT', [-1]] }), ['REQUEST_INVALID', '/__proto__ is no input of the model; its inputs are x'])
})

t.test('not JSON', async t => {
  for (const text of ['', '  ', '{', '{"fare": 7,}', 'NaN', '{"fare": 07}', '{} {}']) t.match(faults(text, passenger), ['REQUEST_NOT_JSON'], text)
  t.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)), { code: 'REQUEST_NOT_JSON', message: 'The body is not valid UTF-8' })
  t.same(parseJson(Buffer.from('\ufeff{"a": 12345678901234567890, "s": "1234567890123456789", "d": 1234567890123456789.5, "\\"1234567890123456789": [-9007199254740993]}')), { a: 12345678901234567890n, s: '1234567890123456789', d: 1234567890123456789.5, '"1234567890123456789': [-9007199254740993n] })
})

t.test('bodies that promise or nest more than can be', async t => {
  const promising = (n: number): string => `[[[${Array(n).fill('0').join()}]${',0'.repeat(n)}]${',0'.repeat(n)}]`
  t.match(faults(`{"x": ${promising(5000)}}`, { x: ['DT_DOUBLE', [-1, -1, -1]] }), ['REQUEST_INVALID', /^\/x\/0\/1 must be a list of 5000/], 'no room is made for the 125 billion values that first elements promise')
  t.match(faults(`{"x": ${promising(5000).replaceAll('0', '""')}}`, { x: ['DT_STRING', [-1, -1, -1]] }), ['REQUEST_INVALID', /^\/x\/0\/1 must be a list of 5000/])
  const many = Array.from({ length: 20_000 }, (_, i) => i)
  t.same([...read(`{"x": [${many.join()}]}`, { x: ['DT_INT32', [-1]] }).tensors.x!.data as Int32Array], many, 'room grows with the values')

  const nested = (depth: number, inner: string): string => '[{"a":'.repeat(depth / 2) + inner + '}]'.repeat(depth / 2)
  t.match(parseJson(Buffer.from(nested(500, '1'))), [{ a: [{ a: Array }] }])
  t.throws(() => parseJson(Buffer.from(nested(502, '1'))), { code: 'REQUEST_INVALID', message: /nested deeper than 500/, errors: [{ pointer: '' }] })
  t.throws(() => parseJson(Buffer.from(nested(200_000, '12345678901234567890'))), { code: 'REQUEST_INVALID' })
  t.same(parseJson(Buffer.from(`[${'"[{\\"",'.repeat(600)}[]]`)), [...Array<string>(600).fill('[{"'), []], 'brackets in strings nest nothing')
  t.throws(() => parseJson(Buffer.from('['.repeat(1000))), { code: 'REQUEST_NOT_JSON' })
})

t.test('whole numbers beyond doubles beside what is long', async t => {
  const long = 'a'.repeat(9_000_000)
  t.strictSame(parseJson(Buffer.from(`{"s":"${long}\\\\","n":12345678901234567890,"t":"\\"12345678901234567890"}`)), { s: `${long}\\`, n: 12345678901234567890n, t: '"12345678901234567890' })
  t.same(parseJson(Buffer.from(`[${'9'.repeat(309)}, -${'9'.repeat(310)}]`)), [BigInt('9'.repeat(309)), -Infinity], 'no type holds more digits')
  t.match(faults(`{"x": [${'9'.repeat(100_000)}]}`, { x: ['DT_INT64', [-1]] }), ['REQUEST_INVALID', '/x/0 must be a whole number (int64), not Infinity'])
})
