// Activations: Relu to Softsign element by element, Softmax and LogSoftmax over the last axis.
import { allocate } from '../../../tensor/tensor.js'
import { throughFloat } from './half.js'
import { numberPass, passFor, unaryKernel, unaryOp, type BigPass, type NumberPass } from './unary.js'
import { bigTypes, floatTypes, halfTypes, invalid, isHalf, numbersOf, shapeText, smallIntegerTypes, tensorOf, typeAttribute, type NumberArray } from './values.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

// Math.max passes NaN on, as Eigen's max with NaN propagation does.
const relu: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.max(x[i], 0)
}
const relu6: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.min(Math.max(x[i], 0), 6)
}
const reluBig: BigPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = x[i] < 0n ? 0n : x[i]
}
const sigmoid: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = 1 / (1 + Math.exp(-x[i]))
}
const tanh: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.tanh(x[i])
}
const elu = (x: number): number => x < 0 ? Math.expm1(x) : x
// Source: Klambauer et al., Self-Normalizing Neural Networks; the digits of TensorFlow's functor::Selu.
const seluScale = 1.0507009873554804934193349852946
const seluScaleAlpha = 1.7580993408473768599402175208123
const selu = (x: number): number => x < 0 ? seluScaleAlpha * Math.expm1(x) : seluScale * x
const softplus = (x: number): number => x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))

const leakyRelu: Op = node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes], 'DT_FLOAT')
  const alpha = Math.fround(node.attrs.float('alpha', 0.2))
  const kernel = unaryKernel(numberPass(x => x > 0 ? x : x * alpha), isHalf(dtype) ? 'DT_FLOAT' : dtype)
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

type RowPass = (x: NumberArray, start: number, end: number, out: NumberArray) => void

const softmaxRow: RowPass = (x, start, end, out) => {
  let max = -Infinity
  for (let i = start; i < end; i++) max = Math.max(max, x[i])
  let sum = 0
  for (let i = start; i < end; i++) sum += out[i] = Math.exp(x[i] - max)
  for (let i = start; i < end; i++) out[i] /= sum
}

const logSoftmaxRow: RowPass = (x, start, end, out) => {
  let max = -Infinity
  for (let i = start; i < end; i++) max = Math.max(max, x[i])
  let sum = 0
  for (let i = start; i < end; i++) sum += Math.exp(x[i] - max)
  const log = Math.log(sum)
  for (let i = start; i < end; i++) out[i] = x[i] - max - log
}

/** Over the last axis; TensorFlow wants at least a vector. */
const rowwise = (pass: RowPass): Op => node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes])
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const logits = tensorOf(inputs[0])
    if (logits.shape.length < 1) throw invalid(`logits must have >= 1 dimension, got ${shapeText(logits.shape)}`)
    const x = numbersOf(logits)
    const width = logits.shape[logits.shape.length - 1]
    const data = allocate(real, x.length) as NumberArray
    for (let start = 0; start < x.length; start += width) pass(x, start, start + width, data)
    return { dtype: real, shape: logits.shape, data }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

export const activation: OpFamily = {
  Relu: unaryOp({ ...passFor([...floatTypes, ...smallIntegerTypes], relu), ...passFor(bigTypes, reluBig) }),
  Relu6: unaryOp({ ...passFor([...floatTypes, ...smallIntegerTypes], relu6), ...passFor(bigTypes, ((x, out, count) => {
    for (let i = 0; i < count; i++) out[i] = x[i] < 0n ? 0n : x[i] > 6n ? 6n : x[i]
  }) as BigPass) }),
  LeakyRelu: leakyRelu,
  Elu: unaryOp(passFor(floatTypes, numberPass(elu))),
  Selu: unaryOp(passFor(floatTypes, numberPass(selu))),
  Softplus: unaryOp(passFor(floatTypes, numberPass(softplus))),
  Softsign: unaryOp(passFor(floatTypes, numberPass(x => x / (1 + Math.abs(x))))),
  Sigmoid: unaryOp(passFor(floatTypes, sigmoid)),
  Tanh: unaryOp(passFor(floatTypes, tanh)),
  Softmax: rowwise(softmaxRow),
  LogSoftmax: rowwise(logSoftmaxRow)
}
