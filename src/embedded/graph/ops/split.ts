// A tensor cut along an axis: Split, SplitV, Unpack. Any element type.
import { readStrided } from './layout.js'
import { stridesOf } from './strided.js'
import { axisOf, indexOf, indicesOf, invalid, movableTypes, shapeText, tensorOf, typeAttribute } from './values.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Op, OpFamily } from '../kernel.js'

/** Pieces of these sizes along the axis. */
function pieces (tensor: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  const strides = stridesOf(tensor.shape)
  let start = 0
  return sizes.map(size => {
    const shape = tensor.shape.map((whole, i) => i === axis ? size : whole)
    const piece = readStrided(tensor, shape, start * strides[axis], strides)
    start += size
    return piece
  })
}

const unpack: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  const wanted = node.attrs.int('axis', 0)
  const count = node.attrs.int('num')
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const axis = axisOf(wanted, tensor.shape.length)
    if (axis === undefined) throw invalid(`axis = ${wanted} not in [${-tensor.shape.length}, ${tensor.shape.length})`)
    if (tensor.shape[axis] !== count) throw invalid(`Input shape axis ${axis} must equal ${count}, got shape ${shapeText(tensor.shape)}`)
    const shape = tensor.shape.filter((_, i) => i !== axis)
    return pieces(tensor, axis, new Array<number>(count).fill(1)).map(piece => ({ ...piece, shape }))
  }
}

function splitAxis (tensor: Tensor, axisTensor: Tensor, name: string): number {
  const wanted = indexOf(axisTensor, name)
  const rank = tensor.shape.length
  const axis = axisOf(wanted, rank)
  if (axis === undefined) throw invalid(`-input rank(-${rank}) <= split_dim < input rank (${rank}), but got ${wanted}`)
  return axis
}

const split: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  const count = node.attrs.int('num_split')
  return inputs => {
    const tensor = tensorOf(inputs[1])
    const axis = splitAxis(tensor, tensorOf(inputs[0]), 'split_dim')
    if (tensor.shape[axis] % count !== 0) {
      throw invalid(`Number of ways to split should evenly divide the split dimension, but got split_dim ${axis} (size = ${tensor.shape[axis]}) and num_split ${count}`)
    }
    return pieces(tensor, axis, new Array<number>(count).fill(tensor.shape[axis] / count))
  }
}

const splitV: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  const count = node.attrs.int('num_split')
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const sizesTensor = tensorOf(inputs[1])
    const axis = splitAxis(tensor, tensorOf(inputs[2]), 'split_dim')
    const sizes = indicesOf(sizesTensor)
    if (sizesTensor.shape.length !== 1 || sizes.length !== count) {
      throw invalid(`size_splits must be a 1-D tensor with the same length as num_split got shape ${shapeText(sizesTensor.shape)} and num_split ${count}`)
    }
    const whole = tensor.shape[axis]
    const given = sizes.reduce((total, size) => total + (size === -1 ? 0 : size), 0)
    const open = sizes.indexOf(-1)
    if (open !== sizes.lastIndexOf(-1)) throw invalid('There can only be one -1 in the input.')
    if (sizes.some(size => size < -1)) throw invalid(`Split size at index ${sizes.findIndex(size => size < -1)} must be >= 0. Got: ${sizes.find(size => size < -1)}`)
    if (open === -1 ? given !== whole : given > whole) {
      throw invalid(`Determined shape must either match input shape along split_dim exactly if fully specified, or be less than the size of the input along split_dim if not fully specified.  Got: ${given}`)
    }
    return pieces(tensor, axis, sizes.map(size => size === -1 ? whole - given : size))
  }
}

export const splitting: OpFamily = { Split: split, SplitV: splitV, Unpack: unpack }
