// Pictures resized: ResizeBilinear and ResizeNearestNeighbor with all alignments. Source: tensorflow/core/util/image_resizer_state.h.
import { allocate } from '../../../tensor/tensor.js'
import { copyElements, elementsOf, indicesOf, invalid, movableTypes, newElements, numbersOf, shapeText, smallIntegerTypes, tensorFrom, tensorOf, typeAttribute } from './values.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { BoundNode, Op, OpFamily } from '../kernel.js'

interface Alignment { readonly corners: boolean, readonly halfPixel: boolean }

function alignmentOf (node: BoundNode): Alignment {
  const corners = node.attrs.bool('align_corners', false)
  const halfPixel = node.attrs.bool('half_pixel_centers', false)
  if (corners && halfPixel) throw invalid('If half_pixel_centers is True, align_corners must be False.')
  return { corners, halfPixel }
}

/** Input pixels per output pixel, as a float32. */
function scaleOf (input: number, output: number, { corners }: Alignment): number {
  return corners && output > 1 ? Math.fround((input - 1) / (output - 1)) : Math.fround(input / output)
}

function outputSize (images: Tensor, size: Tensor): readonly [number, number] {
  if (images.shape.length !== 4) throw invalid(`input must be 4-dimensional${shapeText(images.shape)}`)
  if (size.shape.length !== 1) throw invalid(`shape_t must be 1-dimensional${shapeText(size.shape)}`)
  if (size.shape[0] !== 2) throw invalid(`shape_t must have two elements${shapeText(size.shape)}`)
  const [height, width] = indicesOf(size)
  if (height <= 0 || width <= 0) throw invalid('output dimensions must be positive')
  if (images.shape[1] <= 0 || images.shape[2] <= 0) throw invalid('input image must be of non-zero size')
  return [height, width]
}

/** Which input pixel each output pixel takes. */
function nearest (input: number, output: number, alignment: Alignment): Int32Array {
  const scale = scaleOf(input, output, alignment)
  return Int32Array.from({ length: output }, (_, i) => {
    const place = alignment.halfPixel ? Math.fround(Math.fround(i + 0.5) * scale) : Math.fround(i * scale)
    // roundf: halves away from zero.
    const whole = alignment.corners ? Math.floor(place + 0.5) : Math.floor(place)
    return Math.max(Math.min(whole, input - 1), 0)
  })
}

const resizeNearest: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes.filter(type => type !== 'DT_STRING' && type !== 'DT_BOOL'))
  const alignment = alignmentOf(node)
  return inputs => {
    const images = tensorOf(inputs[0])
    const [height, width] = outputSize(images, tensorOf(inputs[1]))
    const [batch, rows, columns, depth] = images.shape
    const fromRow = nearest(rows, height, alignment)
    const fromColumn = nearest(columns, width, alignment)
    const from = elementsOf(images)
    const out = newElements(dtype, batch * height * width * depth)
    for (let n = 0, write = 0; n < batch; n++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++, write += depth) {
          copyElements(from, ((n * rows + fromRow[y]) * columns + fromColumn[x]) * depth, out, write, depth)
        }
      }
    }
    return tensorFrom(dtype, [batch, height, width, depth], out)
  }
}

/** Per output pixel the two input pixels beside its place, and how far it lies towards the upper one. */
interface Between { readonly lower: Int32Array, readonly upper: Int32Array, readonly part: Float32Array }

function between (input: number, output: number, alignment: Alignment): Between {
  const scale = scaleOf(input, output, alignment)
  const lower = new Int32Array(output)
  const upper = new Int32Array(output)
  const part = new Float32Array(output)
  for (let i = 0; i < output; i++) {
    const place = alignment.halfPixel ? Math.fround(Math.fround(Math.fround(i + 0.5) * scale) - 0.5) : Math.fround(i * scale)
    const floor = Math.floor(place)
    lower[i] = Math.max(floor, 0)
    upper[i] = Math.min(Math.ceil(place), input - 1)
    part[i] = place - floor
  }
  return { lower, upper, part }
}

const resizeBilinear: Op = node => {
  typeAttribute(node, 'T', ['DT_FLOAT', 'DT_DOUBLE', ...smallIntegerTypes.filter(type => type !== 'DT_UINT32')])
  const alignment = alignmentOf(node)
  return inputs => {
    const images = tensorOf(inputs[0])
    const [height, width] = outputSize(images, tensorOf(inputs[1]))
    const [batch, rows, columns, depth] = images.shape
    const out = allocate('DT_FLOAT', batch * height * width * depth) as Float32Array
    interpolate(images, between(rows, height, alignment), between(columns, width, alignment), out)
    return { dtype: 'DT_FLOAT', shape: [batch, height, width, depth], data: out }
  }
}

function interpolate (images: Tensor, down: Between, across: Between, out: Float32Array): void {
  const [batch, rows, columns, depth] = images.shape
  const data = numbersOf(images)
  let write = 0
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < down.part.length; y++) {
      const top = (n * rows + down.lower[y]) * columns
      const bottom = (n * rows + down.upper[y]) * columns
      const fallen = down.part[y]
      for (let x = 0; x < across.part.length; x++) {
        const left = across.lower[x]
        const right = across.upper[x]
        const moved = across.part[x]
        for (let d = 0; d < depth; d++, write++) {
          const a = data[(top + left) * depth + d]
          const b = data[(bottom + left) * depth + d]
          const upper = a + (data[(top + right) * depth + d] - a) * moved
          const lower = b + (data[(bottom + right) * depth + d] - b) * moved
          out[write] = upper + (lower - upper) * fallen
        }
      }
    }
  }
}

export const resizing: OpFamily = { ResizeBilinear: resizeBilinear, ResizeNearestNeighbor: resizeNearest }
