// Running sums and products along an axis: Cumsum and Cumprod.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { bigTypes, floatTypes, indexOf, invalid, isBig, isFloat, smallIntegerTypes, tensorOf, typeAttribute } from './values.js'
import type { Op, OpFamily } from '../kernel.js'

type Step = (sum: number, x: number) => number

/** `step` takes numbers or bigints; the running value is rounded or wrapped to the type by storing it. */
const cumulative = (step: Step, integerStep: Step, start: number): Op => node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...smallIntegerTypes, ...bigTypes])
  typeAttribute(node, 'Tidx', ['DT_INT32', 'DT_INT64'], 'DT_INT32')
  const exclusive = node.attrs.bool('exclusive', false)
  const reverse = node.attrs.bool('reverse', false)
  const run = isFloat(dtype) || isBig(dtype) ? step : integerStep
  const first = (isBig(dtype) ? BigInt(start) : start) as number
  return inputs => {
    const { shape, data } = tensorOf(inputs[0])
    const wanted = indexOf(tensorOf(inputs[1]), 'axis')
    if (wanted < -shape.length || wanted >= shape.length) throw invalid(`ScanOp: Expected scan axis in the range [${-shape.length}, ${shape.length}), but got ${wanted}`)
    const axis = wanted < 0 ? wanted + shape.length : wanted
    const inner = elementCount(shape.slice(axis + 1))
    const length = shape[axis]
    const out = allocate(dtype, data.length)
    for (let line = 0; line < data.length / length; line++) {
      const begin = Math.floor(line / inner) * length * inner + line % inner
      const [from, by] = reverse ? [begin + (length - 1) * inner, -inner] : [begin, inner]
      scan(data as NumericData, out, from, by, length, exclusive, run, first)
    }
    return { dtype, shape, data: out }
  }
}

function scan (data: NumericData, out: NumericData, from: number, by: number, length: number, exclusive: boolean, step: Step, first: number): void {
  const x = data as Float64Array
  const y = out as Float64Array
  let sum = first
  for (let i = 0, at = from; i < length; i++, at += by) {
    y[at] = sum
    const next = step(sum, x[at])
    if (!exclusive) y[at] = next
    sum = next
  }
}

export const cumulatives: OpFamily = {
  Cumsum: cumulative((sum, x) => sum + x, (sum, x) => (sum + x) | 0, 0),
  Cumprod: cumulative((product, x) => product * x, Math.imul, 1)
}
