// Shapes asked for and changed without touching elements: Shape, Reshape, Squeeze, ExpandDims and their like.
import { elementCount } from '../../../tensor/tensor.js'
import { axisOf, indexTensor, indicesOf, invalid, shapeText, tensorOf, type Shape } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { BoundNode, Op, OpFamily } from '../kernel.js'

function outputType (node: BoundNode): DType {
  const dtype = node.attrs.dtype('out_type', 'DT_INT32')
  if (dtype !== 'DT_INT32' && dtype !== 'DT_INT64') node.unimplemented(`out_type=${dtype}`)
  return dtype
}

const shape: Op = node => {
  const dtype = outputType(node)
  return ([input]) => indexTensor(dtype, [input.shape.length], input.shape)
}

const shapeN: Op = node => {
  const dtype = outputType(node)
  return inputs => inputs.map(input => indexTensor(dtype, [input.shape.length], input.shape))
}

const rank: Op = () => ([input]) => indexTensor('DT_INT32', [], [input.shape.length])

const size: Op = node => {
  const dtype = outputType(node)
  return ([input]) => indexTensor(dtype, [], [elementCount(input.shape)])
}

const reshape: Op = () => inputs => {
  const tensor = tensorOf(inputs[0])
  const sizes = tensorOf(inputs[1])
  if (sizes.shape.length > 1) throw invalid(`sizes input must be 1-D, not ${shapeText(sizes.shape)}`)
  return { ...tensor, shape: reshaped(tensor.shape, indicesOf(sizes)) }
}

/** The wanted sizes with a single -1 worked out. As in TensorFlow, sizes of zero count on neither side when one is asked for. */
function reshaped (shape: Shape, wanted: number[]): Shape {
  const count = elementCount(shape)
  const unknown = wanted.indexOf(-1)
  let known = 1
  wanted.forEach((dimension, i) => {
    if (dimension === -1 && i !== unknown) throw invalid(`Only one input size may be -1, not both ${unknown} and ${i}`)
    if (dimension < -1) throw invalid(`Size ${i} must be non-negative, not ${dimension}`)
    if (dimension > 0) known *= dimension
  })
  const result = [...wanted]
  if (unknown !== -1) {
    const wantsZero = wanted.includes(0)
    const counted = shape.filter(dimension => dimension > 0 || !wantsZero)
    const available = elementCount(counted)
    result[unknown] = Math.floor(available / known)
    if (counted.length === shape.length && result[unknown] * known !== available) {
      throw invalid(`Input to reshape is a tensor with ${available} values, but the requested shape requires a multiple of ${known}`)
    }
  }
  if (elementCount(result) !== count) throw invalid(`Input to reshape is a tensor with ${count} values, but the requested shape has ${elementCount(result)}`)
  return result
}

const squeeze: Op = node => {
  const axes = node.attrs.ints('squeeze_dims', [])
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const rank = tensor.shape.length
    const dropped = new Set<number>()
    for (const axis of axes) {
      const at = axisOf(axis, rank)
      if (at === undefined) throw invalid(`Tried to squeeze dim index ${axis} for tensor with ${rank} dimensions.`)
      if (tensor.shape[at] !== 1) throw invalid(`Can not squeeze dim[${at}], expected a dimension of 1, got ${tensor.shape[at]}`)
      dropped.add(at)
    }
    return { ...tensor, shape: tensor.shape.filter((length, i) => axes.length === 0 ? length !== 1 : !dropped.has(i)) }
  }
}

const expandDims: Op = () => inputs => {
  const tensor = tensorOf(inputs[0])
  const dimension = tensorOf(inputs[1])
  if (elementCount(dimension.shape) !== 1) throw invalid("'dim' must be a tensor with a single value")
  const wanted = indicesOf(dimension)[0]
  const rank = tensor.shape.length
  const axis = axisOf(wanted, rank + 1)
  if (axis === undefined) throw invalid(`Tried to expand dim index ${wanted} for tensor with ${rank} dimensions.`)
  return { ...tensor, shape: [...tensor.shape.slice(0, axis), 1, ...tensor.shape.slice(axis)] }
}

const ensureShape: Op = node => {
  const wanted = node.attrs.shape('shape')
  return inputs => {
    const tensor = tensorOf(inputs[0])
    if (wanted !== undefined && (wanted.length !== tensor.shape.length || wanted.some((length, i) => length !== -1 && length !== tensor.shape[i]))) {
      throw invalid(`Shape of tensor ${node.name} ${shapeText(tensor.shape)} is not compatible with expected shape ${shapeText(wanted).replaceAll('-1', '?')}.`)
    }
    return tensor
  }
}

export const shapes: OpFamily = {
  Shape: shape,
  ShapeN: shapeN,
  Rank: rank,
  Size: size,
  Reshape: reshape,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  EnsureShape: ensureShape
}
