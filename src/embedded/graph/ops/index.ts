// The list of op families: what the interpreter can run besides control flow and variables. A new family is one line here.
import { activation } from './activation.js'
import { arg } from './arg.js'
import { arithmetic } from './arithmetic.js'
import { bands } from './band.js'
import { bias } from './bias.js'
import { blocks } from './blocks.js'
import { casts } from './cast.js'
import { comparison } from './comparison.js'
import { convolution } from './convolution.js'
import { cumulatives } from './cumulative.js'
import { einsums } from './einsum.js'
import { examples } from './example.js'
import { filling } from './filling.js'
import { gathering } from './gather.js'
import { layout } from './layout.js'
import { logical } from './logical.js'
import { math } from './math.js'
import { matmul } from './matmul.js'
import { normalisation } from './normalisation.js'
import { padding } from './padding.js'
import { pooling } from './pooling.js'
import { reduction } from './reduction.js'
import { resizing } from './resize.js'
import { scattering } from './scatter.js'
import { search } from './search.js'
import { selection } from './selection.js'
import { shapes } from './shape.js'
import { slicing } from './slicing.js'
import { splitting } from './split.js'
import { tables } from './table.js'
import { texts } from './text.js'
import { transposedConvolution } from './transposed-convolution.js'
import type { Op, OpFamily } from '../kernel.js'

const families: readonly OpFamily[] = [
  activation,
  arg,
  arithmetic,
  bands,
  bias,
  blocks,
  casts,
  comparison,
  convolution,
  cumulatives,
  einsums,
  examples,
  filling,
  gathering,
  layout,
  logical,
  math,
  matmul,
  normalisation,
  padding,
  pooling,
  reduction,
  resizing,
  scattering,
  search,
  selection,
  shapes,
  slicing,
  splitting,
  tables,
  texts,
  transposedConvolution
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
