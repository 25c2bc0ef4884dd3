// Comparisons to booleans with broadcasting. Knows no branch and no selection.
import { elementCount } from '../../../tensor/tensor.js'
import { binaryOp, forTypes, type BigTest, type LoopsByType, type NumberLoop } from './binary.js'
import { broadcastShape, eachRow } from './broadcast.js'
import { bigTypes, bytesOf, floatTypes, invalid, sameShape, shapeText, smallIntegerTypes, tensorOf } from './values.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

function compare (number: (x: number, y: number) => boolean, big: (x: bigint, y: bigint) => boolean): LoopsByType {
  const numbers: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
    for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = number(a[ai], b[bi]) ? 1 : 0
  }
  const bigs: BigTest = (a, ai, as, b, bi, bs, out, oi, count) => {
    for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = big(a[ai], b[bi]) ? 1 : 0
  }
  return { ...forTypes([...floatTypes, ...smallIntegerTypes], numbers), ...forTypes(bigTypes, bigs) }
}

const ordered = (number: (x: number, y: number) => boolean, big: (x: bigint, y: bigint) => boolean): Op =>
  binaryOp(compare(number, big), { result: 'DT_BOOL' })

/** Equal and NotEqual: also for booleans and strings; with incompatible_shape_error=false unfit shapes are simply unequal. */
const equality = (equal: boolean): Op => {
  const loops = compare((x, y) => (x === y) === equal, (x, y) => (x === y) === equal)
  const ofNumbers = binaryOp({ ...loops, DT_BOOL: loops.DT_INT8 }, { result: 'DT_BOOL' })
  return node => {
    const kernel = node.attrs.dtype('T') === 'DT_STRING' ? strings(equal) : ofNumbers(node)
    if (node.attrs.bool('incompatible_shape_error', true)) return kernel
    return (inputs, session) => broadcastShape([inputs[0].shape, inputs[1].shape]) === undefined
      ? { dtype: 'DT_BOOL', shape: [], data: Uint8Array.of(equal ? 0 : 1) }
      : kernel(inputs, session)
  }
}

const strings = (equal: boolean): Kernel => inputs => {
  const a = tensorOf(inputs[0])
  const b = tensorOf(inputs[1])
  const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShape([a.shape, b.shape])
  if (shape === undefined) throw invalid(`Incompatible shapes: ${shapeText(a.shape)} vs. ${shapeText(b.shape)}`)
  const x = bytesOf(a)
  const y = bytesOf(b)
  const data = new Uint8Array(elementCount(shape))
  eachRow(shape, [a.shape, b.shape], (offsets, strides, target, count) => {
    for (let i = 0; i < count; i++) {
      data[target + i] = (Buffer.compare(x[offsets[0] + i * strides[0]], y[offsets[1] + i * strides[1]]) === 0) === equal ? 1 : 0
    }
  })
  return { dtype: 'DT_BOOL', shape, data }
}

export const comparison: OpFamily = {
  Equal: equality(true),
  NotEqual: equality(false),
  Less: ordered((x, y) => x < y, (x, y) => x < y),
  LessEqual: ordered((x, y) => x <= y, (x, y) => x <= y),
  Greater: ordered((x, y) => x > y, (x, y) => x > y),
  GreaterEqual: ordered((x, y) => x >= y, (x, y) => x >= y)
}
