// tensor/json/predict-response.ts: the very text of answers.
import t from 'tap'
import { printPredictions as print } from '../../../src/tensor/json/predict-response.js'
import type { Tensor } from '../../../src/tensor/tensor.js'

const printPredictions = (...given: Parameters<typeof print>): string => print(...given).toString()
const float = (shape: number[], ...values: number[]): Tensor => ({ dtype: 'DT_FLOAT', shape, data: new Float32Array(values) })
const string = (shape: number[], ...values: (string | Uint8Array)[]): Tensor => ({ dtype: 'DT_STRING', shape, data: values.map(value => typeof value === 'string' ? Buffer.from(value) : value) })

t.test('rows', async t => {
  t.equal(printPredictions({ y: float([2], 2.5, 3) }, 'row'), '{\n    "predictions": [2.5, 3.0\n    ]\n}')
  t.equal(printPredictions({ y: float([0, 3]) }, 'row'), '{\n    "predictions": []\n}')
  t.equal(printPredictions({ y: float([2, 0]) }, 'row'), '{\n    "predictions": [[], []\n    ]\n}')
  t.equal(printPredictions({ y: float([2, 1, 2], 1, 2, 3, 4) }, 'row'), '{\n    "predictions": [[[1.0, 2.0]], [[3.0, 4.0]]\n    ]\n}')
  t.equal(printPredictions({ y_bytes: string([1, 2], 'a', 'b') }, 'row'),
    '{\n    "predictions": [[{\n                "b64": "YQ=="\n            }, {\n                "b64": "Yg=="\n            }]\n    ]\n}')
  t.equal(printPredictions({ a: float([2], 1, 2), '"': float([2, 2], 1, 2, 3, 4) }, 'row'),
    '{\n    "predictions": [\n        {\n            "a": 1.0,\n            "\\"": [1.0, 2.0]\n        },\n        {\n            "a": 2.0,\n            "\\"": [3.0, 4.0]\n        }\n    ]\n}')
  t.equal(printPredictions({ a: float([0]), b: float([0, 2]) }, 'row'), '{\n    "predictions": []\n}')
})

t.test('columns', async t => {
  t.equal(printPredictions({ y: float([], 2) }, 'columnar'), '{\n    "outputs": 2.0\n}')
  t.equal(printPredictions({ y: float([2], 2.5, 3) }, 'columnar'), '{\n    "outputs": [\n        2.5,\n        3.0\n    ]\n}')
  t.equal(printPredictions({ y: float([1, 2, 0]) }, 'columnar'), '{\n    "outputs": [\n        [\n            [],\n            []\n        ]\n    ]\n}')
  t.equal(printPredictions({ y: float([], 2), s_bytes: string([1], 'a') }, 'columnar'),
    '{\n    "outputs": {\n        "y": 2.0,\n        "s_bytes": [\n            {\n                "b64": "YQ=="\n            }\n        ]\n    }\n}')
})

t.test('types', async t => {
  const shown = (tensor: Tensor, name = 'y'): unknown => printPredictions({ [name]: tensor }, 'columnar').replace(/\s/g, '').slice(12, -2)
  t.equal(shown({ dtype: 'DT_INT64', shape: [2], data: new BigInt64Array([9007199254740993n, -1n]) }), '9007199254740993,-1')
  t.equal(shown({ dtype: 'DT_UINT64', shape: [1], data: new BigUint64Array([2n ** 64n - 1n]) }), '18446744073709551615')
  t.equal(shown({ dtype: 'DT_BOOL', shape: [2], data: new Uint8Array([1, 0]) }), 'true,false')
  t.equal(shown({ dtype: 'DT_UINT8', shape: [2], data: new Uint8Array([255, 0]) }), '255,0')
  t.equal(shown({ dtype: 'DT_DOUBLE', shape: [3], data: new Float64Array([1 / 3, NaN, -Infinity]) }), '0.33333333333333331,NaN,-Infinity')
  t.equal(shown(string([2], 'é"\n', '')), '"é\\"\\n",""')
  t.equal(shown(string([1], new Uint8Array([0x61, 0xff, 0x62]))), '"a\ufffdb"', 'never invalid UTF-8')
  for (const dtype of ['DT_HALF', 'DT_BFLOAT16', 'DT_UINT16'] as const) {
    t.throws(() => shown({ dtype, shape: [1], data: new Uint16Array(1) }), { code: 'REQUEST_INVALID', message: /^Failed to write JSON value for tensor type: (half|bfloat16|uint16)$/ })
    t.equal(shown({ dtype, shape: [0], data: new Uint16Array(0) }), '')
  }
})

t.test('what rows cannot show', async t => {
  t.throws(() => printPredictions({ y: float([], 1) }, 'row'), { message: 'Tensor name: y has no shape information ' })
  t.throws(() => printPredictions({ a: float([1], 1), b: float([2], 1, 2) }, 'row'), { message: 'Tensor name: b has inconsistent batch size: 2 expecting: 1' })
  for (const format of ['row', 'columnar'] as const) t.throws(() => printPredictions({}, format), { message: 'Cannot convert empty tensor map to JSON' })
})
