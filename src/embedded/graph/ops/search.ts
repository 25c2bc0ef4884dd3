// Finding and counting: TopK, Where, Unique, Bucketize, Bincount.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { bigTypes, elementsOf, floatTypes, indexOf, indexTensor, invalid, isBig, movableTypes, newElements, numbersOf, shapeText, smallIntegerTypes, tensorFrom, tensorOf, typeAttribute, type NumberArray } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Op, OpFamily } from '../kernel.js'

const ordered: readonly DType[] = [...floatTypes, ...smallIntegerTypes, ...bigTypes]

/** Values and places of the k greatest in each row; of equals the one that comes first. */
function topK (input: Tensor, k: number, indexType: DType): Tensor[] {
  if (input.shape.length < 1) throw invalid(`input must be >= 1-D, got shape ${shapeText(input.shape)}`)
  if (k < 0) throw invalid(`Need k >= 0, got ${k}`)
  const width = input.shape[input.shape.length - 1]
  if (width < k) throw invalid(`input must have at least k columns. Had ${width}, needed ${k}`)
  const shape = [...input.shape.slice(0, -1), k]
  const rows = elementCount(input.shape.slice(0, -1))
  const values = allocate(input.dtype, rows * k)
  const places = new Int32Array(rows * k)
  // Comparing works alike for numbers and bigints.
  const x = input.data as Float64Array
  for (let row = 0; row < rows; row++) {
    const start = row * width
    const order = Array.from({ length: width }, (_, i) => i)
    order.sort((a, b) => x[start + b] > x[start + a] ? 1 : x[start + b] < x[start + a] ? -1 : a - b)
    const best = order.slice(0, k)
    // Sorted whether asked for or not: the order of an unsorted answer is the kernel's own business.
    for (let i = 0; i < k; i++) {
      places[row * k + i] = best[i]
      ;(values as Float64Array)[row * k + i] = x[start + best[i]]
    }
  }
  return [{ dtype: input.dtype, shape, data: values }, indexTensor(indexType, shape, places)]
}

const topKV2: Op = node => {
  typeAttribute(node, 'T', ordered)
  const indexType = typeAttribute(node, 'index_type', ['DT_INT32', 'DT_INT64'], 'DT_INT32')
  typeAttribute(node, 'Tk', ['DT_INT32', 'DT_INT64', 'DT_INT16'], 'DT_INT32')
  return inputs => topK(tensorOf(inputs[0]), indexOf(tensorOf(inputs[1]), 'k'), indexType)
}

/** Coordinates of all elements that are not zero, one row each. */
const where: Op = node => {
  typeAttribute(node, 'T', [...ordered, 'DT_BOOL'], 'DT_BOOL')
  return inputs => {
    const { shape, data } = tensorOf(inputs[0])
    const rank = shape.length
    if (rank === 0) throw invalid('WhereOp : Unhandled input dimensions: 0')
    const found: number[] = []
    const elements = data as ArrayLike<number | bigint>
    for (let i = 0; i < elements.length; i++) if (Number(elements[i]) !== 0) found.push(i)
    const out = new BigInt64Array(found.length * rank)
    found.forEach((flat, row) => {
      for (let axis = rank - 1, left = flat; axis >= 0; axis--) {
        out[row * rank + axis] = BigInt(left % shape[axis])
        left = Math.floor(left / shape[axis])
      }
    })
    return { dtype: 'DT_INT64', shape: [found.length, rank], data: out }
  }
}

/** Distinct elements in the order of their first appearance, and where each element went. */
const unique = (counts: boolean): Op => node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  const indexType = typeAttribute(node, 'out_idx', ['DT_INT32', 'DT_INT64'], 'DT_INT32')
  return inputs => {
    const input = tensorOf(inputs[0])
    if (input.shape.length !== 1) throw invalid('unique expects a 1D vector.')
    const elements = elementsOf(input)
    const seen = new Map<unknown, number>()
    const firsts: number[] = []
    const places = new Int32Array(elements.length)
    const numbers: number[] = []
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i]
      const key = typeof element === 'object' ? Buffer.from(element).toString('latin1') : element
      // NaN equals nothing, itself included.
      let place = Number.isNaN(key) ? undefined : seen.get(key)
      if (place === undefined) {
        place = firsts.length
        seen.set(key, place)
        firsts.push(i)
        numbers.push(0)
      }
      places[i] = place
      numbers[place]++
    }
    const out = newElements(dtype, firsts.length)
    firsts.forEach((first, i) => { out[i] = elements[first] })
    const results = [tensorFrom(dtype, [firsts.length], out), indexTensor(indexType, [elements.length], places)]
    return counts ? [...results, indexTensor(indexType, [numbers.length], numbers)] : results
  }
}

/** The number of boundaries that are not above the value. */
const bucketize: Op = node => {
  typeAttribute(node, 'T', ['DT_FLOAT', 'DT_DOUBLE', 'DT_INT32', 'DT_INT64'])
  const boundaries = node.attrs.floats('boundaries', []).map(Math.fround)
  if (boundaries.some((bound, i) => i > 0 && bound < boundaries[i - 1])) throw invalid('Expected sorted boundaries')
  return inputs => {
    const { shape, data } = tensorOf(inputs[0])
    const values = data as ArrayLike<number | bigint>
    return { dtype: 'DT_INT32', shape, data: Int32Array.from(values, value => bucketOf(boundaries, Number(value))) }
  }
}

function bucketOf (boundaries: readonly number[], value: number): number {
  let low = 0
  let high = boundaries.length
  while (low < high) {
    const middle = (low + high) >> 1
    // As std::upper_bound: what is not less than the boundary, NaN included, lies behind it.
    if (value < boundaries[middle]) high = middle
    else low = middle + 1
  }
  return low
}

/** The limits of a count: its size and the weights, which may be absent. */
function countInto (input: Tensor, rows: number, sizeTensor: Tensor, weights: Tensor, dtype: DType, binary: boolean): Tensor {
  const size = indexOf(sizeTensor, 'size')
  if (size < 0) throw invalid(`size (${size}) must be non-negative`)
  const values = input.data as ArrayLike<number | bigint>
  if (weights.data.length !== 0 && weights.data.length !== values.length) {
    throw invalid(`\`weights\` must be the same shape as \`arr\` or a length-0 \`Tensor\`, in which case it acts as all weights equal to 1. Received ${shapeText(weights.shape)}`)
  }
  const out = allocate(dtype, rows * size)
  const width = rows === 0 ? 0 : values.length / rows
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i])
    if (value < 0) throw invalid('Input arr must be non-negative!')
    if (value >= size) continue
    const at = Math.floor(i / width) * size + value
    addAt(out, at, binary ? undefined : weights, i, isBig(dtype))
  }
  return { dtype, shape: input.shape.length === 2 ? [rows, size] : [size], data: out }
}

function addAt (out: NumericData, at: number, weights: Tensor | undefined, i: number, big: boolean): void {
  const one = big ? 1n : 1
  if (weights === undefined) (out as NumberArray)[at] = one as number
  else (out as NumberArray)[at] += (weights.data.length === 0 ? one : numbersOf(weights)[i]) as number
}

const weightTypes: readonly DType[] = ['DT_FLOAT', 'DT_DOUBLE', 'DT_INT32', 'DT_INT64']

const denseBincount: Op = node => {
  typeAttribute(node, 'Tidx', ['DT_INT32', 'DT_INT64'])
  const dtype = typeAttribute(node, 'T', weightTypes)
  const binary = node.attrs.bool('binary_output', false)
  return inputs => {
    const [input, size, weights] = inputs.map(tensorOf)
    if (input.shape.length > 2) throw invalid('Shape must be at most rank 2 but is rank ' + input.shape.length)
    return countInto(input, input.shape.length === 2 ? input.shape[0] : 1, size, weights, dtype, binary)
  }
}

const bincount: Op = node => {
  const dtype = typeAttribute(node, 'T', weightTypes)
  return inputs => {
    const [input, size, weights] = inputs.map(tensorOf)
    return countInto({ ...input, shape: [input.data.length] }, 1, size, weights, dtype, false)
  }
}

export const search: OpFamily = {
  TopKV2: topKV2,
  Where: where,
  Unique: unique(false),
  UniqueWithCounts: unique(true),
  Bucketize: bucketize,
  DenseBincount: denseBincount,
  Bincount: bincount
}
