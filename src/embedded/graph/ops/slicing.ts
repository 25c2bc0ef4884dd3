// Slices: Slice and StridedSlice with all of its masks. The rules are those of tensorflow/core/util/strided_slice_op.cc.
import { elementCount } from '../../../tensor/tensor.js'
import { readStrided } from './layout.js'
import { stridesOf } from './strided.js'
import { indicesOf, invalid, movableTypes, shapeText, tensorOf, typeAttribute, type Shape } from './values.js'
import type { Op, OpFamily } from '../kernel.js'

const slice: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const begin = indicesOf(tensorOf(inputs[1]))
    const wanted = indicesOf(tensorOf(inputs[2]))
    const rank = tensor.shape.length
    if (begin.length !== rank || wanted.length !== rank) {
      throw invalid(`Expected begin and size arguments to be 1-D tensors of size ${rank}, but got shapes [${begin.length}] and [${wanted.length}] instead.`)
    }
    const size = wanted.map((length, i) => length === -1 ? tensor.shape[i] - begin[i] : length)
    size.forEach((length, i) => {
      const whole = tensor.shape[i]
      if (whole === 0) {
        if (begin[i] !== 0 || length !== 0) throw invalid(`Expected begin[${i}] == 0 (got ${begin[i]}) and size[${i}] == 0 (got ${length}) when input.dim_size(${i}) == 0`)
        return
      }
      if (begin[i] < 0 || begin[i] > whole) throw invalid(`Expected begin[${i}] in [0, ${whole}], but got ${begin[i]}`)
      if (length < 0 || begin[i] + length > whole) throw invalid(`Expected size[${i}] in [0, ${whole - begin[i]}], but got ${length}`)
    })
    const strides = stridesOf(tensor.shape)
    const offset = begin.reduce((sum, start, i) => sum + start * strides[i], 0)
    return readStrided(tensor, size, offset, strides)
  }
}

interface Masks { begin: number, end: number, ellipsis: number, newAxis: number, shrink: number }

/** One axis of the input as the slice sees it; `keep` false drops it from the result. */
interface AxisSpec { begin: number, end: number, stride: number, wholeBegin: boolean, wholeEnd: boolean, keep: boolean }

/** The given indices spread over the input's axes; null stands for an axis that the result gains. */
function spread (rank: number, begin: readonly number[], end: readonly number[], strides: readonly number[], masks: Masks): (AxisSpec | null)[] {
  const has = (mask: number, i: number): boolean => (mask & (1 << i)) !== 0
  const specs: (AxisSpec | null)[] = []
  const given = begin.length
  const whole = (): AxisSpec => ({ begin: 0, end: 0, stride: 1, wholeBegin: true, wholeEnd: true, keep: true })
  let used = 0
  let seen = false
  for (let i = 0; i < given; i++) {
    if (has(masks.ellipsis, i)) {
      if (seen) throw invalid('Multiple ellipses in slice spec not allowed')
      seen = true
      let after = 0
      for (let k = i + 1; k < given; k++) if (has(masks.newAxis, k)) after++
      const next = Math.min(rank - (given - i) + 1 + after, rank)
      for (; used < next; used++) specs.push(whole())
    } else if (has(masks.newAxis, i)) {
      specs.push(null)
    } else {
      if (used === rank) throw invalid(`Index out of range using input dim ${rank}; input has only ${rank} dims`)
      used++
      specs.push({ begin: begin[i], end: end[i], stride: strides[i], wholeBegin: has(masks.begin, i), wholeEnd: has(masks.end, i), keep: !has(masks.shrink, i) })
    }
  }
  for (; used < rank; used++) specs.push(whole())
  return specs
}

/** Where the axis starts and how many elements it gives. */
function range (spec: AxisSpec, axis: number, size: number): { start: number, count: number } {
  const { stride } = spec
  if (stride === 0) throw invalid(`strides[${axis}] must be non-zero`)
  const forward = (index: number): number => index < 0 ? index + size : index
  if (!spec.keep) {
    if (stride <= 0) throw invalid('only stride 1 allowed on non-range indexing.')
    const start = forward(spec.begin)
    if (start < 0 || start >= size) throw invalid(`slice index ${start} of dimension ${axis} out of bounds.`)
    return { start, count: 1 }
  }
  const low = stride > 0 ? 0 : -1
  const high = stride > 0 ? size : size - 1
  const clamp = (index: number): number => Math.min(Math.max(forward(index), low), high)
  const start = spec.wholeBegin ? (stride > 0 ? low : high) : clamp(spec.begin)
  const stop = spec.wholeEnd ? (stride > 0 ? high : low) : clamp(spec.end)
  return { start, count: Math.max(0, Math.ceil((stop - start) / stride)) }
}

const stridedSlice: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  const mask = (name: string): number => node.attrs.int(name, 0)
  const masks = { begin: mask('begin_mask'), end: mask('end_mask'), ellipsis: mask('ellipsis_mask'), newAxis: mask('new_axis_mask'), shrink: mask('shrink_axis_mask') }
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const [begin, end, strides] = inputs.slice(1).map(tensorOf)
    if (begin.shape.length !== 1 || end.shape.length !== 1 || strides.shape.length !== 1 || begin.shape[0] !== end.shape[0] || begin.shape[0] !== strides.shape[0] || begin.shape[0] >= 32) {
      throw invalid(`Expected begin, end, and strides to be 1D equal size tensors, but got shapes ${shapeText(begin.shape)}, ${shapeText(end.shape)}, and ${shapeText(strides.shape)} instead.`)
    }
    if (tensor.shape.length === 0 && begin.shape[0] > 0 && masks.newAxis === 0 && masks.ellipsis === 0) throw invalid('Attempting to slice scalar input.')
    const specs = spread(tensor.shape.length, indicesOf(begin), indicesOf(end), indicesOf(strides), masks)
    const own = stridesOf(tensor.shape)
    const counts: number[] = []
    const steps: number[] = []
    const shape: number[] = []
    let offset = 0
    for (const spec of specs) {
      if (spec === null) {
        shape.push(1)
        continue
      }
      const axis = counts.length
      const { start, count } = range(spec, axis, tensor.shape[axis])
      offset += start * own[axis]
      counts.push(count)
      steps.push(own[axis] * spec.stride)
      if (spec.keep) shape.push(count)
    }
    if (isWhole(counts, steps, tensor.shape, own)) return { ...tensor, shape }
    return { ...readStrided(tensor, counts, elementCount(counts) === 0 ? 0 : offset, steps), shape }
  }
}

function isWhole (counts: Shape, steps: Shape, shape: Shape, strides: Shape): boolean {
  return counts.every((count, i) => count === shape[i] && (steps[i] === strides[i] || count === 1))
}

export const slicing: OpFamily = { Slice: slice, StridedSlice: stridedSlice }
