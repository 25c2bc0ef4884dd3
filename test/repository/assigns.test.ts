import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { assigningSignatures } from '../../src/repository/assigns.js'
import { Writer } from '../../src/tensor/proto/wire.js'

type Field = readonly [number, string | readonly Field[]]

/** A message from [field, text or sub-fields] pairs. */
function message (fields: readonly Field[]): Buffer {
  const writer = new Writer(64)
  for (const [number, value] of fields) {
    if (typeof value === 'string') writer.string(number, value)
    else writer.bytes(number, message(value))
  }
  return writer.finish()
}

const node = (name: string, op: string, inputs: string[], func?: string): Field[] => [
  [1, name], [2, op], ...inputs.map(input => [3, input] as const), ...(func === undefined ? [] : [[5, [[1, 'f'], [2, [[10, [[1, func]]]]]]] as const])
]
const signature = (name: string, tensor: string): Field => [5, [[1, name], [2, [[2, [[1, 'y'], [2, [[1, tensor]]]]]]]]]

t.test('only signatures that reach an assignment', async t => {
  const folder = t.testdir({
    'saved_model.pb': message([[2, [
      [2, [
        [1, node('x', 'Placeholder', [])],
        [1, node('plain', 'AddV2', ['x', 'x'])],
        [1, node('restore', 'AssignVariableOp', ['x'])],
        [1, node('counted', 'Identity', ['x', '^bump'])],
        [1, node('bump', 'AssignAddVariableOp', ['x'])],
        [1, node('called', 'StatefulPartitionedCall', ['x'], 'outer')],
        [1, node('old', 'inner', ['x'])],
        [2, [[1, [[1, [[1, 'outer']]], [3, node('n', 'PartitionedCall', ['a'], 'inner')]]], [1, [[1, [[1, 'inner']]], [3, node('m', 'AssignVariableOp', ['a'])]]]]]
      ]],
      signature('plain', 'plain:0'), signature('counted', 'counted:0'), signature('called', 'called:0'), signature('old', 'old:0'), signature('gone', 'nowhere:0')
    ]]])
  })
  t.strictSame([...await assigningSignatures(folder)].sort(), ['called', 'counted', 'old'])
})

t.test('what cannot be read is left to the model server', async t => {
  t.equal((await assigningSignatures(t.testdir({ 'saved_model.pb': 'no proto \xff\xff\xff' }))).size, 0)
  t.equal((await assigningSignatures('/nonexistent')).size, 0)
})

const shared = fileURLToPath(new URL('../../../shared/testdata/', import.meta.url))
t.test("TensorFlow Serving's own models", { skip: !existsSync(shared) && 'no ../shared here' }, async t => {
  t.strictSame([...await assigningSignatures(`${shared}saved_model_counter/00000123`)].sort(), ['incr_counter', 'incr_counter_by', 'reset_counter'])
  t.strictSame([...await assigningSignatures(`${shared}saved_model_half_plus_two_tf2_cpu/00000123`)], ['__saved_model_init_op'])
  t.notOk((await assigningSignatures(`${shared}models/titanic/1`)).has('serving_default'))
})
