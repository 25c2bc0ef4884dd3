// Einsum of one or two operands without ellipses or repeated labels: a transposition to [batch, free, summed] and a matrix product.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { throughFloat } from './half.js'
import { productFor } from './matmul.js'
import { readStrided } from './layout.js'
import { stridesOf } from './strided.js'
import { bigTypes, floatTypes, halfTypes, invalid, isBig, isHalf, shapeText, tensorOf, typeAttribute } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { BoundNode, Kernel, Op, OpFamily } from '../kernel.js'

interface Equation { readonly operands: readonly string[], readonly result: string }

function equationOf (node: BoundNode): Equation {
  const text = node.attrs.string('equation')
  const match = /^([A-Za-z]*)(?:,([A-Za-z]*))?->([A-Za-z]*)$/.exec(text)
  const operands = match === null ? [] : [match[1], match[2]].filter(labels => labels !== undefined)
  if (match === null || operands.length !== node.inputCount) return node.unimplemented(`equation=${text}`)
  const repeats = (labels: string): boolean => new Set(labels).size !== labels.length
  const known = new Set(operands.join(''))
  if ([...operands, match[3]].some(repeats) || [...match[3]].some(label => !known.has(label))) node.unimplemented(`equation=${text}`)
  return { operands, result: match[3] }
}

/** Sizes by label; every label has one size. */
function sizesOf (equation: Equation, tensors: readonly Tensor[]): Map<string, number> {
  const sizes = new Map<string, number>()
  equation.operands.forEach((labels, k) => {
    if (tensors[k].shape.length !== labels.length) throw invalid(`Expected input ${k} to have rank ${labels.length} but got: ${tensors[k].shape.length}`)
    ;[...labels].forEach((label, axis) => {
      const size = tensors[k].shape[axis]
      const known = sizes.get(label)
      if (known !== undefined && known !== size) throw invalid(`Expected dimension ${known} at axis ${axis} of the input shaped ${shapeText(tensors[k].shape)} but got dimension ${size}`)
      sizes.set(label, size)
    })
  })
  return sizes
}

/** The tensor with its axes in the order of `wanted`. */
function ordered (tensor: Tensor, labels: string, wanted: string): Tensor {
  if (labels === wanted) return tensor
  const strides = stridesOf(tensor.shape)
  const axes = [...wanted].map(label => labels.indexOf(label))
  return readStrided(tensor, axes.map(axis => tensor.shape[axis]), 0, axes.map(axis => strides[axis]))
}

const einsum: Op = node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes, 'DT_INT32', ...bigTypes])
  const equation = equationOf(node)
  const real: DType = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const [left, right = ''] = equation.operands
  const pick = (labels: string, test: (label: string) => boolean): string => [...labels].filter(test).join('')
  const batch = pick(left, label => right.includes(label) && equation.result.includes(label))
  const summed = pick(left, label => right.includes(label) && !equation.result.includes(label))
  // A label that only one operand has and the result has not is summed within that operand, by a factor of ones.
  const alone = [pick(left, label => !right.includes(label) && !equation.result.includes(label)), pick(right, label => !left.includes(label) && !equation.result.includes(label))]
  if (alone[0] !== '' && right !== '' && alone[1] !== '') node.unimplemented(`equation=${node.attrs.string('equation')}`)
  const freeLeft = pick(left, label => !right.includes(label) && equation.result.includes(label))
  const freeRight = pick(right, label => !left.includes(label) && equation.result.includes(label))
  const product = productFor(real)
  const kernel: Kernel = inputs => {
    const tensors = inputs.map(tensorOf)
    const sizes = sizesOf(equation, tensors)
    const count = (labels: string): number => elementCount([...labels].map(label => sizes.get(label) as number))
    const shapeOf = (labels: string): number[] => [...labels].map(label => sizes.get(label) as number)
    const reducedLeft = summedAway(ordered(tensors[0], left, batch + freeLeft + summed + alone[0]), count(batch + freeLeft + summed), count(alone[0]), real)
    const reducedRight = right === '' && tensors.length < 2
      ? undefined
      : summedAway(ordered(tensors[1], right, batch + freeRight + summed + alone[1]), count(batch + freeRight + summed), count(alone[1]), real)
    const labels = batch + freeLeft + freeRight
    const [batches, m, k, n] = [count(batch), count(freeLeft), count(summed), count(freeRight)]
    const ones = allocate(real, 1)
    ones.fill((isBig(real) ? 1n : 1) as never)
    const data = allocate(real, batches * m * n)
    for (let b = 0; b < batches; b++) {
      const x = { data: reducedLeft, offset: b * m * k, rowStride: k, columnStride: 1 }
      const y = reducedRight === undefined ? { data: ones, offset: 0, rowStride: 0, columnStride: 0 } : { data: reducedRight, offset: b * n * k, rowStride: 1, columnStride: k }
      product(x, y, m, k, n, data, b * m * n)
    }
    return ordered({ dtype: real, shape: shapeOf(labels), data }, labels, equation.result)
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

/** Rows of `width` neighbouring elements added up. */
function summedAway (tensor: Tensor, rows: number, width: number, dtype: DType): NumericData {
  if (width === 1) return tensor.data as NumericData
  const out = allocate(dtype, rows)
  const x = tensor.data as Float64Array
  for (let row = 0; row < rows; row++) {
    let sum = out[row] as number
    for (let i = 0; i < width; i++) sum += x[row * width + i]
    ;(out as Float64Array)[row] = sum
  }
  return out
}

export const einsums: OpFamily = { Einsum: einsum }
