// Writing by index into a new tensor: ScatterNd and the TensorScatter ops.
import { elementCount } from '../../../tensor/tensor.js'
import { bigTypes, copyElements, elementsOf, floatTypes, indicesOf, invalid, movableTypes, newElements, sameShape, shapeText, smallIntegerTypes, tensorFrom, tensorOf, typeAttribute, type Elements, type Shape } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Op, OpFamily } from '../kernel.js'

/** Brings one element in; numbers and bigints alike. */
type Merge = (old: number, fresh: number) => number

function scatter (target: Elements, shape: Shape, indices: Tensor, updates: Tensor, merge: Merge | undefined): void {
  const depth = indices.shape[indices.shape.length - 1]
  const rows = elementCount(indices.shape.slice(0, -1))
  const inner = elementCount(shape.slice(depth))
  const places = indices.data as ArrayLike<number | bigint>
  const from = elementsOf(updates)
  for (let row = 0; row < rows; row++) {
    let flat = 0
    for (let k = 0; k < depth; k++) {
      const place = Number(places[row * depth + k])
      if (place < 0 || place >= shape[k]) {
        const wanted = Array.from({ length: depth }, (_, j) => places[row * depth + j]).join(', ')
        throw invalid(`indices[${row}] = [${wanted}] does not index into shape ${shapeText(shape)}`)
      }
      flat = flat * shape[k] + place
    }
    if (merge === undefined) copyElements(from, row * inner, target, flat * inner, inner)
    else for (let i = 0; i < inner; i++) target[flat * inner + i] = merge(target[flat * inner + i] as number, from[row * inner + i] as number)
  }
}

function check (shape: Shape, indices: Tensor, updates: Tensor): void {
  if (indices.shape.length < 1) throw invalid(`Indices shape must have rank at least one. Found:${shapeText(indices.shape)}`)
  const depth = indices.shape[indices.shape.length - 1]
  const expected = [...indices.shape.slice(0, -1), ...shape.slice(depth)]
  if (depth > shape.length || !sameShape(expected, updates.shape)) {
    throw invalid(`Dimensions of indices ${shapeText(indices.shape)} and updates ${shapeText(updates.shape)} do not fit shape ${shapeText(shape)}`)
  }
  if (elementCount(shape) === 0 && updates.data.length > 0) throw invalid(`Indices and updates specified for empty output tensor`)
}

const numeric: readonly DType[] = [...floatTypes, ...smallIntegerTypes, ...bigTypes]
const add: Merge = (old, fresh) => old + fresh

/** Into zeros of the given shape; what meets in one place is added up. */
const scatterNd: Op = node => {
  const dtype = typeAttribute(node, 'T', numeric)
  return inputs => {
    const [indices, updates, shapeTensor] = inputs.map(tensorOf)
    const shape = indicesOf(shapeTensor)
    check(shape, indices, updates)
    const out = newElements(dtype, elementCount(shape))
    scatter(out, shape, indices, updates, add)
    return tensorFrom(dtype, shape, out)
  }
}

/** Into a copy of the tensor. */
const tensorScatter = (types: readonly DType[], merge: Merge | undefined): Op => node => {
  const dtype = typeAttribute(node, 'T', types)
  return inputs => {
    const [tensor, indices, updates] = inputs.map(tensorOf)
    check(tensor.shape, indices, updates)
    const out = newElements(dtype, tensor.data.length)
    copyElements(elementsOf(tensor), 0, out, 0, tensor.data.length)
    scatter(out, tensor.shape, indices, updates, merge)
    return tensorFrom(dtype, tensor.shape, out)
  }
}

export const scattering: OpFamily = {
  ScatterNd: scatterNd,
  TensorScatterUpdate: tensorScatter(movableTypes, undefined),
  TensorScatterAdd: tensorScatter(numeric, add),
  TensorScatterSub: tensorScatter(numeric, (old, fresh) => old - fresh),
  TensorScatterMax: tensorScatter(numeric, (old, fresh) => fresh > old ? fresh : old),
  TensorScatterMin: tensorScatter(numeric, (old, fresh) => fresh < old ? fresh : old)
}
