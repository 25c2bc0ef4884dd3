// The list of op families: what the interpreter can run besides control flow and variables. A new family is one line here.
import { activation } from './activation.js'
import { arithmetic } from './arithmetic.js'
import { bias } from './bias.js'
import { matmul } from './matmul.js'
import { shapes } from './shape.js'
import type { Op, OpFamily } from '../kernel.js'

const families: readonly OpFamily[] = [
  arithmetic,
  activation,
  matmul,
  bias,
  shapes
]

/** Ops by TensorFlow's name. Throws when two families claim the same name. */
export const ops: ReadonlyMap<string, Op> = collect(families)

function collect (list: readonly OpFamily[]): Map<string, Op> {
  const all = new Map<string, Op>()
  for (const [name, op] of list.flatMap(family => Object.entries(family))) {
    if (all.has(name)) throw new Error(`Two op families offer ${name}`)
    all.set(name, op)
  }
  return all
}
