// Pad, PadV2 and MirrorPad.
import { elementCount } from '../../../tensor/tensor.js'
import { copyStrided, stridesOf } from './strided.js'
import { elementsOf, indicesOf, invalid, movableTypes, newElements, shapeText, tensorFrom, tensorOf, typeAttribute, type Elements } from './values.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { BoundNode, Op, OpFamily } from '../kernel.js'

/** Pairs of counts before and after, one per axis. */
function paddingsOf (node: BoundNode, tensor: Tensor, paddings: Tensor): (readonly [number, number])[] {
  const rank = tensor.shape.length
  if (paddings.shape.length !== 2 || paddings.shape[1] !== 2) throw invalid(`paddings must be a matrix with 2 columns: ${shapeText(paddings.shape)}`)
  if (paddings.shape[0] !== rank) throw invalid(`The first dimension of paddings must be the rank of inputs${shapeText(paddings.shape)} ${shapeText(tensor.shape)}`)
  const flat = indicesOf(paddings)
  return tensor.shape.map((_, i) => {
    const [before, after] = [flat[2 * i], flat[2 * i + 1]]
    if (before < 0 || after < 0) throw invalid(`${node.op === 'MirrorPad' ? 'p' : 'P'}addings must be non-negative: ${before} ${after}`)
    return [before, after] as const
  })
}

const pad: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const pairs = paddingsOf(node, tensor, tensorOf(inputs[1]))
    const fill = inputs.length > 2 ? elementsOf(tensorOf(inputs[2]))[0] : undefined
    const shape = tensor.shape.map((size, i) => size + pairs[i][0] + pairs[i][1])
    const out = newElements(dtype, elementCount(shape))
    if (fill !== undefined) (out as unknown as { fill: (value: unknown) => void }).fill(fill)
    const strides = stridesOf(shape)
    const offset = pairs.reduce((sum, [before], i) => sum + before * strides[i], 0)
    copyStrided(tensor.shape, { data: elementsOf(tensor), offset: 0, strides: stridesOf(tensor.shape) }, { data: out, offset, strides })
    return tensorFrom(dtype, shape, out)
  }
}

const mirrorPad: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  // REFLECT leaves the border itself out of the mirror image, SYMMETRIC repeats it.
  const skip = node.attrs.string('mode') === 'REFLECT' ? 1 : 0
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const pairs = paddingsOf(node, tensor, tensorOf(inputs[1]))
    let shape = [...tensor.shape]
    let data: Elements = elementsOf(tensor)
    pairs.forEach(([before, after], axis) => {
      const size = tensor.shape[axis]
      if (Math.max(before, after) > size - skip) {
        throw invalid(`paddings must be ${skip === 1 ? 'less than' : 'no greater than'} the dimension size: ${before}, ${after} ${skip === 1 ? 'not less than' : 'greater than'} ${size}`)
      }
      if (before + after === 0) return
      const mirrored = [...shape.slice(0, axis), size + before + after, ...shape.slice(axis + 1)]
      data = mirror(dtype, data, shape, mirrored, axis, before, skip)
      shape = mirrored
    })
    return tensorFrom(dtype, shape, data)
  }
}

function mirror (dtype: Tensor['dtype'], from: Elements, shape: readonly number[], mirrored: readonly number[], axis: number, before: number, skip: number): Elements {
  const out = newElements(dtype, elementCount(mirrored))
  const size = shape[axis]
  const inner = elementCount(shape.slice(axis + 1))
  const outer = elementCount(shape.slice(0, axis))
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < mirrored[axis]; i++) {
      const place = i - before
      const source = place < 0 ? skip - 1 - place : place >= size ? 2 * size - 1 - skip - place : place
      const read = (o * size + source) * inner
      const write = (o * mirrored[axis] + i) * inner
      for (let k = 0; k < inner; k++) out[write + k] = from[read + k]
    }
  }
  return out
}

export const padding: OpFamily = { Pad: pad, PadV2: pad, MirrorPad: mirrorPad }
