// Conv2DBackpropInput, which Conv2DTranspose layers are made of: every input pixel spreads its patch over the output. NHWC, undilated.
import { allocate } from '../../../tensor/tensor.js'
import { multiplyPacked, packPanels } from './gemm.js'
import { floatTypes, indicesOf, invalid, numbersOf, shapeText, tensorOf, typeAttribute, type NumberArray } from './values.js'
import { slidingOf, windowOf, type Axis } from './window.js'
import type { Op, OpFamily } from '../kernel.js'

const conv2dBackpropInput: Op = node => {
  const dtype = typeAttribute(node, 'T', floatTypes)
  const sliding = slidingOf(node, true)
  if (sliding.dilations.some(dilation => dilation !== 1)) node.unimplemented(`dilations=[${sliding.dilations.join(',')}]`)
  return inputs => {
    const [sizes, filter, gradient] = inputs.map(tensorOf)
    if (gradient.shape.length !== 4) throw invalid(`out_backprop must be 4-dimensional: ${shapeText(gradient.shape)}`)
    if (filter.shape.length !== 4) throw invalid(`filter must be 4-dimensional: ${shapeText(filter.shape)}`)
    const [kernelRows, kernelColumns, depth, channels] = filter.shape
    const given = indicesOf(sizes)
    if (given.length !== 4 && given.length !== 2) throw invalid(`input_sizes must be a vector of 2 or 4 sizes, got ${given.length}`)
    const shape = given.length === 4 ? given : [gradient.shape[0], ...given, depth]
    if (shape.some(size => size < 0)) throw invalid(`input_sizes must not be negative: ${shapeText(shape)}`)
    if (shape[3] !== depth) return depth > 0 && shape[3] % depth === 0 ? node.unimplemented(`${shape[3] / depth} groups`) : refuse('input depth must be evenly divisible by filter depth', shape, filter.shape)
    const [rows, columns] = windowOf(sliding, shape, [kernelRows, kernelColumns])
    if (shapeText([shape[0], rows.output, columns.output, channels]) !== shapeText(gradient.shape)) refuse('input_sizes and out_backprop do not fit each other', shape, gradient.shape)
    const data = allocate(dtype, shape[0] * shape[1] * shape[2] * depth) as NumberArray
    if (gradient.data.length > 0) spread(numbersOf(gradient), numbersOf(filter), data, shape[0], rows, columns, depth, channels)
    return { dtype, shape, data }
  }
}

function refuse (what: string, a: readonly number[], b: readonly number[]): never {
  throw invalid(`Conv2DSlowBackpropInput: ${what}: ${shapeText(a)} vs. ${shapeText(b)}`)
}

/** One output row of pixels at a time: their patches by a matrix product, then added where they belong. Sums are kept in double. */
function spread (x: NumberArray, filter: NumberArray, out: NumberArray, batch: number, rows: Axis, columns: Axis, depth: number, channels: number): void {
  const patch = rows.kernel * columns.kernel * depth
  const packed = packPanels({ data: filter, offset: 0, rowStride: 1, columnStride: channels }, channels, patch)
  const patches = new Float64Array(columns.output * patch)
  const image = rows.input * columns.input * depth
  for (let n = 0; n < batch; n++) {
    const sums = new Float64Array(image)
    for (let r = 0; r < rows.output; r++) {
      const a = { data: x, offset: (n * rows.output + r) * columns.output * channels, rowStride: channels, columnStride: 1 }
      multiplyPacked(a, packed, columns.output, channels, patch, patches, 0, patch)
      addPatches(patches, sums, r, rows, columns, depth)
    }
    for (let i = 0; i < image; i++) out[n * image + i] = sums[i]
  }
}

function addPatches (patches: Float64Array, sums: Float64Array, r: number, rows: Axis, columns: Axis, depth: number): void {
  let read = 0
  for (let c = 0; c < columns.output; c++) {
    for (let i = 0; i < rows.kernel; i++) {
      const row = r * rows.stride - rows.before + i
      for (let j = 0; j < columns.kernel; j++, read += depth) {
        const column = c * columns.stride - columns.before + j
        if (row < 0 || row >= rows.input || column < 0 || column >= columns.input) continue
        const write = (row * columns.input + column) * depth
        for (let d = 0; d < depth; d++) sums[write + d] += patches[read + d]
      }
    }
  }
}

export const transposedConvolution: OpFamily = { Conv2DBackpropInput: conv2dBackpropInput }
