// The list of ops: every op has at least one recorded case that succeeds, and every recorded op is in the list.
import t from 'tap'
import { ops } from '../../../../src/embedded/graph/ops/index.js'
import { families, nodeOf, readFamily, stepsOf } from './recorded.js'

const recorded = families().flatMap(family => readFamily(family).flatMap(stepsOf))
const answered = new Set(recorded.filter(step => step.outputs !== undefined).map(step => step.op))

t.test('every op has a case recorded from TensorFlow', async t => {
  t.same([...ops.keys()].filter(op => !answered.has(op)), [])
})

t.test('every recorded op is offered, but for those of variables', async t => {
  const missing = [...answered].filter(op => !ops.has(op))
  t.same(missing.sort(), ['AssignVariableOp', 'VarHandleOp'])
})

t.test('what a kernel does not cover is refused when it is bound, naming op and node', async t => {
  const refuse = (op: string, attrs: Parameters<typeof nodeOf>[0]['attrs'], inputs = 2): void => {
    t.throws(() => ops.get(op)?.(nodeOf({ op, name: 'here', attrs }, inputs)), { status: 12, message: new RegExp(`^op ${op} \\(node here\\)`) }, `${op} ${JSON.stringify(attrs)}`)
  }
  const float = { T: { type: 'DT_FLOAT' } } as const
  const window = { strides: { ints: [1, 1, 1, 1] }, padding: { s: 'SAME' } }
  refuse('Conv2D', { ...float, ...window, data_format: { s: 'NCHW' } })
  refuse('MaxPool', { ...float, ...window, ksize: { ints: [1, 2, 2, 1] }, data_format: { s: 'NCHW' } })
  refuse('AvgPool', { ...float, ...window, ksize: { ints: [2, 2, 2, 1] } })
  refuse('Conv2D', { ...float, padding: { s: 'SAME' }, strides: { ints: [1, 1, 1, 2] } })
  refuse('BiasAdd', { ...float, data_format: { s: 'NCHW' } })
  refuse('FusedBatchNormV3', float)
  refuse('AddV2', { T: { type: 'DT_COMPLEX64' } })
  refuse('Round', { T: { type: 'DT_INT32' } })
  refuse('Transpose', { T: { type: 'DT_COMPLEX64' } })
  refuse('Cast', { SrcT: { type: 'DT_COMPLEX64' }, DstT: { type: 'DT_FLOAT' } })
  refuse('Einsum', { ...float, equation: { s: '...ab,...bc->...ac' } })
  refuse('Einsum', { ...float, equation: { s: 'aab->ab' } }, 1)
  refuse('StringLower', { encoding: { s: 'latin1' } })
  refuse('AsString', { ...float, shortest: { b: true } })
  refuse('HashTableV2', { key_dtype: { type: 'DT_FLOAT' }, value_dtype: { type: 'DT_INT64' } })
  refuse('ParseExampleV2', { ragged_value_types: { types: ['DT_FLOAT'] } })
})
