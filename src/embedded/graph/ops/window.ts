// How a window slides over a picture: output size and padding of convolutions and pools. Source: GetWindowedOutputSizeVerbose of tensorflow/core/framework/kernel_shape_util.cc.
import { invalid, type Shape } from './values.js'
import type { BoundNode } from '../kernel.js'

/** One spatial axis of a sliding window. */
export interface Axis {
  readonly input: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly output: number
}

/** The window's attributes, for rows and for columns. */
export interface Sliding {
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** SAME, VALID, or the counts before and after. */
  readonly padding: 'SAME' | 'VALID' | readonly [readonly [number, number], readonly [number, number]]
}

/** Reads strides, dilations, padding; refuses layouts other than NHWC and steps over batch or channels. */
export function slidingOf (node: BoundNode, dilated: boolean): Sliding {
  const { attrs } = node
  const layout = attrs.string('data_format', 'NHWC')
  if (layout !== 'NHWC') node.unimplemented(`data_format=${layout}`)
  const strides = spatial(node, 'strides', attrs.ints('strides'))
  const dilations = dilated ? spatial(node, 'dilations', attrs.ints('dilations', [1, 1, 1, 1])) : [1, 1] as const
  const padding = attrs.string('padding')
  if (padding === 'SAME' || padding === 'VALID') return { strides, dilations, padding }
  if (padding !== 'EXPLICIT') return node.unimplemented(`padding=${padding}`)
  const explicit = attrs.ints('explicit_paddings', [])
  if (explicit.length !== 8 || explicit.some(count => count < 0) || explicit[0] + explicit[1] + explicit[6] + explicit[7] !== 0) {
    return node.unimplemented(`explicit_paddings=[${explicit.join(',')}]`)
  }
  return { strides, dilations, padding: [[explicit[2], explicit[3]], [explicit[4], explicit[5]]] }
}

/** The middle two of four, of which the outer must be 1. */
export function spatial (node: BoundNode, name: string, values: readonly number[]): readonly [number, number] {
  if (values.length !== 4 || values[0] !== 1 || values[3] !== 1 || values[1] < 1 || values[2] < 1) node.unimplemented(`${name}=[${values.join(',')}]`)
  return [values[1], values[2]]
}

/** Works out rows and columns for an input of shape NHWC. Throws INVALID_ARGUMENT when the window is larger than the padded input. */
export function windowOf (sliding: Sliding, shape: Shape, kernel: readonly [number, number]): readonly [Axis, Axis] {
  return [axis(sliding, shape, kernel, 0), axis(sliding, shape, kernel, 1)]
}

function axis (sliding: Sliding, shape: Shape, kernels: readonly [number, number], i: 0 | 1): Axis {
  const input = shape[1 + i]
  const kernel = kernels[i]
  const stride = sliding.strides[i]
  const dilation = sliding.dilations[i]
  const reach = (kernel - 1) * dilation + 1
  let output: number
  let before = 0
  if (sliding.padding === 'SAME') {
    output = Math.ceil(input / stride)
    before = Math.floor(Math.max(0, (output - 1) * stride + reach - input) / 2)
  } else {
    const [front, back] = sliding.padding === 'VALID' ? [0, 0] : sliding.padding[i]
    before = front
    output = Math.floor((input + front + back - reach + stride) / stride)
  }
  if (output < 0) throw invalid(`Computed output size would be negative: ${output} [input_size: ${input}, effective_filter_size: ${reach}, stride: ${stride}]`)
  return { input, kernel, stride, dilation, before, output }
}
