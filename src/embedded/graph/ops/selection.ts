// Choosing between tensors element by element: Select, SelectV2, ClipByValue, and AddN beside them as the other op of many operands.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { broadcastShape, eachRow } from './broadcast.js'
import { throughFloat } from './half.js'
import { bigTypes, copyElements, elementsOf, floatTypes, halfTypes, invalid, isHalf, movableTypes, newElements, numbersOf, sameShape, shapeText, smallIntegerTypes, tensorFrom, tensorOf, typeAttribute } from './values.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

/** The old form: no broadcasting, but a scalar or a vector over the first axis as the condition. */
const select: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const condition = tensorOf(inputs[0])
    const yes = tensorOf(inputs[1])
    const no = tensorOf(inputs[2])
    if (!sameShape(yes.shape, no.shape)) {
      throw invalid(`Inputs to operation ${node.name} of type Select must have the same size and shape.  Input 0: ${shapeText(yes.shape)} != input 2: ${shapeText(no.shape)}`)
    }
    const flags = numbersOf(condition)
    if (condition.shape.length === 0) return flags[0] !== 0 ? yes : no
    const count = elementCount(yes.shape)
    let run = 1
    if (!sameShape(condition.shape, yes.shape)) {
      if (condition.shape.length !== 1 || yes.shape.length < 1) throw invalid(`'cond' must be a scalar, a vector, or of the shape of 'then', but saw shapes: ${shapeText(condition.shape)} and ${shapeText(yes.shape)}`)
      if (condition.shape[0] !== yes.shape[0]) throw invalid(`Number of batches of 'then' must match size of 'cond', but saw: ${yes.shape[0]} vs. ${condition.shape[0]}`)
      run = elementCount(yes.shape.slice(1))
    }
    const out = newElements(dtype, count)
    for (let i = 0; i < flags.length; i++) copyElements(elementsOf(flags[i] !== 0 ? yes : no), i * run, out, i * run, run)
    return tensorFrom(dtype, yes.shape, out)
  }
}

const selectV2: Op = node => {
  const dtype = typeAttribute(node, 'T', movableTypes)
  return inputs => {
    const tensors = inputs.map(tensorOf)
    const all = tensors.map(tensor => tensor.shape)
    const shape = broadcastShape(all)
    if (shape === undefined) {
      throw invalid(`condition ${shapeText(all[0])}, then ${shapeText(all[1])}, and else ${shapeText(all[2])} must be broadcastable`)
    }
    const flags = numbersOf(tensors[0])
    const yes = elementsOf(tensors[1])
    const no = elementsOf(tensors[2])
    const out = newElements(dtype, elementCount(shape))
    eachRow(shape, all, (offsets, strides, target, count) => {
      let [f, y, n] = offsets
      const [fs, ys, ns] = strides
      for (let i = 0; i < count; i++, f += fs, y += ys, n += ns) out[target + i] = flags[f] !== 0 ? yes[y] : no[n]
    })
    return tensorFrom(dtype, shape, out)
  }
}

/** max(min(x, high), low); the limits are scalars or of x's shape. */
const clipByValue: Op = node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes, ...smallIntegerTypes, ...bigTypes])
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const [x, low, high] = inputs.map(tensorOf)
    for (const limit of [low, high]) {
      if (limit.shape.length !== 0 && !sameShape(limit.shape, x.shape)) {
        throw invalid(`clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. input shape: ${shapeText(x.shape)}clip_value_min shape: ${shapeText(low.shape)}clip_value_max shape: ${shapeText(high.shape)}`)
      }
    }
    const data = allocate(real, x.data.length)
    clip(x.data as Float32Array, low.data as Float32Array, low.shape.length === 0 ? 0 : 1, high.data as Float32Array, high.shape.length === 0 ? 0 : 1, data as Float32Array)
    return { dtype: real, shape: x.shape, data }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

/** Works for bigints as well: it only compares. */
function clip (x: Float32Array, low: Float32Array, lowStep: number, high: Float32Array, highStep: number, out: Float32Array): void {
  for (let i = 0, l = 0, h = 0; i < x.length; i++, l += lowStep, h += highStep) {
    const lowered = high[h] < x[i] ? high[h] : x[i]
    out[i] = lowered < low[l] ? low[l] : lowered
  }
}

const addN: Op = node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes, ...smallIntegerTypes, ...bigTypes])
  if (isHalf(dtype) && node.inputCount > 2) node.unimplemented(`T=${dtype} with ${node.inputCount} inputs`)
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const [first, ...others] = inputs.map(tensorOf)
    if (others.length === 0) return first
    const data = allocate(real, first.data.length)
    data.set(first.data as never)
    for (const other of others) {
      if (!sameShape(other.shape, first.shape)) throw invalid(`Inputs to operation ${node.name} of type AddN must have the same size and shape.  Input 0: ${shapeText(first.shape)} != input 1: ${shapeText(other.shape)}`)
      accumulate(data, other.data as NumericData)
    }
    return { dtype: real, shape: first.shape, data }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

function accumulate (sum: NumericData, more: NumericData): void {
  const a = sum as Float32Array
  const b = more as Float32Array
  for (let i = 0; i < a.length; i++) a[i] += b[i]
}

export const selection: OpFamily = {
  Select: select,
  SelectV2: selectV2,
  ClipByValue: clipByValue,
  AddN: addN
}
