// tensor/json/parse.ts: grammar, error texts and byte offsets, nesting, cuts at every byte.
import t from 'tap'
import { OutriggerError } from '../../../src/errors.js'
import { ARRAY, DOUBLE, FALSE, INTEGER, NULL, OBJECT, TRUE } from '../../../src/tensor/json/document.js'
import { parseJson, syntaxErrors } from '../../../src/tensor/json/parse.js'
import { createRandom } from '../../helpers/random.js'

/** Seeded: what passes once passes always. */
const { fraction: random } = createRandom(2026)

const parse = (text: string): ReturnType<typeof parseJson> => parseJson(Buffer.from(text))

t.test('errors have their text and the offset of the byte', async t => {
  const cases: [string, keyof typeof syntaxErrors, number][] = [
    [' \t\r\n', 'empty', 4], [']', 'empty', 0], ['}', 'empty', 0], [',', 'empty', 0], [':', 'empty', 0], ['\0{}', 'empty', 0],
    ['[', 'value', 1], ['[,', 'value', 1], ['[1,', 'value', 3], ['[1,]', 'value', 3], ['[}', 'value', 1], ['{"a":', 'value', 5], ['{"a":}', 'value', 5],
    ['nulL', 'value', 3], ['tru', 'value', 3], ['falsy', 'value', 4], ['nan', 'value', 1], ['[Nan]', 'value', 3], ['In', 'value', 2], ['Infinitx', 'value', 7], ['-', 'value', 1],
    ['-x', 'value', 1], ['NInf', 'value', 1], ['NaInf', 'value', 2], ['+1', 'value', 0], ['.5', 'value', 0], ['-.5', 'value', 1], ["'a'", 'value', 0],
    ['{', 'name', 1], ['{a', 'name', 1], ['{,', 'name', 1], ['{"a":1,}', 'name', 7], ['{"a":1,', 'name', 7], ['{1:2}', 'name', 1],
    ['{"a"', 'colon', 4], ['{"a" 1', 'colon', 5], ['{"a",', 'colon', 4],
    ['{"a":1', 'member', 6], ['{"a":1]', 'member', 6], ['{"a":01}', 'member', 6], ['{"a":1 "b"', 'member', 7],
    ['[1', 'element', 2], ['[1 2', 'element', 3], ['[01]', 'element', 2], ['[1}', 'element', 2], ['["a""b"]', 'element', 4], ['[1/**/]', 'element', 2],
    ['[5.]', 'fraction', 3], ['5.e1', 'fraction', 2], ['[1e]', 'exponent', 3], ['[1e+]', 'exponent', 4], ['1E-', 'exponent', 3],
    ['[1e309]', 'tooBig', 1], ['[-1e309]', 'tooBig', 1], ['[1e99999999999999999999]', 'tooBig', 1], [`[2${'0'.repeat(308)}]`, 'tooBig', 1], [`[1${'0'.repeat(400)}.5]`, 'tooBig', 1],
    ['"\\x"', 'escape', 1], ['"ab\\', 'escape', 3], ['"a\nb"', 'escape', 2], ['"a\u0001"', 'escape', 2],
    ['"\\u12G4"', 'hex', 1], ['"\\u12', 'hex', 1], ['"\\ud83dx"', 'surrogate', 1], ['"\\ud83d\\n"', 'surrogate', 1], ['"\\ud83d\\ud83d"', 'surrogate', 1], ['"\\ud83d\\u00G0"', 'hex', 1],
    ['"abc', 'quotation', 4], ['"', 'quotation', 1], ['"a\0b"', 'quotation', 2], ['{"ab', 'quotation', 4]
  ]
  for (const [text, error, offset] of cases) {
    t.throws(() => parse(text), { code: 'REQUEST_NOT_JSON', message: `JSON Parse error: ${syntaxErrors[error]} at offset: ${offset}` }, JSON.stringify(text))
  }
  t.throws(() => parse(''), { message: 'JSON Parse error: The document is empty' })
  t.throws(() => parseJson(Buffer.from([0xef, 0xbb, 0xbf])), { message: 'JSON Parse error: The document is empty. at offset: 3' })
})

t.test('literals and their kinds', async t => {
  const document = parse('[null,false,true,1,-1,18446744073709551615,18446744073709551616,-9223372036854775808,-9223372036854775809,1.0,1e2,NaN,-NaN,Inf,-Inf,Infinity,-Infinity,0,-0,-0.0,10e308,1E+2,0.1e309]')
  const kinds: number[] = []
  const values: number[] = []
  for (let node = 1; node < document.next(0); node++) {
    kinds.push(document.kind(node))
    if (document.kind(node) === INTEGER || document.kind(node) === DOUBLE) values.push(document.double(node))
  }
  t.same(kinds, [NULL, FALSE, TRUE, INTEGER, INTEGER, INTEGER, DOUBLE, INTEGER, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, INTEGER, INTEGER, DOUBLE, DOUBLE, DOUBLE, DOUBLE])
  t.same(values, [1, -1, 2 ** 64, 2 ** 64, -(2 ** 63), -(2 ** 63), 1, 100, NaN, NaN, Infinity, -Infinity, Infinity, -Infinity, 0, 0, -0, Infinity, 100, 1e308])
  t.equal(document.integer(6), 18446744073709551615n)
  t.ok(Object.is(document.double(19), 0), '-0 is the integer 0')
  t.ok(Object.is(document.double(20), -0), '-0.0 keeps its sign')
})

t.test('numbers are rounded to the nearest double', async t => {
  for (const text of ['0.0029', '9007199254740991.0', '0.30000000000000004', '2.2250738585072014e-308', '5e-324', '1e-400', '123456789012345678', '0.000001234567890123456789', '1.7976931348623157e308', '100000000000000000000000', '4.35', '0.1e-10', '179769313486231570000e288']) {
    t.equal(parse(text).double(0), Number(text), text)
  }
  for (let i = 0; i < 2000; i++) {
    const value = (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20)
    for (const text of [String(value), value.toFixed(8), value.toExponential(5)]) t.equal(parse(text).double(0) === Number(text), true, text)
  }
})

t.test('text behind the value is not looked at; a byte order mark is skipped', async t => {
  t.equal(parse('{} x').kind(0), OBJECT)
  t.equal(parse('1 2').double(0), 1)
  t.equal(parse('[1]]]').kind(0), ARRAY)
  t.equal(parse('\ufeff [1]').kind(0), ARRAY)
})

t.test('half a million levels', async t => {
  const depth = 500_000
  const document = parse(`{"ignored":${'['.repeat(depth)}${']'.repeat(depth)},"x":1}`)
  t.equal(document.double(document.find(0, 'x')), 1)
  const objects = parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
  t.equal(objects.next(0), depth * 2 + 1)
  t.throws(() => parse('['.repeat(depth)), { message: new RegExp(`offset: ${depth}$`) })
})

t.test('cut at every byte, a text is refused, never misread', async t => {
  const whole = '{"a":[1.5e1,-2,NaN,-Infinity,true,null,"x\\u00e9\\ud83d\\ude00\\n"],"b":{"c":{}}}'
  parse(whole)
  for (let cut = 0; cut < whole.length; cut++) t.throws(() => parse(whole.slice(0, cut)), OutriggerError)
})

t.test('agrees with JSON.parse on generated documents', async t => {
  const make = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 0 ? 7 : 5))
    if (kind === 0) return null
    if (kind === 1) return random() < 0.5
    if (kind === 2) return Math.floor(random() * 1e6) - 5e5
    if (kind === 3) return random() * 10 ** Math.floor(random() * 20 - 10)
    if (kind === 4) return String.fromCodePoint(...Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * 0xd000)))
    const items = Array.from({ length: Math.floor(random() * 5) }, () => make(depth - 1))
    return kind === 5 ? items : Object.fromEntries(items.map((item, i) => [`k${i}`, item]))
  }
  const read = (document: ReturnType<typeof parse>, node: number): unknown => {
    switch (document.kind(node)) {
      case NULL: return null
      case TRUE: return true
      case FALSE: return false
      case INTEGER: case DOUBLE: return document.double(node)
      case ARRAY: case OBJECT: {
        const items: unknown[] = []
        for (let at = node + 1; at < document.next(node); at = document.next(at)) items.push(read(document, at))
        return document.kind(node) === ARRAY ? items : Object.fromEntries(items.flatMap((item, i) => i % 2 === 0 ? [[item, items[i + 1]]] : []) as [string, unknown][])
      }
      default: return document.text(node)
    }
  }
  for (let i = 0; i < 300; i++) {
    const value = make(4)
    t.same(read(parse(JSON.stringify(value, null, i % 3)), 0), value)
  }
})
