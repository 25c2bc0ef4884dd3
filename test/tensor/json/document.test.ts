// tensor/json/document.ts: look-ups and strings.
import t from 'tap'
import { parseJson } from '../../../src/tensor/json/parse.js'

const parse = (text: string | Buffer): ReturnType<typeof parseJson> => parseJson(Buffer.from(text))

t.test('the first of equal keys is found, whatever its spelling', async t => {
  const document = parse('{"a":1,"\\u0062":2,"b":3,"__proto__":4,"ä":5,"constructor":{"a":6},"last":7}')
  const value = (key: string): number => document.double(document.find(0, key))
  t.same(['a', 'b', '__proto__', 'ä', 'last'].map(value), [1, 2, 4, 5, 7])
  t.equal(document.find(0, 'toString'), -1)
  t.equal(document.find(0, ''), -1)
  t.equal(document.size(0), 7)
})

t.test('strings: bytes as they came, escapes resolved', async t => {
  const bytes = (text: string | Buffer): number[] => [...parse(text).stringBytes(0)]
  t.same(bytes(Buffer.from([0x22, 0xff, 0xfe, 0x80, 0x22])), [0xff, 0xfe, 0x80])
  t.same(bytes('"\\"\\\\\\/\\b\\f\\n\\r\\t"'), [0x22, 0x5c, 0x2f, 8, 12, 10, 13, 9])
  t.same(bytes('"a\\u0000b"'), [97, 0, 98])
  t.same(bytes('"\\uDC00"'), [0xed, 0xb0, 0x80])
  t.equal(parse('"\\u00e9\\u4e2d\\ud83d\\ude00é😀"').text(0), 'é中😀é😀')
  t.equal(parse('"é"').text(0), 'é')
  t.equal(parse('-12.50e1').literal(0), '-12.50e1')
})
