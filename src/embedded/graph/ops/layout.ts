// Elements moved without being changed: Transpose, Concat, Pack, Tile, Reverse, BroadcastTo. Any element type.
import { elementCount, type Tensor } from '../../../tensor/tensor.js'
import { broadcastShape } from './broadcast.js'
import { copyStrided, stridesOf } from './strided.js'
import { axisOf, copyElements, elementsOf, indexTensor, indicesOf, invalid, movableTypes, newElements, numbersOf, sameShape, shapeText, tensorFrom, tensorOf, typeAttribute, type Shape } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Op, OpFamily } from '../kernel.js'

/** A new tensor of this shape that reads the other one by these strides. */
export function readStrided (tensor: Tensor, shape: Shape, offset: number, strides: readonly number[]): Tensor {
  const out = newElements(tensor.dtype, elementCount(shape))
  copyStrided(shape, { data: elementsOf(tensor), offset, strides }, { data: out, offset: 0, strides: stridesOf(shape) })
  return tensorFrom(tensor.dtype, shape, out)
}

const transpose: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const permTensor = tensorOf(inputs[1])
    const rank = tensor.shape.length
    if (permTensor.shape.length !== 1) throw invalid(`perm must be rank 1, got shape ${shapeText(permTensor.shape)}`)
    const perm = indicesOf(permTensor)
    if (perm.length !== rank) throw invalid(`transpose expects a vector of size ${rank}. But input(1) is a vector of size ${perm.length}`)
    const seen = new Set<number>()
    const axes = perm.map(wanted => {
      // TensorFlow ends the process for a negative one.
      if (wanted < 0 || wanted >= rank) throw invalid(`${wanted} is out of range [0 .. ${rank})`)
      seen.add(wanted)
      return wanted
    })
    for (let axis = 0; axis < rank; axis++) if (!seen.has(axis)) throw invalid(`${axis} is missing from {${perm.join(',')}}.`)
    const strides = stridesOf(tensor.shape)
    return readStrided(tensor, axes.map(axis => tensor.shape[axis]), 0, axes.map(axis => strides[axis]))
  }
}

/** Joins along an axis. The other sizes must agree. */
function join (dtype: DType, tensors: readonly Tensor[], axis: number, shape: number[]): Tensor {
  const out = newElements(dtype, elementCount(shape))
  const outer = elementCount(shape.slice(0, axis))
  const inner = elementCount(shape.slice(axis + 1))
  const stride = shape[axis] * inner
  let target = 0
  for (const tensor of tensors) {
    const run = outer === 0 ? 0 : tensor.data.length / outer
    for (let o = 0; o < outer; o++) copyElements(elementsOf(tensor), o * run, out, o * stride + target, run)
    target += run
  }
  return tensorFrom(dtype, shape, out)
}

/** ConcatV2 has its axis last, Concat first. */
const concat = (axisFirst: boolean): Op => node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const all = inputs.map(tensorOf)
    const axisTensor = axisFirst ? all[0] : all[all.length - 1]
    const tensors = axisFirst ? all.slice(1) : all.slice(0, -1)
    const name = axisFirst ? 'concat_dim' : 'axis'
    if (axisTensor.data.length !== 1) throw invalid(`${name} tensor should be a scalar integer, but got shape ${shapeText(axisTensor.shape)}`)
    const wanted = indicesOf(axisTensor)[0]
    const first = tensors[0].shape
    const axis = axisOf(wanted, first.length)
    if (axis === undefined) throw invalid(`ConcatOp : Expected concatenating dimensions in the range [${-first.length}, ${first.length}), but got ${wanted}`)
    const shape = [...first]
    shape[axis] = 0
    tensors.forEach((tensor, i) => {
      if (tensor.shape.length !== first.length) throw invalid(`ConcatOp : Ranks of all input tensors should match: shape[0] = ${shapeText(first)} vs. shape[${i}] = ${shapeText(tensor.shape)}`)
      if (tensor.shape.some((size, k) => k !== axis && size !== first[k])) {
        const k = tensor.shape.findIndex((size, j) => j !== axis && size !== first[j])
        throw invalid(`ConcatOp : Dimension ${k} in both shapes must be equal: shape[0] = ${shapeText(first)} vs. shape[${i}] = ${shapeText(tensor.shape)}`)
      }
      shape[axis] += tensor.shape[axis]
    })
    return join(dtype, tensors, axis, shape)
  }
}

const pack: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  const wanted = node.attrs.int('axis', 0)
  return inputs => {
    const tensors = inputs.map(tensorOf)
    const first = tensors[0].shape
    const axis = axisOf(wanted, first.length + 1)
    if (axis === undefined) throw invalid(`axis = ${wanted} not in [${-(first.length + 1)}, ${first.length + 1})`)
    tensors.forEach((tensor, i) => {
      if (!sameShape(tensor.shape, first)) throw invalid(`Shapes of all inputs must match: values[0].shape = ${shapeText(first)} != values[${i}].shape = ${shapeText(tensor.shape)}`)
    })
    return join(dtype, tensors, axis, [...first.slice(0, axis), tensors.length, ...first.slice(axis)])
  }
}

const tile: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const multiples = indicesOf(tensorOf(inputs[1]))
    const rank = tensor.shape.length
    if (multiples.length !== rank) throw invalid(`Expected multiples argument to be a vector of length ${rank} but got length ${multiples.length}`)
    multiples.forEach((multiple, i) => { if (multiple < 0) throw invalid(`Expected multiples[${i}] >= 0, but got ${multiple}`) })
    const strides = stridesOf(tensor.shape)
    const repeated = readStrided(tensor, tensor.shape.flatMap((size, i) => [multiples[i], size]), 0, strides.flatMap(stride => [0, stride]))
    return { ...repeated, shape: tensor.shape.map((size, i) => size * multiples[i]) }
  }
}

/** Strides that read a shape as if it were the broadcast one. */
export function broadcastStrides (shape: Shape, result: Shape): number[] {
  const own = stridesOf(shape)
  const skip = result.length - shape.length
  return result.map((size, i) => i < skip || (shape[i - skip] === 1 && size !== 1) ? 0 : own[i - skip])
}

const broadcastTo: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const shape = indicesOf(tensorOf(inputs[1]))
    if (sameShape(tensor.shape, shape)) return tensor
    if (tensor.shape.length > shape.length) throw invalid(`Rank of input (${tensor.shape.length}) must be no greater than rank of output shape (${shape.length}).`)
    const common = broadcastShape([tensor.shape, shape])
    if (common === undefined || !sameShape(common, shape)) throw invalid(`Unable to broadcast tensor of shape ${shapeText(tensor.shape)} to tensor of shape ${shapeText(shape)}`)
    return readStrided(tensor, shape, 0, broadcastStrides(tensor.shape, shape))
  }
}

const broadcastArgs: Op = node => {
  const dtype = typeAttribute(node, 'T', ['DT_INT32', 'DT_INT64'], 'DT_INT32')
  return inputs => {
    const [a, b] = inputs.map(input => indicesOf(tensorOf(input)))
    const shape = broadcastShape([a, b])
    if (shape === undefined) throw invalid(`Incompatible shapes: ${shapeText(a)} vs. ${shapeText(b)}`)
    return indexTensor(dtype, [shape.length], shape)
  }
}

function reversed (tensor: Tensor, axes: ReadonlySet<number>): Tensor {
  const strides = stridesOf(tensor.shape)
  let offset = 0
  for (const axis of axes) offset += (tensor.shape[axis] - 1) * strides[axis]
  return readStrided(tensor, tensor.shape, offset, strides.map((stride, axis) => axes.has(axis) ? -stride : stride))
}

const reverseV2: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const axes = new Set<number>()
    for (const wanted of indicesOf(tensorOf(inputs[1]))) {
      const axis = axisOf(wanted, tensor.shape.length)
      if (axis === undefined) throw invalid(`'axis'[${axes.size}] = ${wanted} is out of valid range [0, ${tensor.shape.length - 1}]`)
      if (axes.has(axis)) throw invalid(`axis ${axis} specified more than once.`)
      axes.add(axis)
    }
    return reversed(tensor, axes)
  }
}

const reverse: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const flags = tensorOf(inputs[1])
    if (flags.data.length !== tensor.shape.length) throw invalid(`'dims' must have the same number of values as 'input' has dimensions. 'input' has ${tensor.shape.length}'dims' has ${flags.data.length} values`)
    return reversed(tensor, new Set(tensor.shape.map((_, axis) => axis).filter(axis => numbersOf(flags)[axis] !== 0)))
  }
}

export const layout: OpFamily = {
  Transpose: transpose,
  Concat: concat(true),
  ConcatV2: concat(false),
  Pack: pack,
  Tile: tile,
  BroadcastTo: broadcastTo,
  BroadcastArgs: broadcastArgs,
  Reverse: reverse,
  ReverseV2: reverseV2
}
