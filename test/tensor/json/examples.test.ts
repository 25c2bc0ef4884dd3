// tensor/json/examples.ts: features by their literals, and the texts of answers and refusals.
import t from 'tap'
import { printClassifications, printRegressions, readInput } from '../../../src/tensor/json/examples.js'
import { parseJson } from '../../../src/tensor/json/parse.js'
import { Reader } from '../../../src/tensor/proto/wire.js'

const read = (body: string): Buffer => readInput(parseJson(Buffer.from(body)))

/** Features of one Example as [name, kind's field number, raw bytes of the list]. */
function features (example: Reader): [string, number, Buffer][] {
  const found: [string, number, Buffer][] = []
  example.next()
  const list = example.sub()
  while (list.next()) {
    const entry = list.sub()
    entry.next()
    const name = entry.string()
    entry.next()
    const feature = entry.sub()
    found.push(feature.next() ? [name, feature.field, feature.bytes()] : [name, 0, Buffer.alloc(0)])
  }
  return found
}

function input (body: string): { kind: number, examples: [string, number, Buffer][][], context: [string, number, Buffer][] | undefined } {
  const reader = new Reader(read(body))
  reader.next()
  const kind = reader.field
  const list = reader.sub()
  const examples: [string, number, Buffer][][] = []
  let context: [string, number, Buffer][] | undefined
  while (list.next()) {
    if (list.field === 1) examples.push(features(list.sub()))
    else context = features(list.sub())
  }
  return { kind, examples, context }
}

t.test('the kind follows the literal', async t => {
  const { kind, examples } = input('{"examples":[{"i":[20,-1,true,false],"f":[8.0,1e1,18446744073709551616,NaN],"s":["a",{"b64":"AAE="}],"e":[],"x":1,"x":2},{}]}')
  t.equal(kind, 1)
  t.equal(examples.length, 2)
  t.same(examples[1], [])
  const byName = new Map(examples[0].map(([name, field, bytes]) => [name, { field, bytes }]))
  t.same([...byName].map(([name, { field }]) => [name, field]), [['i', 3], ['f', 2], ['s', 1], ['e', 0], ['x', 3]])
  const packed = (name: string): Buffer => { const reader = new Reader(byName.get(name)!.bytes); reader.next(); return reader.bytes() }
  const numbers = new Reader(packed('i'))
  t.same([numbers.int64(), numbers.int64(), numbers.int64(), numbers.int64()], [20n, -1n, 1n, 0n])
  const floats = new Reader(packed('f'))
  t.same([floats.float(), floats.float(), floats.float(), floats.float()], [8, 10, Math.fround(2 ** 64), NaN])
  t.same([...packed('x')], [2], 'of equal names the last counts')
  const strings = new Reader(byName.get('s')!.bytes)
  strings.next()
  t.equal(strings.string(), 'a')
  strings.next()
  t.same([...strings.bytes()], [0, 1])
})

t.test('a context, even an empty one, changes the kind', async t => {
  t.equal(input('{"examples":[{"a":1}],"context":{}}').kind, 2)
  t.same(input('{"context":{"c":[1.5]},"examples":[{"a":1}]}').context?.map(([name, field]) => [name, field]), [['c', 2]])
})

t.test('what is refused', async t => {
  const cases: [string, string][] = [
    ['{"examples":[{"r":[1.5,2]}]}', 'Unexpected element type in feature: r expecting type: float'],
    ['{"examples":[{"r":[true,"a"]}]}', 'Unexpected element type in feature: r expecting type: int64'],
    ['{"examples":[{"r":["a",1.5]}]}', 'Unexpected element type in feature: r expecting type: bytes'],
    ['{"examples":[{"r":null}]}', 'Feature: r has element with unexpected JSON type: Null'],
    ['{"examples":[{"r":[[1]]}]}', 'Feature: r has element with unexpected JSON type: Array'],
    ['{"examples":[{"r":{"a":1}}]}', 'Feature: r has element with unexpected JSON type: Object'],
    ['{"examples":[{"r":9223372036854775808}]}', 'Feature: r has uint64_t element. Only int64_t is supported.'],
    ['{"examples":[{"r":{"b64":"*"}}]}', 'Unable to base64 decode'],
    ['{"examples":[1]}', 'Example must be JSON object but got JSON Number'],
    ['{"context":[],"examples":1}', 'Example must be JSON object but got JSON Array'],
    ['{}', "JSON Value: {} When method is classify, key 'examples' is expected and was not found"],
    ['{"examples":{}}', 'JSON Value: {\n    "examples": {}\n} Expecting \'examples\' value to be an list/array'],
    ['{"examples":[]}', 'JSON Value: {\n    "examples": []\n} \'examples\' value is an empty array']
  ]
  for (const [body, message] of cases) t.throws(() => read(body), { code: 'REQUEST_INVALID', message }, body)
})

t.test('answers', async t => {
  t.equal(printClassifications([[{ label: 'a"', score: 0.5 }, { label: '', score: 0 }], []]), '{\n    "results": [[["a\\"", 0.5], ["", 0.0]], []\n    ]\n}')
  t.equal(printRegressions([0.25, NaN, 1e6]), '{\n    "results": [0.25, NaN, 1e+06]\n}')
  t.throws(() => printClassifications([]), { message: 'Cannot convert empty ClassificationResults to JSON' })
  t.throws(() => printRegressions([]), { message: 'Cannot convert empty RegressionResults to JSON' })
})
