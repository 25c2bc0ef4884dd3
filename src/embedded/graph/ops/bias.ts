// BiasAdd: a vector added along the channels, which are the last axis here.
import { allocate } from '../../../tensor/tensor.js'
import { bigTypes, bigsOf, floatTypes, halfTypes, invalid, isBig, isHalf, numbersOf, shapeText, smallIntegerTypes, tensorOf, typeAttribute, type BigArray, type NumberArray } from './values.js'
import { throughFloat } from './half.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

const biasAdd = (attributes: 'with layout' | 'plain'): Op => node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes, ...smallIntegerTypes, ...bigTypes])
  if (attributes === 'with layout') {
    const layout = node.attrs.string('data_format', 'NHWC')
    if (layout !== 'NHWC') node.unimplemented(`data_format=${layout}`)
  }
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const value = tensorOf(inputs[0])
    const bias = tensorOf(inputs[1])
    if (value.shape.length < 2) throw invalid(`Input tensor must be at least 2D: ${shapeText(value.shape)}`)
    if (bias.shape.length !== 1) throw invalid(`Biases must be 1D: ${shapeText(bias.shape)}`)
    const channels = value.shape[value.shape.length - 1]
    if (bias.shape[0] !== channels) {
      throw invalid(`Must provide as many biases as the last dimension of the input tensor: ${shapeText(bias.shape)} vs. ${shapeText(value.shape)}`)
    }
    const data = allocate(real, value.data.length)
    if (isBig(real)) addBigs(bigsOf(value), bigsOf(bias), data as BigArray, channels)
    else addNumbers(numbersOf(value), numbersOf(bias), data as NumberArray, channels)
    return { dtype: real, shape: value.shape, data }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

function addNumbers (x: NumberArray, bias: NumberArray, out: NumberArray, channels: number): void {
  for (let i = 0; i < x.length; i += channels) for (let c = 0; c < channels; c++) out[i + c] = x[i + c] + bias[c]
}

function addBigs (x: BigArray, bias: BigArray, out: BigArray, channels: number): void {
  for (let i = 0; i < x.length; i += channels) for (let c = 0; c < channels; c++) out[i + c] = x[i + c] + bias[c]
}

export const bias: OpFamily = {
  BiasAdd: biasAdd('with layout'),
  BiasAddV1: biasAdd('plain')
}
