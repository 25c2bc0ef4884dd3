// Unary element by element: the frame that turns loops into ops. Knows no function.
import { allocate, type NumericData } from '../../../tensor/tensor.js'
import { throughFloat } from './half.js'
import { isHalf, tensorOf, type BigArray, type NumberArray } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Kernel, Op } from '../kernel.js'

export type NumberPass = (x: NumberArray, out: NumberArray, count: number) => void
export type BigPass = (x: BigArray, out: BigArray, count: number) => void

/** A pass from a function of one number, for what is not hot. */
export const numberPass = (f: (x: number) => number): NumberPass => (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = f(x[i])
}
export const bigPass = (f: (x: bigint) => bigint): BigPass => (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = f(x[i])
}

export type PassesByType = Partial<Record<DType, NumberPass | BigPass>>

export function passFor (types: readonly DType[], pass: NumberPass | BigPass): PassesByType {
  return Object.fromEntries(types.map(dtype => [dtype, pass]))
}

/** An op whose pass is chosen by attribute T; halves go through float32. `result` is the output's type, T when absent. */
export function unaryOp (passes: PassesByType, options: { result?: DType } = {}): Op {
  return node => {
    const dtype = node.attrs.dtype('T')
    const half = isHalf(dtype)
    const pass = passes[half ? 'DT_FLOAT' : dtype]
    if (pass === undefined) return node.unimplemented(`T=${dtype}`)
    const kernel = unaryKernel(pass, options.result ?? (half ? 'DT_FLOAT' : dtype))
    return half ? throughFloat(dtype, kernel) : kernel
  }
}

export function unaryKernel (pass: NumberPass | BigPass, result: DType): Kernel {
  const run = pass as (x: NumericData, out: NumericData, count: number) => void
  return inputs => {
    const { shape, data: x } = tensorOf(inputs[0])
    const data = allocate(result, x.length)
    run(x as NumericData, data, x.length)
    return { dtype: result, shape, data }
  }
}
