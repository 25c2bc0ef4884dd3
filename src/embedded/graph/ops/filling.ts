// Tensors made from a rule: Fill, ZerosLike, OnesLike, Range, LinSpace, OneHot.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { throughFloat } from './half.js'
import { elementsOf, floatTypes, halfTypes, indexOf, indicesOf, invalid, isBig, isHalf, movableTypes, newElements, numbersOf, shapeText, smallIntegerTypes, tensorFrom, tensorOf, typeAttribute, type Elements } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

const fillAll = (elements: Elements, value: unknown): void => (elements as unknown as { fill: (value: unknown) => void }).fill(value)

/** The element that is one, in the pattern of the type. */
const oneOf = (dtype: DType): number | bigint => isBig(dtype) ? 1n : dtype === 'DT_HALF' ? 0x3c00 : dtype === 'DT_BFLOAT16' ? 0x3f80 : 1

const fill: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  typeAttribute(node, 'index_type', ['DT_INT32', 'DT_INT64'], 'DT_INT32')
  return inputs => {
    const sizes = tensorOf(inputs[0])
    const value = tensorOf(inputs[1])
    if (sizes.shape.length > 1) throw invalid(`dims must represent a vector, got shape ${shapeText(sizes.shape)}`)
    if (value.data.length !== 1 || value.shape.length > 1) throw invalid(`value must represent a scalar, got shape ${shapeText(value.shape)}`)
    const shape = indicesOf(sizes)
    shape.forEach(size => { if (size < 0) throw invalid(`Dimension ${size} must be >= 0`) })
    const out = newElements(dtype, elementCount(shape))
    fillAll(out, elementsOf(value)[0])
    return tensorFrom(dtype, shape, out)
  }
}

const like = (value: (dtype: DType) => number | bigint | undefined): Op => node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  const element = value(dtype)
  if (element !== undefined && dtype === 'DT_STRING') node.unimplemented('T=DT_STRING')
  return ([input]) => {
    const out = newElements(dtype, elementCount(input.shape))
    if (element !== undefined) fillAll(out, element)
    return tensorFrom(dtype, input.shape, out)
  }
}

const range: Op = node => {
  const dtype = typeAttribute(node, 'Tidx', [...floatTypes, ...smallIntegerTypes, 'DT_INT64'], 'DT_INT32')
  return inputs => {
    const tensors = inputs.map(tensorOf)
    tensors.forEach((tensor, i) => {
      const name = ['start', 'limit', 'delta'][i]
      if (tensor.data.length !== 1 || tensor.shape.length > 1) throw invalid(`${name} must be a scalar, not shape ${shapeText(tensor.shape)}`)
    })
    const [start, limit, delta] = tensors.map(tensor => Number((tensor.data as ArrayLike<number | bigint>)[0]))
    if (delta === 0) throw invalid('Requires delta != 0: 0')
    if (delta > 0 && start > limit) throw invalid(`Requires start <= limit when delta > 0: ${start}/${limit}`)
    if (delta < 0 && start < limit) throw invalid(`Requires start >= limit when delta < 0: ${start}/${limit}`)
    const count = dtype === 'DT_INT64' ? bigCount(tensors.map(tensor => (tensor.data as BigInt64Array)[0])) : Math.ceil(Math.abs((limit - start) / delta))
    if (count > 2 ** 31) throw invalid(`Requires ((limit - start) / delta) <= ${2 ** 31}`)
    const out = allocate(dtype, count)
    advance(out, tensors[0].data as NumericData, tensors[2].data as NumericData)
    return { dtype, shape: [count], data: out }
  }
}

function bigCount ([start, limit, delta]: readonly bigint[]): number {
  const span = limit - start
  const count = span / delta
  return Number(count * delta === span ? count : count + 1n)
}

/** start + i · delta, rounded to the type after each operation. */
function advance (data: NumericData, start: NumericData, delta: NumericData): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) data[i] = (start as BigInt64Array)[0] + (delta as BigInt64Array)[0] * BigInt(i)
    return
  }
  const first = (start as Float32Array)[0]
  const step = (delta as Float32Array)[0]
  for (let i = 0; i < data.length; i++) {
    data[i] = step * i
    data[i] += first
  }
}

const linSpace: Op = node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes])
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const [start, stop, num] = inputs.map(tensorOf)
    const count = indexOf(num, 'num')
    if (count <= 0) throw invalid(`Requires num > 0: ${count}`)
    const first = numbersOf(start)[0]
    const last = numbersOf(stop)[0]
    const data = allocate(real, count)
    const step = real === 'DT_FLOAT' ? Math.fround(Math.fround(last - first) / (count - 1)) : (last - first) / (count - 1)
    for (let i = 0; i < count; i++) data[i] = i === 0 ? first : i === count - 1 ? last : first + step * i
    return { dtype: real, shape: [count], data }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

const oneHot: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  typeAttribute(node, 'TI', ['DT_INT32', 'DT_INT64', 'DT_UINT8', 'DT_INT8'], 'DT_INT64')
  const wanted = node.attrs.int('axis', -1)
  return inputs => {
    const [indices, depthTensor, on, off] = inputs.map(tensorOf)
    const rank = indices.shape.length
    if (wanted !== -1 && (wanted < 0 || wanted > rank)) throw invalid(`Expected axis to be -1 or between [0, ${rank + 1}).  But received: ${wanted}`)
    for (const [name, tensor] of [['depth', depthTensor], ['on_value', on], ['off_value', off]] as const) {
      if (tensor.shape.length !== 0) throw invalid(`${name} must be a scalar, but got: ${shapeText(tensor.shape)}`)
    }
    const depth = indexOf(depthTensor, 'depth')
    if (depth < 0) throw invalid(`depth must be non-negative, got: ${depth}`)
    const axis = wanted === -1 ? rank : wanted
    const shape = [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)]
    const out = newElements(dtype, elementCount(shape))
    fillAll(out, elementsOf(off)[0])
    const inner = elementCount(indices.shape.slice(axis))
    const hot = elementsOf(on)[0]
    const places = indices.data as ArrayLike<number | bigint>
    for (let i = 0; i < places.length; i++) {
      const place = Number(places[i])
      if (place >= 0 && place < depth) out[(Math.floor(i / inner) * depth + place) * inner + i % inner] = hot
    }
    return tensorFrom(dtype, shape, out)
  }
}

export const filling: OpFamily = {
  Fill: fill,
  ZerosLike: like(() => undefined),
  OnesLike: like(oneOf),
  Range: range,
  LinSpace: linSpace,
  OneHot: oneHot
}
