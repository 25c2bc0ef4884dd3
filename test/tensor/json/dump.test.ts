// tensor/json/dump.ts: values as messages show them.
import t from 'tap'
import { dump, typeName } from '../../../src/tensor/json/dump.js'
import { parseJson } from '../../../src/tensor/json/parse.js'

const shown = (text: string): string => {
  const document = parseJson(Buffer.from(text))
  return dump(document, 0)
}

t.test('scalars', async t => {
  t.same(['null', 'true', 'false', '1', '-0', '1.0', '1e2', '1e21', '1e22', '1e-7', '0.000001', '-0.0', '123456789012345678901234567890', '18446744073709551615', '0.1', '"a\\u0001\\"é\\/"'].map(shown),
    ['null', 'true', 'false', '1', '0', '1.0', '100.0', '1e21', '1e22', '1e-7', '0.000001', '-0.0', '1.2345678901234568e29', '18446744073709551615', '0.1', '"a\\u0001\\"é/"'])
  t.same(['NaN', '-Infinity'].map(shown), ['', ''])
})

t.test('objects over lines, lists on one', async t => {
  t.equal(shown('{}'), '{}')
  t.equal(shown('[]'), '[]')
  t.equal(shown('[1,[2,[]],"x"]'), '[1, [2, []], "x"]')
  t.equal(shown('{"a":[1,{"b":{}}],"c":null}'), '{\n    "a": [1, {\n            "b": {}\n        }],\n    "c": null\n}')
  t.equal(shown('{"a":1,"a":2}'), '{\n    "a": 1,\n    "a": 2\n}')
})

t.test('cut off after the token that passes 256 bytes', async t => {
  const long = 'z'.repeat(1000)
  t.equal(shown(`"${long}"`), `"${long}"`)
  t.equal(shown(`["${long}",1]`), `["${long}"`)
  t.equal(shown(`{"${long}":1}`), `{\n    "${long}"`)
  const list = shown(`[${new Array(1000).fill('1234567').join(',')}]`)
  t.ok(list.length > 256 && list.length <= 256 + 9, String(list.length))
  t.match(list, /1234567$/)
  t.equal(shown(`["${'é'.repeat(130)}",1]`).length, 133, 'bytes count, not characters')
})

t.test('any nesting', async t => {
  t.equal(shown('['.repeat(100000) + ']'.repeat(100000)), '['.repeat(257))
})

t.test('types', async t => {
  t.same(['null', 'false', 'true', '{}', '[]', '"a"', '"\\n"', '1', '1.0'].map(text => typeName(parseJson(Buffer.from(text)), 0)),
    ['Null', 'False', 'True', 'Object', 'Array', 'String', 'String', 'Number', 'Number'])
})
