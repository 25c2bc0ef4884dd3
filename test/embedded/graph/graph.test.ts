import t from 'tap'
import { controlOps } from '../../../src/embedded/graph/control.js'
import { readGraphDef } from '../../../src/embedded/graph/graph-def.js'
import { Graph } from '../../../src/embedded/graph/graph.js'
import { variableOps } from '../../../src/embedded/graph/variable-ops.js'
import { ModelError } from '../../../src/embedded/formats/format.js'
import { Reader } from '../../../src/tensor/proto/wire.js'
import { attr, constNode, floats, graphBytes, ints, strings, type GraphSpec, type NodeSpec } from '../saved-model-writer.js'
import type { Op, Session, Value } from '../../../src/embedded/graph/kernel.js'
import type { Program } from '../../../src/embedded/graph/program.js'
import type { Tensor } from '../../../src/tensor/tensor.js'

/** Ops whose calls are recorded, so that order, pruning and folding can be seen. */
const setUp = (spec: GraphSpec): { compile: (feeds: string[], fetches: string[], targets?: string[]) => (...inputs: Value[]) => Value[], calls: string[], graph: Graph, session: Session } => {
  const calls: string[] = []
  const add: Op = node => ([a, b]) => {
    calls.push(node.name)
    const [x, y] = [a as Tensor, b as Tensor]
    return { ...x, data: (x.data as Float32Array).map((v, i) => v + Number(y.data[y.data.length === 1 ? 0 : i])) }
  }
  const ops = new Map<string, Op>(Object.entries({
    ...controlOps,
    ...variableOps,
    Add: add,
    Less: () => ([a, b]) => ({ dtype: 'DT_BOOL', shape: [], data: Uint8Array.of(Number((a as Tensor).data[0]) < Number((b as Tensor).data[0]) ? 1 : 0) }),
    Unique: () => ([x]) => [x, ints([1], 42)],
    Fail: () => () => { throw new ModelError(3, 'no') },
    Crash: () => () => { throw new TypeError('broken') },
    Vast: () => () => { new Float64Array(2 ** 52); return [] }
  } satisfies Record<string, Op>))
  const session: Session = { folder: '/', resources: new Map() }
  const graph = new Graph(readGraphDef(new Reader(graphBytes(spec))), ops, session)
  return { calls, graph, session, compile: (feeds, fetches, targets = []) => {
    const program: Program = graph.compile(feeds, fetches, targets)
    return (...inputs) => program.run(inputs, session)
  } }
}

const x: NodeSpec = { name: 'x', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_FLOAT') } }
const values = (value: Value): number[] => [...(value as Tensor).data as Float32Array]

t.test('runs what the fetch needs, and nothing else', async t => {
  const { compile, calls } = setUp({ nodes: [x, constNode('one', floats([1], 1)), { name: 'y', op: 'Add', inputs: ['x', 'one'] }, { name: 'other', op: 'Nonsense', inputs: ['y'] }] })
  const run = compile(['x:0'], ['y:0', 'x', 'one'])
  t.strictSame(run(floats([1], 4)).map(values), [[5], [4], [1]])
  t.strictSame(calls, ['y'])
})

t.test('an op without a kernel is refused when it is compiled, with op and node', async t => {
  const { compile } = setUp({ nodes: [x, { name: 'deep/er', op: 'Nonsense', inputs: ['x'] }, { name: 'y', op: 'Add', inputs: ['deep/er', 'x'] }] })
  t.throws(() => compile(['x'], ['y']), { status: 12, message: 'op Nonsense (node deep/er)' })
  t.doesNotThrow(() => compile(['x', 'deep/er'], ['y']), 'but not when the node is fed')
})

t.test('the dtype of what is fed is the placeholder\'s own', async t => {
  const { graph } = setUp({ nodes: [x, { name: 'd', op: 'PlaceholderWithDefault', inputs: ['one'], attrs: { dtype: attr.dtype('DT_STRING') } }, constNode('one', floats([1], 1))] })
  t.strictSame(['x:0', 'x', 'd:0', 'one:0', 'gone:0'].map(name => graph.fedDtype(name)), ['DT_FLOAT', 'DT_FLOAT', 'DT_STRING', undefined, undefined])
})

t.test('a function with such an op is refused as well', async t => {
  const { compile } = setUp({
    nodes: [x, { name: 'call', op: 'PartitionedCall', inputs: ['x'], attrs: { f: attr.func('f') } }],
    functions: [{ name: 'f', args: ['a'], results: { r: 'inner:y:0' }, nodes: [{ name: 'inner', op: 'Nonsense', inputs: ['a'] }] }]
  })
  t.throws(() => compile(['x'], ['call']), { status: 12, message: 'op Nonsense (node inner)' })
})

t.test('TF1 control flow is refused, not walked in circles', async t => {
  const { compile } = setUp({ nodes: [x, { name: 'merge', op: 'Merge', inputs: ['x', 'next'] }, { name: 'next', op: 'NextIteration', inputs: ['merge'] }] })
  t.throws(() => compile(['x'], ['merge']), { message: /loop through node merge|op Merge/ })
})

t.test('malformed graphs', async t => {
  const { compile } = setUp({ nodes: [x, { name: 'y', op: 'Add', inputs: ['x', 'gone'] }, { name: 'call', op: 'PartitionedCall', inputs: ['x'], attrs: { f: attr.func('gone') } }] })
  t.throws(() => compile(['x'], ['y']), { status: 3, message: /no node gone, which y needs/ })
  t.throws(() => compile(['x'], ['call']), { status: 5, message: /Function gone/ })
  t.throws(() => compile(['x'], ['nowhere:0']), { name: 'ModelError', status: 3 })
})

t.test('constants are computed once, at load', async t => {
  const { compile, calls } = setUp({ nodes: [x, constNode('one', floats([1], 1)), { name: 'two', op: 'Add', inputs: ['one', 'one'] }, { name: 'y', op: 'Add', inputs: ['x', 'two'] }] })
  const run = compile(['x'], ['y'])
  t.strictSame(calls, ['two'])
  t.strictSame(values(run(floats([1], 5))[0]), [7])
  t.strictSame(values(run(floats([1], 6))[0]), [8])
  t.strictSame(calls, ['two', 'y', 'y'])
})

t.test('a constant that cannot be computed fails when it is called for', async t => {
  const { compile } = setUp({ nodes: [constNode('one', floats([1], 1)), { name: 'bad', op: 'Fail', inputs: ['one'] }] })
  const run = compile([], ['bad'])
  t.throws(() => run(), { status: 3, message: 'no\n\t [[{{node bad}}]]' })
})

t.test('errors name the innermost node once', async t => {
  const { compile } = setUp({
    nodes: [x, { name: 'call', op: 'PartitionedCall', inputs: ['x'], attrs: { f: attr.func('f') } }, { name: 'crash', op: 'Crash', inputs: ['x'] }, { name: 'vast', op: 'Vast', inputs: ['x'] }],
    functions: [{ name: 'f', args: ['a'], results: { r: 'inner:y:0' }, nodes: [{ name: 'inner', op: 'Fail', inputs: ['a'] }] }]
  })
  t.throws(() => compile(['x'], ['call'])(floats([1], 1)), { status: 3, message: 'no\n\t [[{{node inner}}]]' })
  t.throws(() => compile(['x'], ['crash'])(floats([1], 1)), { status: 13, message: /op Crash failed: broken/ })
  t.throws(() => compile(['x'], ['vast'])(floats([1], 1)), { status: 8, message: /OOM/ })
})

t.test('outputs of functions are found by name and number', async t => {
  const { compile } = setUp({
    nodes: [x, { name: 'call', op: 'PartitionedCall', inputs: ['x'], attrs: { f: attr.func('f') } }],
    functions: [{ name: 'f', args: ['a'], results: { first: 'u:idx:0', second: 'u:y:0', third: 'a' }, nodes: [{ name: 'u', op: 'Unique', inputs: ['a'] }] }]
  })
  t.strictSame(compile(['x'], ['call:0', 'call:1', 'call:2'])(floats([1], 3)).map(values), [[42], [3], [3]])
})

t.test('control inputs and effects of functions', async t => {
  const { compile, calls } = setUp({
    nodes: [
      x, { name: 'v', op: 'VarHandleOp', attrs: { dtype: attr.dtype('DT_FLOAT') } },
      { name: 'set', op: 'StatefulPartitionedCall', inputs: ['v', 'x'], attrs: { f: attr.func('set') } },
      { name: 'get', op: 'ReadVariableOp', inputs: ['v', '^set'], attrs: { dtype: attr.dtype('DT_FLOAT') } }
    ],
    functions: [{ name: 'set', args: ['h', 'a'], results: {}, controls: ['noise'], nodes: [{ name: 'noise', op: 'Add', inputs: ['a', 'a'] }, { name: 'assign', op: 'AssignVariableOp', inputs: ['h', 'a'] }] }]
  })
  t.strictSame(values(compile(['x'], ['get'])(floats([1], 9))[0]), [9])
  t.strictSame(calls, ['noise'])
})

t.test('a narrowed program runs only what its outputs need', async t => {
  const { graph, calls, session } = setUp({ nodes: [x, { name: 'y', op: 'Add', inputs: ['x', 'x'] }, { name: 'z', op: 'Add', inputs: ['y', 'x'] }, { name: 'w', op: 'Add', inputs: ['x', 'x', '^y'] }] })
  const program = graph.compile(['x'], ['y', 'z', 'w'], [])
  t.strictSame(program.narrow([0]).run([floats([1], 1)], session).map(values), [[2]])
  t.strictSame(calls.splice(0), ['y'])
  t.strictSame(program.narrow([2]).run([floats([1], 1)], session).map(values), [[2]])
  t.strictSame(calls.splice(0), ['y', 'w'], 'with what must run before')
  t.strictSame(program.narrow([1, 0]).run([floats([1], 1)], session).map(values), [[3], [2]])
})

t.test('If and While', async t => {
  const plus = (name: string, by: string): NodeSpec => ({ name, op: 'Add', inputs: ['a', by] })
  const { compile } = setUp({
    nodes: [
      x, constNode('ten', floats([1], 10)), { name: 'small', op: 'Less', inputs: ['x', 'ten'] },
      { name: 'if', op: 'StatelessIf', inputs: ['small', 'x'], attrs: { then_branch: attr.func('up'), else_branch: attr.func('same') } },
      { name: 'while', op: 'StatelessWhile', inputs: ['x'], attrs: { cond: attr.func('below'), body: attr.func('up') } }
    ],
    functions: [
      { name: 'up', args: ['a'], results: { r: 'p:z:0' }, nodes: [constNode('one', floats([1], 1)), plus('p', 'one:output:0')] },
      { name: 'same', args: ['a'], results: { r: 'a' }, nodes: [] },
      { name: 'below', args: ['a'], results: { r: 'l:z:0' }, nodes: [constNode('limit', floats([1], 10)), { name: 'l', op: 'Less', inputs: ['a', 'limit:output:0'] }] }
    ]
  })
  const run = compile(['x'], ['if', 'while'])
  t.strictSame(run(floats([1], 3)).map(values), [[4], [10]])
  t.strictSame(run(floats([1], 30)).map(values), [[30], [30]])
})

t.test('assertions, placeholders, shapes', async t => {
  const { compile } = setUp({
    nodes: [
      x, { name: 'c', op: 'Placeholder', attrs: { dtype: attr.dtype('DT_BOOL') } }, constNode('text', strings([], 'must be positive')),
      { name: 'assert', op: 'Assert', inputs: ['c', 'text', 'x'] }, { name: 'y', op: 'Identity', inputs: ['x', '^assert'] },
      { name: 'ensured', op: 'EnsureShape', inputs: ['x'], attrs: { shape: attr.shape([-1, 2]) } }
    ]
  })
  const run = compile(['x', 'c'], ['y'])
  const flag = (on: number): Tensor => ({ dtype: 'DT_BOOL', shape: [], data: Uint8Array.of(on) })
  t.strictSame(values(run(floats([1], 2), flag(1))[0]), [2])
  t.throws(() => run(floats([1], 2), flag(0)), { status: 3, message: /^assertion failed: \[must be positive\] \[2\]/ })
  t.throws(() => compile([], ['x'])(), { status: 3, message: /You must feed a value for placeholder tensor 'x' with dtype float/ })
  t.throws(() => compile(['x'], ['ensured'])(floats([1], 2)), { status: 3, message: /not compatible with expected shape \[\?,2\]/ })
})

t.test("TF1's references give their value where a value is wanted, when it is wanted", async t => {
  const { compile } = setUp({
    nodes: [
      x, { name: 'v', op: 'VariableV2', attrs: { dtype: attr.dtype('DT_FLOAT'), shape: attr.shape([]) } },
      { name: 'assign', op: 'Assign', inputs: ['v', 'x'], attrs: { T: attr.dtype('DT_FLOAT') } },
      { name: 'more', op: 'AssignAdd', inputs: ['v', 'x'], attrs: { T: attr.dtype('DT_FLOAT') } },
      { name: 'read', op: 'Identity', inputs: ['v', '^more'] }, { name: 'known', op: 'IsVariableInitialized', inputs: ['v'], attrs: { dtype: attr.dtype('DT_FLOAT') } }
    ]
  })
  t.throws(() => compile([], ['v'])(), { status: 9, message: /Attempting to use uninitialized value v/ })
  t.strictSame(compile([], ['known'])().map(values), [[0]])
  t.throws(() => compile(['x'], ['more'])(floats([], 1)), { name: 'ModelError', status: 9 })
  t.strictSame(compile(['x'], ['assign'])(floats([], 1)).map(values), [[1]])
  t.strictSame(compile(['x'], ['more', 'read', 'v'])(floats([], 2)).map(values), [[3], [3], [3]])
  t.throws(() => compile(['x'], ['assign'])(floats([2], 1, 2)), { status: 3, message: /Assign requires shapes of both tensors to match/ })
})

t.test('resource variables', async t => {
  const dtype = { dtype: attr.dtype('DT_INT64') }
  const { compile } = setUp({
    nodes: [
      x, { name: 'v', op: 'VarHandleOp', attrs: dtype }, { name: 'set', op: 'AssignVariableOp', inputs: ['v', 'x'], attrs: dtype },
      { name: 'add', op: 'AssignAddVariableOp', inputs: ['v', 'x'], attrs: dtype }, { name: 'get', op: 'ReadVariableOp', inputs: ['v'], attrs: dtype },
      { name: 'wrong', op: 'ReadVariableOp', inputs: ['v'], attrs: { dtype: attr.dtype('DT_FLOAT') } }, { name: 'shape', op: 'VariableShape', inputs: ['v'] },
      { name: 'w', op: 'VarHandleOp', attrs: { dtype: attr.dtype('DT_HALF') } }, { name: 'half', op: 'AssignSubVariableOp', inputs: ['w', 'x'], attrs: { dtype: attr.dtype('DT_HALF') } }
    ]
  })
  const big = (value: bigint, shape: number[] = []): Tensor => ({ dtype: 'DT_INT64', shape, data: BigInt64Array.of(value) })
  t.throws(() => compile([], ['get'])(), { status: 9, message: /could mean that the variable was uninitialized/ })
  compile(['x'], [], ['set'])(big(2n ** 62n))
  compile(['x'], [], ['add'])(big(2n ** 62n))
  t.equal((compile([], ['get'])()[0] as Tensor).data[0], -(2n ** 63n), 'wraps as int64')
  t.throws(() => compile(['x'], [], ['add'])(big(1n, [1])), { status: 3, message: /Cannot update variable with shape \[\] using a Tensor with shape \[1\]/ })
  t.throws(() => compile(['x'], [], ['set'])(floats([], 1)), { status: 3, message: /wrong dtype/ })
  t.throws(() => compile([], ['wrong'])(), { name: 'ModelError', status: 3 })
  t.strictSame((compile([], ['shape'])()[0] as Tensor).shape, [0])
  t.throws(() => compile(['x'], [], ['half']), { status: 12, message: 'op AssignSubVariableOp (node half): dtype=DT_HALF' })
})
