// Conv2D (also grouped) and DepthwiseConv2dNative, NHWC. Conv2D lays patches out as rows and multiplies; depthwise runs directly.
import { allocate } from '../../../tensor/tensor.js'
import { multiplyPacked, packPanels } from './gemm.js'
import { throughFloat } from './half.js'
import { floatTypes, halfTypes, invalid, isHalf, numbersOf, shapeText, tensorOf, typeAttribute, type NumberArray } from './values.js'
import { slidingOf, windowOf, type Axis } from './window.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

/** Elements of the patch buffer: about what a second-level cache holds. */
const patchElements = 1 << 16

const conv2d: Op = node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes])
  const sliding = slidingOf(node, true)
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const input = tensorOf(inputs[0])
    const filter = tensorOf(inputs[1])
    if (input.shape.length !== 4) throw invalid(`convolution input must be 4-dimensional: ${shapeText(input.shape)}`)
    if (filter.shape.length !== 4) throw invalid(`convolution filter must be 4-dimensional: ${shapeText(filter.shape)}`)
    const [kernelRows, kernelColumns, depth, channels] = filter.shape
    const inputDepth = input.shape[3]
    if (depth === 0 || inputDepth % depth !== 0) throw invalid(`input depth must be evenly divisible by filter depth: ${inputDepth} vs ${depth}`)
    const groups = inputDepth / depth
    if (groups > 0 && channels % groups !== 0) throw invalid(`output depth must be evenly divisible by number of groups: ${channels} vs ${groups}`)
    if (filter.data.length === 0) throw invalid('filter must not have zero elements (i.e. all dimensions must be non-zero)')
    const [rows, columns] = windowOf(sliding, input.shape, [kernelRows, kernelColumns])
    const shape = [input.shape[0], rows.output, columns.output, channels]
    const out = allocate(real, shape[0] * shape[1] * shape[2] * channels) as NumberArray
    if (out.length > 0) convolve(numbersOf(input), numbersOf(filter), out, { batch: shape[0], rows, columns, inputDepth, depth, channels, groups })
    return { dtype: real, shape, data: out }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

interface Convolution { batch: number, rows: Axis, columns: Axis, inputDepth: number, depth: number, channels: number, groups: number }

function convolve (x: NumberArray, filter: NumberArray, out: NumberArray, c: Convolution): void {
  const { rows, columns, depth, channels, groups } = c
  const patch = rows.kernel * columns.kernel * depth
  const perGroup = channels / groups
  const pixels = c.batch * rows.output * columns.output
  for (let group = 0; group < groups; group++) {
    const packed = packPanels({ data: filter, offset: group * perGroup, rowStride: channels, columnStride: 1 }, patch, perGroup)
    if (isPointwise(rows) && isPointwise(columns)) {
      const a = { data: x, offset: group * depth, rowStride: c.inputDepth, columnStride: 1 }
      multiplyPacked(a, packed, pixels, patch, perGroup, out, group * perGroup, channels)
      continue
    }
    const chunk = Math.min(pixels, Math.max(4, Math.floor(patchElements / patch / 4) * 4))
    const patches = x instanceof Float64Array ? new Float64Array(chunk * patch) : new Float32Array(chunk * patch)
    for (let first = 0; first < pixels; first += chunk) {
      const count = Math.min(chunk, pixels - first)
      layPatches(x, patches, first, count, group * depth, c)
      multiplyPacked({ data: patches, offset: 0, rowStride: patch, columnStride: 1 }, packed, count, patch, perGroup, out, first * channels + group * perGroup, channels)
    }
  }
}

/** A window of one pixel that moves by one: the input is its own patch matrix. */
const isPointwise = (axis: Axis): boolean => axis.kernel === 1 && axis.stride === 1 && axis.before === 0 && axis.output === axis.input

/** Copies the windows of `count` output pixels from `first` on into rows, zeros where the window hangs over the edge. */
function layPatches (x: NumberArray, patches: NumberArray, first: number, count: number, channel: number, { rows, columns, inputDepth, depth }: Convolution): void {
  let write = 0
  for (let pixel = first; pixel < first + count; pixel++) {
    const column = pixel % columns.output
    const line = Math.floor(pixel / columns.output)
    const left = column * columns.stride - columns.before
    const top = line % rows.output * rows.stride - rows.before
    const image = Math.floor(line / rows.output) * rows.input
    for (let i = 0; i < rows.kernel; i++) {
      const row = top + i * rows.dilation
      const inside = row >= 0 && row < rows.input
      for (let j = 0; j < columns.kernel; j++) {
        const at = left + j * columns.dilation
        if (inside && at >= 0 && at < columns.input) {
          const read = ((image + row) * columns.input + at) * inputDepth + channel
          for (let d = 0; d < depth; d++) patches[write + d] = x[read + d]
        } else {
          patches.fill(0, write, write + depth)
        }
        write += depth
      }
    }
  }
}

const depthwise: Op = node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes])
  const sliding = slidingOf(node, true)
  if (sliding.strides[0] !== sliding.strides[1]) node.unimplemented(`strides=[${sliding.strides.join(',')}], which differ`)
  const real: DType = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const input = tensorOf(inputs[0])
    const filter = tensorOf(inputs[1])
    checkDepthwise(input, filter)
    const [kernelRows, kernelColumns, depth, multiplier] = filter.shape
    const [rows, columns] = windowOf(sliding, input.shape, [kernelRows, kernelColumns])
    const shape = [input.shape[0], rows.output, columns.output, depth * multiplier]
    const out = allocate(real, shape[0] * shape[1] * shape[2] * shape[3]) as NumberArray
    const sums = new Float64Array(depth * multiplier)
    for (let n = 0, write = 0; n < shape[0]; n++) {
      for (let r = 0; r < rows.output; r++) {
        for (let c = 0; c < columns.output; c++, write += sums.length) {
          sumWindow(numbersOf(input), numbersOf(filter), sums, n, r, c, rows, columns, depth, multiplier)
          for (let i = 0; i < sums.length; i++) out[write + i] = sums[i]
        }
      }
    }
    return { dtype: real, shape, data: out }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

function checkDepthwise (input: Tensor, filter: Tensor): void {
  if (input.shape.length !== 4) throw invalid(`input must be 4-dimensional${shapeText(input.shape)}`)
  if (filter.shape.length !== 4) throw invalid(`filter must be 4-dimensional: ${shapeText(filter.shape)}`)
  if (input.shape[3] !== filter.shape[2]) throw invalid(`input and filter must have the same depth: ${input.shape[3]} vs ${filter.shape[2]}`)
}

/** One output pixel: for each input channel its `multiplier` filters, side by side. */
function sumWindow (x: NumberArray, filter: NumberArray, sums: Float64Array, n: number, r: number, c: number, rows: Axis, columns: Axis, depth: number, multiplier: number): void {
  sums.fill(0)
  const top = r * rows.stride - rows.before
  const left = c * columns.stride - columns.before
  for (let i = 0; i < rows.kernel; i++) {
    const row = top + i * rows.dilation
    if (row < 0 || row >= rows.input) continue
    for (let j = 0; j < columns.kernel; j++) {
      const column = left + j * columns.dilation
      if (column < 0 || column >= columns.input) continue
      const read = ((n * rows.input + row) * columns.input + column) * depth
      const weights = (i * columns.kernel + j) * sums.length
      if (multiplier === 1) {
        for (let d = 0; d < depth; d++) sums[d] += x[read + d] * filter[weights + d]
      } else {
        for (let k = 0; k < sums.length; k++) sums[k] += x[read + Math.floor(k / multiplier)] * filter[weights + k]
      }
    }
  }
}

export const convolution: OpFamily = { Conv2D: conv2d, DepthwiseConv2dNative: depthwise }
