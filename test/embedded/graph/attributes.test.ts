import t from 'tap'
import { NodeAttributes } from '../../../src/embedded/graph/attributes.js'
import { attr, attrBytes, floats, type Attr } from '../saved-model-writer.js'

const of = (values: Record<string, Attr>): NodeAttributes => new NodeAttributes('n', new Map(Object.entries(values).map(([name, value]) => [name, attrBytes(value)])))

t.test('every kind', async t => {
  const a = of({
    i: attr.int(-7), f: attr.float(0.5), b: attr.bool(true), s: attr.string('SAME'), t: attr.dtype('DT_INT64'), shape: attr.shape([-1, 3]), unknown: attr.shape(undefined),
    tensor: attr.tensor(floats([2], 1, 2)), func: attr.func('f_1'), ints: attr.ints([1, -2]), floats: attr.floats([1.5]), strings: attr.strings(['a', '']),
    types: attr.dtypes(['DT_FLOAT', 'DT_STRING']), shapes: attr.shapes([[1], undefined])
  })
  t.equal(a.int('i'), -7)
  t.equal(a.float('f'), 0.5)
  t.equal(a.bool('b'), true)
  t.equal(a.string('s'), 'SAME')
  t.equal(a.dtype('t'), 'DT_INT64')
  t.strictSame(a.shape('shape'), [-1, 3])
  t.equal(a.shape('unknown'), undefined)
  t.strictSame([...a.tensor('tensor').data as Float32Array], [1, 2])
  t.equal(a.func('func'), 'f_1')
  t.strictSame(a.ints('ints'), [1, -2])
  t.strictSame(a.floats('floats'), [1.5])
  t.strictSame(a.strings('strings'), ['a', ''])
  t.strictSame(a.dtypes('types'), ['DT_FLOAT', 'DT_STRING'])
  t.strictSame(a.shapes('shapes'), [[1], undefined])
  t.ok(a.has('i'))
  t.notOk(a.has('j'))
})

t.test('defaults, and faults that name attribute and node', async t => {
  const a = of({ i: attr.int(1), p: attr.placeholder('T') })
  t.equal(a.int('j', 5), 5)
  t.strictSame(a.ints('j', []), [])
  t.equal(a.shape('j', undefined), undefined)
  t.strictSame(a.shape('j', [1]), [1])
  t.throws(() => a.int('j'), { status: 3, message: 'attribute j is missing (node n)' })
  t.throws(() => a.shape('j'), { name: 'ModelError', status: 3 })
  t.throws(() => a.tensor('j'), { name: 'ModelError', status: 3 })
  t.throws(() => a.float('i'), { status: 3, message: /another kind/ })
  t.throws(() => a.ints('i'), { status: 3, message: /another kind/ })
  t.throws(() => a.dtype('p'), { status: 12, message: /generic function/ })
})
