// Binary element by element with broadcasting: the frame that turns loops over rows into ops. Knows no arithmetic.
import { allocate, elementCount, type NumericData } from '../../../tensor/tensor.js'
import { broadcastShape, eachRow } from './broadcast.js'
import { throughFloat } from './half.js'
import { invalid, isHalf, sameShape, shapeText, tensorOf, type BigArray, type NumberArray } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Kernel, Op } from '../kernel.js'

/** Computes `count` results: operand a from `ai` in steps of `as` (0 or 1), b likewise, into `out` from `oi`. */
export type NumberLoop = (a: NumberArray, ai: number, as: number, b: NumberArray, bi: number, bs: number, out: NumberArray, oi: number, count: number) => void
export type BigLoop = (a: BigArray, ai: number, as: number, b: BigArray, bi: number, bs: number, out: BigArray, oi: number, count: number) => void
/** Of 64-bit integers to booleans. */
export type BigTest = (a: BigArray, ai: number, as: number, b: BigArray, bi: number, bs: number, out: NumberArray, oi: number, count: number) => void
export type AnyLoop = NumberLoop | BigLoop | BigTest

type Loop = (a: NumericData, ai: number, as: number, b: NumericData, bi: number, bs: number, out: NumericData, oi: number, count: number) => void

/** A loop from a function of two numbers, for ops that are not hot. The result is rounded to the output's type by storing it. */
export const numberLoop = (f: (x: number, y: number) => number): NumberLoop => (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = f(a[ai], b[bi])
}

export const bigLoop = (f: (x: bigint, y: bigint) => bigint): BigLoop => (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = f(a[ai], b[bi])
}

export type LoopsByType = Partial<Record<DType, AnyLoop>>

/** The same loop for several types. */
export function forTypes (types: readonly DType[], loop: AnyLoop): LoopsByType {
  return Object.fromEntries(types.map(dtype => [dtype, loop]))
}

/** An op whose loop is chosen by attribute T; halves go through the float32 loop unless `halves` is false. `result` is the output's type, T when absent. */
export function binaryOp (loops: LoopsByType, options: { result?: DType, halves?: boolean, type?: string } = {}): Op {
  return node => {
    const dtype = node.attrs.dtype(options.type ?? 'T')
    const throughHalf = isHalf(dtype) && options.halves !== false
    const loop = loops[throughHalf ? 'DT_FLOAT' : dtype]
    if (loop === undefined) return node.unimplemented(`T=${dtype}`)
    const kernel = binaryKernel(loop, options.result ?? (throughHalf ? 'DT_FLOAT' : dtype))
    return throughHalf ? throughFloat(dtype, kernel) : kernel
  }
}

/** Runs the loop over the broadcast operands. Throws INVALID_ARGUMENT with TensorFlow's text when they do not fit. */
export function binaryKernel (anyLoop: AnyLoop, result: DType): Kernel {
  const loop = anyLoop as Loop
  return inputs => {
    const a = tensorOf(inputs[0])
    const b = tensorOf(inputs[1])
    const x = a.data as NumericData
    const y = b.data as NumericData
    if (sameShape(a.shape, b.shape)) {
      const data = allocate(result, x.length)
      loop(x, 0, 1, y, 0, 1, data, 0, x.length)
      return { dtype: result, shape: a.shape, data }
    }
    const shape = broadcastShape([a.shape, b.shape])
    if (shape === undefined) throw invalid(`Incompatible shapes: ${shapeText(a.shape)} vs. ${shapeText(b.shape)}`)
    const data = allocate(result, elementCount(shape))
    if (b.shape.length === 0) loop(x, 0, 1, y, 0, 0, data, 0, x.length)
    else if (a.shape.length === 0) loop(x, 0, 0, y, 0, 1, data, 0, y.length)
    else eachRow(shape, [a.shape, b.shape], (offsets, strides, target, count) => loop(x, offsets[0], strides[0], y, offsets[1], strides[1], data, target, count))
    return { dtype: result, shape, data }
  }
}
