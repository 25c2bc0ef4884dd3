// Reductions over axes: Sum to Any, with TensorFlow's answers for nothing to reduce. Sums of floats are kept in double.
import { allocate, elementCount, type NumericData, type Tensor } from '../../../tensor/tensor.js'
import { eachRow } from './broadcast.js'
import { throughFloat } from './half.js'
import { axisOf, bigTypes, floatTypes, halfTypes, indicesOf, invalid, isBig, isFloat, isHalf, smallIntegerTypes, tensorOf, typeAttribute, type BigArray, type NumberArray, type Shape } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

/** Folds `count` elements of x from `from` into the sums at `at`: all into one when `step` is 0, each into its own when it is 1. */
type Fold<A> = (sums: A, at: number, step: number, x: A, from: number, count: number) => void

interface Reduction {
  readonly numbers: Fold<NumberArray>
  readonly bigs: Fold<BigArray>
  /** What an empty reduction gives. */
  readonly start: (dtype: DType) => number | bigint
}

const sumNumbers: Fold<NumberArray> = (sums, at, step, x, from, count) => {
  if (step === 1) {
    for (let i = 0; i < count; i++) sums[at + i] += x[from + i]
    return
  }
  let sum = sums[at]
  for (let i = 0; i < count; i++) sum += x[from + i]
  sums[at] = sum
}

const foldNumbers = (f: (sum: number, x: number) => number): Fold<NumberArray> => (sums, at, step, x, from, count) => {
  for (let i = 0; i < count; i++, at += step) sums[at] = f(sums[at], x[from + i])
}

const foldBigs = (f: (sum: bigint, x: bigint) => bigint): Fold<BigArray> => (sums, at, step, x, from, count) => {
  for (let i = 0; i < count; i++, at += step) sums[at] = f(sums[at], x[from + i])
}

/** Least and greatest value of a type, infinities for floats. */
function limits (dtype: DType): readonly [number | bigint, number | bigint] {
  if (isFloat(dtype)) return [-Infinity, Infinity]
  const bits = BigInt(allocate(dtype, 0).BYTES_PER_ELEMENT * 8)
  const signed = !dtype.startsWith('DT_U')
  const low = signed ? -(1n << (bits - 1n)) : 0n
  const high = (signed ? 1n << (bits - 1n) : 1n << bits) - 1n
  return isBig(dtype) ? [low, high] : [Number(low), Number(high)]
}

const sum: Reduction = { numbers: sumNumbers, bigs: foldBigs((s, x) => s + x), start: dtype => isBig(dtype) ? 0n : 0 }
const product: Reduction = { numbers: foldNumbers((s, x) => s * x), bigs: foldBigs((s, x) => s * x), start: dtype => isBig(dtype) ? 1n : 1 }
const integerProduct: Reduction = { ...product, numbers: foldNumbers(Math.imul) }
const max: Reduction = { numbers: foldNumbers(Math.max), bigs: foldBigs((s, x) => x > s ? x : s), start: dtype => limits(dtype)[0] }
const min: Reduction = { numbers: foldNumbers(Math.min), bigs: foldBigs((s, x) => x < s ? x : s), start: dtype => limits(dtype)[1] }
const all: Reduction = { ...sum, numbers: foldNumbers((s, x) => s & x), start: () => 1 }
const any: Reduction = { ...sum, numbers: foldNumbers((s, x) => s | x), start: () => 0 }
const squares: Reduction = { ...sum, numbers: foldNumbers((s, x) => s + x * x) }

/** The shape with every reduced axis made 1. Throws INVALID_ARGUMENT for an axis out of range or named twice. */
function reducedShape (shape: Shape, axes: readonly number[]): number[] {
  const kept = [...shape]
  const seen = new Set<number>()
  for (const axis of axes) {
    const at = axisOf(axis, shape.length)
    if (at === undefined) throw invalid(`Invalid reduction dimension (${axis} for input with ${shape.length} dimension(s)`)
    if (seen.has(at)) throw invalid(`Invalid reduction arguments: Axes contains duplicate dimension: ${at}`)
    seen.add(at)
    kept[at] = 1
  }
  return kept
}

/** `finish` turns a sum over `count` elements into the result. */
function reduce (tensor: Tensor, axes: readonly number[], keepDims: boolean, dtype: DType, reduction: Reduction, finish?: (sums: NumericData, count: number) => void): Tensor {
  const kept = reducedShape(tensor.shape, axes)
  const dropped = new Set(axes.map(axis => axis < 0 ? axis + tensor.shape.length : axis))
  const shape = keepDims ? kept : tensor.shape.filter((_, i) => !dropped.has(i))
  const outputs = elementCount(kept)
  const sums: NumericData = isFloat(dtype) ? new Float64Array(outputs) : allocate(dtype, outputs)
  ;(sums as { fill: (value: number | bigint) => void }).fill(reduction.start(dtype))
  const fold = (isBig(dtype) ? reduction.bigs : reduction.numbers) as Fold<NumericData>
  const x = tensor.data as NumericData
  eachRow(tensor.shape, [kept, tensor.shape], (offsets, strides, _target, count) => fold(sums, offsets[0], strides[0], x, offsets[1], count))
  // The kept shape drops axes of size one from the walk, so both run alike there.
  finish?.(sums, outputs === 0 ? 0 : x.length / outputs)
  return { dtype, shape, data: dtype === 'DT_FLOAT' ? Float32Array.from(sums as Float64Array) : sums }
}

const reductionOp = (types: readonly DType[], reductionFor: (dtype: DType) => Reduction, finish?: (sums: NumericData, count: number) => void): Op => node => {
  const dtype = node.attrs.has('T') || types[0] !== 'DT_BOOL' ? typeAttribute(node, 'T', types) : 'DT_BOOL'
  const keepDims = node.attrs.bool('keep_dims', false)
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const reduction = reductionFor(real)
  const kernel: Kernel = inputs => {
    const tensor = tensorOf(inputs[0])
    const axes = indicesOf(tensorOf(inputs[1]))
    if (axes.length === 0 && finish === undefined) {
      return { ...tensor, dtype: real }
    }
    return reduce(tensor, axes, keepDims, real, reduction, finish)
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

const divide = (sums: NumericData, count: number): void => {
  const values = sums as NumberArray
  for (let i = 0; i < values.length; i++) values[i] /= count
}
const root = (sums: NumericData): void => {
  const values = sums as NumberArray
  for (let i = 0; i < values.length; i++) values[i] = Math.sqrt(values[i])
}

const reals = [...floatTypes, ...halfTypes]
const numbers = [...reals, ...smallIntegerTypes, ...bigTypes]

/** Half the sum of squares of all elements. */
const l2Loss: Op = node => {
  const dtype = typeAttribute(node, 'T', reals)
  const real = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const kernel: Kernel = inputs => {
    const tensor = tensorOf(inputs[0])
    return reduce(tensor, tensor.shape.map((_, i) => i), false, real, squares, sums => { (sums as NumberArray)[0] /= 2 })
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

export const reduction: OpFamily = {
  Sum: reductionOp(numbers, () => sum),
  Mean: reductionOp(reals, () => sum, divide),
  Prod: reductionOp(numbers, dtype => isFloat(dtype) ? product : integerProduct),
  Max: reductionOp(numbers, () => max),
  Min: reductionOp(numbers, () => min),
  EuclideanNorm: reductionOp(reals, () => squares, root),
  All: reductionOp(['DT_BOOL'], () => all),
  Any: reductionOp(['DT_BOOL'], () => any),
  L2Loss: l2Loss
}
