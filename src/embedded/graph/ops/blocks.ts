// Blocks of pixels moved between space, depth and batch: DepthToSpace, SpaceToDepth, SpaceToBatchND, BatchToSpaceND.
import { elementCount } from '../../../tensor/tensor.js'
import { readStrided } from './layout.js'
import { copyStrided, stridesOf } from './strided.js'
import { elementsOf, indicesOf, invalid, movableTypes, newElements, shapeText, tensorFrom, tensorOf, typeAttribute, type Shape } from './values.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { BoundNode, Op, OpFamily } from '../kernel.js'

/** Reads the tensor as this shape, with its axes in this order, under the final shape. */
function rearranged (tensor: Tensor, as: Shape, order: readonly number[], shape: Shape): Tensor {
  const strides = stridesOf(as)
  const moved = readStrided(tensor, order.map(axis => as[axis]), 0, order.map(axis => strides[axis]))
  return { ...moved, shape }
}

function blockOf (node: BoundNode): number {
  typeAttribute(node, 'T', movableTypes)
  const layout = node.attrs.string('data_format', 'NHWC')
  if (layout !== 'NHWC') node.unimplemented(`data_format=${layout}`)
  const block = node.attrs.int('block_size')
  if (block < 2) throw invalid(`Block size should be > 1, but was: ${block}`)
  return block
}

const depthToSpace: Op = node => {
  const block = blockOf(node)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    if (tensor.shape.length !== 4) throw invalid(`Input rank should be: 4 instead of: ${tensor.shape.length}`)
    const [batch, rows, columns, depth] = tensor.shape
    if (depth % (block * block) !== 0) throw invalid(`Input depth dimension ${depth} should be divisible by: ${block * block}`)
    const rest = depth / (block * block)
    return rearranged(tensor, [batch, rows, columns, block, block, rest], [0, 1, 3, 2, 4, 5], [batch, rows * block, columns * block, rest])
  }
}

const spaceToDepth: Op = node => {
  const block = blockOf(node)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    if (tensor.shape.length !== 4) throw invalid(`Input rank should be: 4 instead of: ${tensor.shape.length}`)
    const [batch, rows, columns, depth] = tensor.shape
    if (rows % block !== 0 || columns % block !== 0) throw invalid(`Image width ${columns} and height ${rows} should be divisible by block_size: ${block}`)
    return rearranged(tensor, [batch, rows / block, block, columns / block, block, depth], [0, 1, 3, 2, 4, 5], [batch, rows / block, columns / block, depth * block * block])
  }
}

/** Block sizes and the pairs of counts before and after for each spatial axis. */
function blocksOf (tensor: Tensor, blockTensor: Tensor, pairTensor: Tensor, name: string): { sizes: number[], pairs: (readonly [number, number])[] } {
  const sizes = indicesOf(blockTensor)
  const flat = indicesOf(pairTensor)
  if (blockTensor.shape.length !== 1) throw invalid(`block_shape must be one dimensional instead of ${shapeText(blockTensor.shape)}`)
  if (tensor.shape.length < 1 + sizes.length) throw invalid(`input rank should be >= ${1 + sizes.length} instead of ${tensor.shape.length}`)
  if (shapeText(pairTensor.shape) !== shapeText([sizes.length, 2])) throw invalid(`${name} should have shape [${sizes.length}, 2] instead of ${shapeText(pairTensor.shape)}`)
  sizes.forEach(size => { if (size < 1) throw invalid('All values in block_shape must be positive, got value, ' + size) })
  const pairs = sizes.map((_, i) => [flat[2 * i], flat[2 * i + 1]] as const)
  pairs.forEach(([before, after]) => { if (before < 0 || after < 0) throw invalid(`${name[0].toUpperCase()}${name.slice(1)} must be non-negative`) })
  return { sizes, pairs }
}

const spaceToBatch: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const { sizes, pairs } = blocksOf(tensor, tensorOf(inputs[1]), tensorOf(inputs[2]), 'paddings')
    const rest = tensor.shape.slice(1 + sizes.length)
    const spatial = sizes.map((_, i) => tensor.shape[1 + i] + pairs[i][0] + pairs[i][1])
    spatial.forEach((size, i) => { if (size % sizes[i] !== 0) throw invalid(`padded_shape[${i}]=${size} is not divisible by block_shape[${i}]=${sizes[i]}`) })
    const padded = [tensor.shape[0], ...spatial, ...rest]
    const out = newElements(dtype, elementCount(padded))
    const strides = stridesOf(padded)
    const offset = pairs.reduce((sum, [before], i) => sum + before * strides[1 + i], 0)
    copyStrided(tensor.shape, { data: elementsOf(tensor), offset: 0, strides: stridesOf(tensor.shape) }, { data: out, offset, strides })
    const count = sizes.length
    const as = [tensor.shape[0], ...spatial.flatMap((size, i) => [size / sizes[i], sizes[i]]), ...rest]
    const order = [...sizes.map((_, i) => 2 + 2 * i), 0, ...sizes.map((_, i) => 1 + 2 * i), ...rest.map((_, i) => 1 + 2 * count + i)]
    const shape = [tensor.shape[0] * elementCount(sizes), ...spatial.map((size, i) => size / sizes[i]), ...rest]
    return rearranged(tensorFrom(dtype, padded, out), as, order, shape)
  }
}

const batchToSpace: Op = node => {
  typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const { sizes, pairs } = blocksOf(tensor, tensorOf(inputs[1]), tensorOf(inputs[2]), 'crops')
    const product = elementCount(sizes)
    if (tensor.shape[0] % product !== 0) throw invalid(`Input batch dimension (${tensor.shape[0]}) is not divisible by product of block sizes (${product})`)
    const batch = tensor.shape[0] / product
    const count = sizes.length
    const inner = tensor.shape.slice(1, 1 + count)
    const rest = tensor.shape.slice(1 + count)
    const as = [...sizes, batch, ...inner, ...rest]
    const order = [count, ...sizes.flatMap((_, i) => [count + 1 + i, i]), ...rest.map((_, i) => 2 * count + 1 + i)]
    const whole = rearranged(tensor, as, order, [batch, ...inner.map((size, i) => size * sizes[i]), ...rest])
    const cropped = whole.shape.map((size, axis) => axis >= 1 && axis <= count ? size - pairs[axis - 1][0] - pairs[axis - 1][1] : size)
    cropped.forEach((size, axis) => { if (size < 0) throw invalid(`cropped_shape[${axis - 1}]=${size} must be non-negative`) })
    const strides = stridesOf(whole.shape)
    return readStrided(whole, cropped, pairs.reduce((sum, [before], i) => sum + before * strides[1 + i], 0), strides)
  }
}

export const blocks: OpFamily = {
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace
}
