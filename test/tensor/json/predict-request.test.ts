// tensor/json/predict-request.ts: row and columnar requests, shapes, and the texts of what is refused.
import t from 'tap'
import type { DType } from '../../../src/tensor/dtype.js'
import { parsePredictBody } from '../../../src/tensor/json/predict-body.js'
import type { PredictInputs } from '../../../src/tensor/json/predict-request.js'

const read = (inputs: Record<string, DType>, body: string): PredictInputs =>
  parsePredictBody(Buffer.from(body), () => new Map(Object.entries(inputs).map(([name, dtype]) => [name, { dtype, shape: undefined }])))
const one = { x: 'DT_FLOAT' } as const
const two = { b: 'DT_INT32', a: 'DT_STRING' } as const

t.test('shapes', async t => {
  const shape = (body: string): readonly number[] => read(one, body).inputs['x'].shape
  t.same(shape('{"instances":[1,2,3]}'), [3])
  t.same(shape('{"instances":[[[1,2]],[[3,4]]]}'), [2, 1, 2])
  t.same(shape('{"instances":[[]]}'), [1, 0])
  t.same(shape('{"instances":[{"x":[1,2]}]}'), [1, 2])
  t.same(shape('{"instances":[{"x":1},{"x":2}]}'), [2])
  t.same(shape('{"inputs":3}'), [])
  t.same(shape('{"inputs":[]}'), [0])
  t.same(shape('{"inputs":[[],[]]}'), [2, 0])
  t.same(shape('{"inputs":{"x":[[1],[2]],"more":"ignored"}}'), [2, 1])
  t.equal(shape(`{"inputs":${'['.repeat(254)}1${']'.repeat(254)}}`).length, 254)
})

t.test('several inputs, of any order and depth', async t => {
  const { inputs, format } = read(two, '{"instances":[{"a":["p","q"],"b":1},{"b":2,"a":["r",{"b64":"cw=="}]}]}')
  t.equal(format, 'row')
  t.same(inputs['b'], { dtype: 'DT_INT32', shape: [2], data: new Int32Array([1, 2]) })
  t.same(inputs['a'].shape, [2, 2])
  t.same((inputs['a'].data as Uint8Array[]).map(String), ['p', 'q', 'r', 's'])
  t.equal(read(two, '{"inputs":{"a":"x","b":[[1]]}}').format, 'columnar')
})

t.test('of a name that comes twice the first counts', async t => {
  t.same([...read(one, '{"instances":[{"x":1,"x":9},{"x":2}]}').inputs['x'].data as Float32Array], [1, 2])
  t.same([...read(one, '{"inputs":{"x":1,"x":9}}').inputs['x'].data as Float32Array], [1])
  t.same([...read(one, '{"instances":[1],"instances":[2]}').inputs['x'].data as Float32Array], [1])
})

t.test('a signature without inputs takes an empty object', async t => {
  const { inputs, format } = read({}, '{"inputs":{}}')
  t.equal(format, 'columnar')
  t.same(Object.keys(inputs), [])
  t.throws(() => read({}, '{"instances":[1]}'), { message: /^Failed to get input map for signature: DEFAULT/ })
  t.throws(() => read({}, '{"signature_name":"s","inputs":[]}'), { message: /^Failed to get input map for signature: s/ })
})

t.test('what is refused', async t => {
  const element = "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
  const cases: [Record<string, DType>, string, string][] = [
    [one, '[]', 'JSON Value: [] Is not object'],
    [one, '{"signature_name":null}', 'JSON Value: {\n    "signature_name": null\n} not formatted correctly. \'signature_name\' key must be a string value.'],
    [one, '{}', "Missing 'inputs' or 'instances' key"],
    [one, '{"inputs":null,"instances":null}', 'JSON Value: {\n    "inputs": null,\n    "instances": null\n} Not formatted correctly expecting only one of \'inputs\' or \'instances\' keys to exist '],
    [one, '{"instances":{}}', 'JSON Value: {\n    "instances": {}\n} Expecting \'instances\' to be an list/array'],
    [one, '{"instances":[]}', 'JSON Value: {\n    "instances": []\n} No values in \'instances\' array'],
    [one, '{"instances":[1,"a"]}', `${element}JSON Value: "a" Type: String is not of expected type: float`],
    [one, '{"instances":[[1],[1,2]]}', `${element}Expecting tensor size: 1 but got: 2`],
    [one, '{"instances":[[1],1]}', `${element}Expecting shape [1] but got: []`],
    [one, '{"instances":[[[1,2]],[[1],[2]]]}', `${element}Expecting shape [1,2] but got: [2,1]`],
    [one, '{"instances":[[],[[]]]}', `${element}Expecting shape [0] but got: [1,0]`],
    [one, '{"instances":[1,[[1,2],[3]]]}', `${element}Encountered list at unexpected size: 1 at level: 1 expected size: 2`],
    [one, '{"instances":[1,{"x":1}]}', 'Expecting value/list but got object at item 1 of input list'],
    [one, '{"instances":[{"x":1},1]}', 'Expecting object but got list at item 1 of input list'],
    [one, '{"instances":[{"x":1},{"b64":""}]}', 'Expecting object but got list at item 1 of input list'],
    [one, '{"instances":[{"y":1}]}', "Failed to process element: 0 key: y of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: y"],
    [one, '{"instances":[{}]}', "Failed to process element: 0 of 'instances' list. JSON object: {} keys must be equal to: x"],
    [two, '{"instances":[{"a":"x"}]}', "Failed to process element: 0 of 'instances' list. JSON object: {\n    \"a\": \"x\"\n} keys must be equal to: a,b"],
    [two, '{"instances":[1]}', 'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map'],
    [two, '{"instances":[{"b64":"YQ=="}]}', 'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map'],
    [two, '{"inputs":[1]}', 'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map'],
    [two, '{"inputs":{"b":1}}', "Missing named input: a in 'inputs' object."],
    [one, '{"inputs":[1,[2]]}', 'Encountered list at unexpected level: 1 expected < 1'],
    [one, '{"inputs":[[1],2]}', 'JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2'],
    [one, '{"inputs":[[],[1]]}', 'Encountered list at unexpected size: 1 at level: 1 expected size: 0'],
    [{ x: 'DT_COMPLEX64' }, '{"instances":[1]}', "Failed to process element: 0 of 'instances' list. Error: UNIMPLEMENTED: Conversion of JSON Value: 1 to type: complex64"],
    [one, `{"inputs":${'['.repeat(300)}1${']'.repeat(300)}}`, 'Lists are nested 300 levels deep; a tensor has at most 254 dimensions'],
    [one, `{"instances":${'['.repeat(255)}1${']'.repeat(255)}}`, 'Lists are nested 255 levels deep; a tensor has at most 254 dimensions']
  ]
  for (const [inputs, body, message] of cases) t.throws(() => read(inputs, body), { code: 'REQUEST_INVALID', message }, body.slice(0, 100))
  t.throws(() => read({ x: 'DT_COMPLEX64' }, '{"inputs":[1]}'), { code: 'REQUEST_UNIMPLEMENTED' })
})

t.test('names sort by their bytes', async t => {
  t.throws(() => read({ ï: 'DT_FLOAT', '\u{10000}': 'DT_FLOAT', '\uffff': 'DT_FLOAT', Z: 'DT_FLOAT' }, '{"instances":[{}]}'), { message: /: Z,ï,\uffff,\u{10000}$/u })
})

t.test('half a million levels answer, they do not crash', async t => {
  const deep = '['.repeat(500_000) + ']'.repeat(500_000)
  t.throws(() => read(one, `{"instances":[${deep}]}`), { code: 'REQUEST_INVALID' })
  t.throws(() => read(one, `{"instances":${deep},"inputs":1}`), { code: 'REQUEST_INVALID' })
})
