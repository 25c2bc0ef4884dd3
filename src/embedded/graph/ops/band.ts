// MatrixBandPart: a matrix with only the diagonals near its middle kept, as attention masks are made.
import { copyElements, elementsOf, indexOf, invalid, movableTypes, newElements, shapeText, tensorFrom, tensorOf, typeAttribute } from './values.js'
import type { Op, OpFamily } from '../kernel.js'

/** A negative count keeps all diagonals of its side. */
const matrixBandPart: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  typeAttribute(node, 'Tindex', ['DT_INT32', 'DT_INT64'], 'DT_INT64')
  return inputs => {
    const input = tensorOf(inputs[0])
    if (input.shape.length < 2) throw invalid(`input must be at least 2-dim, received shape: ${shapeText(input.shape)}`)
    const lower = indexOf(tensorOf(inputs[1]), 'num_lower')
    const upper = indexOf(tensorOf(inputs[2]), 'num_upper')
    const [rows, columns] = input.shape.slice(-2)
    if (lower > rows) throw invalid(`num_lower must be negative or less or equal to number of rows (${rows}) got: ${lower}`)
    if (upper > columns) throw invalid(`num_upper must be negative or less or equal to number of columns (${columns}) got: ${upper}`)
    const from = elementsOf(input)
    const out = newElements(dtype, from.length)
    for (let start = 0, row = 0; start < from.length; start += columns, row = (row + 1) % rows) {
      const first = lower < 0 ? 0 : Math.max(0, row - lower)
      const end = upper < 0 ? columns : Math.min(columns, row + upper + 1)
      if (end > first) copyElements(from, start + first, out, start + first, end - first)
    }
    return tensorFrom(dtype, input.shape, out)
  }
}

export const bands: OpFamily = { MatrixBandPart: matrixBandPart }
