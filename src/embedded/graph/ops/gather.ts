// Reading by index: Gather with batches, GatherNd, and ResourceGather from a variable. An index out of range is refused, never clamped.
import { elementCount, type Tensor } from '../../../tensor/tensor.js'
import { axisOf, copyElements, elementsOf, indexOf, invalid, movableTypes, newElements, shapeText, tensorFrom, tensorOf, typeAttribute, type Shape } from './values.js'
import { ModelError } from '../../formats/format.js'
import { Variable } from '../variable.js'
import type { Kernel, Op, OpFamily, Value } from '../kernel.js'

type Indices = ArrayLike<number | bigint>

/** The place of a flat index in its shape, as TensorFlow prints it. */
function placeText (flat: number, shape: Shape): string {
  const place: number[] = []
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place.unshift(flat % shape[axis])
    flat = Math.floor(flat / shape[axis])
  }
  return place.join(',')
}

/** params[batch…, outer…, index, inner…] for every index. */
function gatherAxis (params: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  const batch = elementCount(params.shape.slice(0, batchDims))
  const outer = elementCount(params.shape.slice(batchDims, axis))
  const limit = params.shape[axis]
  const inner = elementCount(params.shape.slice(axis + 1))
  const shape = [...params.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...params.shape.slice(axis + 1)]
  const places = placesWithin(indices, limit)
  const perBatch = batch === 0 ? 0 : places.length / batch
  const from = elementsOf(params)
  const out = newElements(params.dtype, elementCount(shape))
  let write = 0
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      const base = (b * outer + o) * limit
      for (let i = 0; i < perBatch; i++, write += inner) copyElements(from, (base + places[b * perBatch + i]) * inner, out, write, inner)
    }
  }
  return tensorFrom(params.dtype, shape, out)
}

function placesWithin (indices: Tensor, limit: number): Float64Array {
  const data = indices.data as Indices
  const places = new Float64Array(data.length)
  for (let i = 0; i < places.length; i++) {
    const place = Number(data[i])
    if (place < 0 || place >= limit) {
      const at = indices.shape.length === 0 ? '' : `[${placeText(i, indices.shape)}]`
      throw invalid(`indices${at} = ${data[i]} is not in [0, ${limit})`)
    }
    places[i] = place
  }
  return places
}

/** Axis and batch dimensions checked against the shapes. */
function gather (params: Tensor, indices: Tensor, wantedAxis: number, wantedBatch: number): Tensor {
  const rank = params.shape.length
  const axis = axisOf(wantedAxis, rank)
  if (rank === 0) throw invalid('params must be at least 1 dimensional')
  if (axis === undefined) throw invalid(`Shape must be at least rank ${wantedAxis < 0 ? -wantedAxis : wantedAxis + 1} but is rank ${rank}`)
  const indexRank = indices.shape.length
  const batchDims = wantedBatch < 0 ? wantedBatch + indexRank : wantedBatch
  if (wantedBatch !== 0) {
    if (batchDims < 0 || batchDims > indexRank) throw invalid(`Expected batch_dims in the range [${-indexRank}, ${indexRank}], but got ${wantedBatch}`)
    if (batchDims >= rank) throw invalid(`batch_dims (${batchDims}) must be less than rank(params) (${rank}).`)
    if (axis < batchDims) throw invalid(`batch_dims (${batchDims}) must be less than or equal to axis (${axis}).`)
    for (let i = 0; i < batchDims; i++) {
      if (params.shape[i] !== indices.shape[i]) throw invalid(`params.shape[${i}]: ${params.shape[i]} should be equal to indices.shape[${i}]: ${indices.shape[i]}`)
    }
  }
  return gatherAxis(params, indices, axis, batchDims)
}

const gatherV2: Op = node => {
  typeAttribute(node, 'Tparams', movableTypes)
  typeAttribute(node, 'Tindices', ['DT_INT32', 'DT_INT64'])
  const batchDims = node.attrs.int('batch_dims', 0)
  return inputs => {
    const [params, indices, axis] = inputs.map(tensorOf)
    return gather(params, indices, axis === undefined ? 0 : indexOf(axis, 'axis'), batchDims)
  }
}

/** The variable behind a resource handle. */
function variableOf (value: Value): Variable {
  const resource = 'resource' in value ? value.resource : undefined
  if (!(resource instanceof Variable)) throw new ModelError(13, 'Trying to gather from a resource that is no variable')
  return resource
}

const resourceGather: Op = node => {
  typeAttribute(node, 'dtype', movableTypes)
  typeAttribute(node, 'Tindices', ['DT_INT32', 'DT_INT64'])
  const batchDims = node.attrs.int('batch_dims', 0)
  return inputs => gather(variableOf(inputs[0]).read(), tensorOf(inputs[1]), batchDims, batchDims)
}

/** The last axis of the indices holds a place in the leading axes of params. */
function gatherNd (params: Tensor, indices: Tensor, name: string): Tensor {
  if (params.shape.length < 1) throw invalid('params must be at least a vector')
  if (indices.shape.length < 1) throw invalid('indices must be at least a vector')
  const depth = indices.shape[indices.shape.length - 1]
  if (depth > params.shape.length) throw invalid(`index innermost dimension length must be <= params rank; saw: ${depth} vs. ${params.shape.length}`)
  const heads = params.shape.slice(0, depth)
  const inner = elementCount(params.shape.slice(depth))
  const rows = elementCount(indices.shape.slice(0, -1))
  const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)]
  const out = newElements(params.dtype, elementCount(shape))
  const data = indices.data as Indices
  if (rows > 0 && params.data.length === 0 && inner > 0) throw invalid('Requested more than 0 entries, but params is empty.  Params shape: ' + shapeText(params.shape))
  for (let row = 0; row < rows; row++) {
    let flat = 0
    for (let k = 0; k < depth; k++) {
      const place = Number(data[row * depth + k])
      if (place < 0 || place >= heads[k]) {
        const wanted = Array.from({ length: depth }, (_, j) => data[row * depth + j]).join(', ')
        throw invalid(`indices[${placeText(row, indices.shape.slice(0, -1))}] = [${wanted}] does not index into param shape ${shapeText(params.shape)}, node name: ${name}`)
      }
      flat = flat * heads[k] + place
    }
    copyElements(elementsOf(params), flat * inner, out, row * inner, inner)
  }
  return tensorFrom(params.dtype, shape, out)
}

const gatherNdOp: Op = node => {
  typeAttribute(node, 'Tparams', movableTypes)
  typeAttribute(node, 'Tindices', ['DT_INT32', 'DT_INT64', 'DT_INT16'])
  return inputs => gatherNd(tensorOf(inputs[0]), tensorOf(inputs[1]), node.name)
}

const resourceGatherNd: Op = node => {
  typeAttribute(node, 'dtype', movableTypes)
  return inputs => gatherNd(variableOf(inputs[0]).read(), tensorOf(inputs[1]), node.name)
}

const invertPermutation: Op = node => {
  const dtype = typeAttribute(node, 'T', ['DT_INT32', 'DT_INT64'], 'DT_INT32')
  const kernel: Kernel = inputs => {
    const perm = tensorOf(inputs[0])
    if (perm.shape.length !== 1) throw invalid(`invert_permutation expects a 1D vector.`)
    const out = newElements(dtype, perm.data.length)
    const seen = new Uint8Array(perm.data.length)
    const places = perm.data as Indices
    for (let i = 0; i < places.length; i++) {
      const place = Number(places[i])
      if (place < 0 || place >= places.length) throw invalid(`${place} is not between 0 and ${places.length}`)
      if (seen[place] === 1) throw invalid(`${place} is duplicated in the input.`)
      seen[place] = 1
      out[place] = dtype === 'DT_INT64' ? BigInt(i) : i
    }
    return tensorFrom(dtype, perm.shape, out)
  }
  return kernel
}

export const gathering: OpFamily = {
  Gather: gatherV2,
  GatherV2: gatherV2,
  GatherNd: gatherNdOp,
  ResourceGather: resourceGather,
  ResourceGatherNd: resourceGatherNd,
  InvertPermutation: invertPermutation
}
