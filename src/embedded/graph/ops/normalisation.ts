// Batch normalisation for inference: FusedBatchNorm and its later versions, NHWC.
import { packHalves, unpackHalves } from './half.js'
import { invalid, isHalf, numbersOf, shapeText, tensorOf, typeAttribute } from './values.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

/** How many outputs the op has; those after the first are for training and pass on what they are made of. */
const fusedBatchNorm = (outputs: 5 | 6): Op => node => {
  const dtype = typeAttribute(node, 'T', ['DT_FLOAT', 'DT_HALF', 'DT_BFLOAT16'])
  const layout = node.attrs.string('data_format', 'NHWC')
  if (layout !== 'NHWC') node.unimplemented(`data_format=${layout}`)
  if (node.attrs.bool('is_training', true)) node.unimplemented('is_training=true')
  if (isHalf(dtype) && node.attrs.dtype('U', 'DT_FLOAT') !== 'DT_FLOAT') node.unimplemented('U is not DT_FLOAT')
  const epsilon = Math.fround(node.attrs.float('epsilon', 0.0001))
  const kernel: Kernel = inputs => {
    const x = tensorOf(inputs[0])
    if (x.shape.length !== 4) throw invalid(`input must be 4 or 5-dimensional${shapeText(x.shape)}`)
    const channels = x.shape[3]
    const [scale, offset, mean, variance] = inputs.slice(1, 5).map(tensorOf)
    for (const [name, tensor] of Object.entries({ scale, offset, mean, variance })) {
      if (tensor.shape.length !== 1) throw invalid(`${name} must be 1-dimensional${shapeText(tensor.shape)}`)
      if (tensor.shape[0] !== channels) throw invalid(`${name} must have the same number of elements as the channels of x, got ${tensor.shape[0]} and ${channels}`)
    }
    const y = normalise(x, scale, offset, mean, variance, epsilon)
    const rest: Tensor[] = [mean, variance, mean, variance]
    if (outputs === 6) rest.push({ dtype: 'DT_FLOAT', shape: [0], data: new Float32Array(0) })
    return [y, ...rest]
  }
  if (!isHalf(dtype)) return kernel
  // Only x and y are halves; the channels' numbers are float32.
  return (inputs, session) => {
    const x = tensorOf(inputs[0])
    const wide: Tensor = { dtype: 'DT_FLOAT', shape: x.shape, data: unpackHalves(dtype, x.data as Uint16Array) }
    const [y, ...rest] = kernel([wide, ...inputs.slice(1)], session) as readonly Tensor[]
    return [{ dtype, shape: y.shape, data: packHalves(dtype, y.data as Float32Array) }, ...rest]
  }
}

function normalise (x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, epsilon: number): Tensor {
  const channels = scale.data.length
  const factors = new Float64Array(channels)
  const from = numbersOf(x)
  const centre = numbersOf(mean)
  const shift = numbersOf(offset)
  for (let c = 0; c < channels; c++) factors[c] = numbersOf(scale)[c] / Math.sqrt(numbersOf(variance)[c] + epsilon)
  const data = new Float32Array(from.length)
  for (let i = 0; i < from.length; i += channels) {
    for (let c = 0; c < channels; c++) data[i + c] = (from[i + c] - centre[c]) * factors[c] + shift[c]
  }
  return { dtype: 'DT_FLOAT', shape: x.shape, data }
}

export const normalisation: OpFamily = {
  FusedBatchNorm: fusedBatchNorm(5),
  FusedBatchNormV2: fusedBatchNorm(5),
  FusedBatchNormV3: fusedBatchNorm(6)
}
