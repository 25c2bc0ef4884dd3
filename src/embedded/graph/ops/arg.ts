// Positions of extremes: ArgMax and ArgMin. The first of equals wins, and NaN never does.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { unpackHalves } from './half.js'
import { axisOf, bigTypes, floatTypes, halfTypes, indexOf, invalid, isBig, isHalf, shapeText, smallIntegerTypes, tensorOf, typeAttribute } from './values.js'
import type { Op, OpFamily } from '../kernel.js'

const argExtreme = (greatest: boolean): Op => node => {
  const dtype = typeAttribute(node, 'T', [...floatTypes, ...halfTypes, ...smallIntegerTypes, ...bigTypes, 'DT_BOOL'])
  const outputType = typeAttribute(node, 'output_type', ['DT_INT32', 'DT_INT64', 'DT_INT16', 'DT_UINT16'], 'DT_INT64')
  return inputs => {
    const { shape, data } = tensorOf(inputs[0])
    const wanted = indexOf(tensorOf(inputs[1]), 'dim')
    const axis = axisOf(wanted, shape.length)
    if (axis === undefined) throw invalid(`Expected dimension in the range [${-shape.length}, ${shape.length}), but got ${wanted}`)
    const length = shape[axis]
    if (length === 0) throw invalid(`Reduction axis ${wanted} is empty in shape ${shapeText(shape)}`)
    const inner = elementCount(shape.slice(axis + 1))
    const outer = elementCount(shape.slice(0, axis))
    const x = (isHalf(dtype) ? unpackHalves(dtype, data as Uint16Array) : data) as NumericData
    const places = new Float64Array(outer * inner)
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        places[o * inner + i] = position(x, o * length * inner + i, inner, length, greatest)
      }
    }
    const out = allocate(outputType, places.length)
    for (let i = 0; i < places.length; i++) out[i] = isBig(outputType) ? BigInt(places[i]) as never : places[i]
    return { dtype: outputType, shape: shape.filter((_, i) => i !== axis), data: out }
  }
}

/** Comparing works alike for numbers and bigints. */
function position (data: NumericData, start: number, step: number, length: number, greatest: boolean): number {
  const x = data as Float64Array
  let best = NaN
  let found = -1
  for (let i = 0, at = start; i < length; i++, at += step) {
    const value = x[at]
     
    if (found === -1 ? value === value : greatest ? value > best : value < best) {
      best = value
      found = i
    }
  }
  return Math.max(found, 0)
}

export const arg: OpFamily = { ArgMax: argExtreme(true), ArgMin: argExtreme(false) }
