import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { controlOps } from '../../../src/embedded/graph/control.js'
import { hasEffect, isPure } from '../../../src/embedded/graph/effects.js'
import { ops } from '../../../src/embedded/graph/ops/index.js'
import { outputArgs } from '../../../src/embedded/graph/output-args.js'
import { variableOps } from '../../../src/embedded/graph/variable-ops.js'

const names = [...ops.keys(), ...Object.keys(controlOps), ...Object.keys(variableOps), 'RestoreV2']

t.test('what may be computed at load', async t => {
  for (const op of ['Add', 'MatMul', 'Const', 'Reshape', 'StridedSlice', 'Identity', 'Pack']) t.ok(isPure(op), op)
  for (const op of ['Placeholder', 'ReadVariableOp', 'AssignVariableOp', 'HashTableV2', 'LookupTableFindV2', 'RandomUniform', 'StatefulPartitionedCall', 'While', 'Assert', 'RestoreV2']) t.notOk(isPure(op), op)
  for (const op of names) t.notOk(hasEffect(op) && isPure(op), op)
})

/** Facts of TensorFlow's op registry, where they are at hand. */
const registry = new URL('../../../../shared/reference/descriptors/tensorflow-ops.json', import.meta.url)

t.test("agrees with TensorFlow's op registry", { skip: !existsSync(registry) && 'the registry is not at hand' }, async t => {
  interface Row { s: number, o: { n: string, na: string | null, tl: string | null }[] }
  const rows = JSON.parse(readFileSync(registry, 'utf8')) as Record<string, Row>
  for (const op of names) {
    const row = rows[op]
    if (row === undefined) continue
    if (row.s === 1) t.notOk(isPure(op), `${op} is stateful and must not be computed at load`)
    if (row.o.length > 1) t.ok(outputArgs[op] !== undefined, `${op} has several outputs and must be listed`)
  }
  for (const [op, args] of Object.entries(outputArgs)) {
    const row = rows[op]
    if (row === undefined) { t.fail(`${op} is no op`); continue }
    const expected = row.o.map(({ n, na, tl }) => na !== null ? { name: n, number: na } : tl !== null ? { name: n, list: tl } : n)
    t.strictSame(args, expected, op)
  }
})
