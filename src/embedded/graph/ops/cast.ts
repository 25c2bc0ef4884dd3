// Cast between all element types, with the values that x86 gives where C++ leaves them open: what does not fit becomes the least integer.
import { allocate, type NumericData } from '../../../tensor/tensor.js'
import { packHalves, unpackHalves } from './half.js'
import { isBig, isFloat, isHalf, tensorOf, type BigArray, type NumberArray } from './values.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Op, OpFamily } from '../kernel.js'

const known: readonly DType[] = ['DT_FLOAT', 'DT_DOUBLE', 'DT_HALF', 'DT_BFLOAT16', 'DT_BOOL', 'DT_INT8', 'DT_INT16', 'DT_INT32', 'DT_INT64', 'DT_UINT8', 'DT_UINT16', 'DT_UINT32', 'DT_UINT64']

/** Values of any known type become numbers, or bigints for 64-bit integers. */
type Convert = (from: NumericData, to: NumericData) => void

const plain: Convert = (from, to) => (to as NumberArray).set(from as NumberArray)

/** The conversion instruction's answer for NaN and for what does not fit. */
const leastInt32 = -(2 ** 31)
const leastInt64 = -(2n ** 63n)
const toInt32 = (value: number): number => value > -2147483649 && value < 2147483648 ? Math.trunc(value) : leastInt32
const toInt64 = (value: number): bigint => value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : leastInt64
/** Above 2**63 the compiler's code subtracts 2**63, converts and flips the sign bit. */
const toUint64 = (value: number): bigint => value < 2 ** 63 || Number.isNaN(value) ? toInt64(value) : toInt64(value - 2 ** 63) ^ leastInt64

function each (f: (value: number) => number): Convert {
  return (from, to) => {
    const x = from as NumberArray
    const out = to as NumberArray
    for (let i = 0; i < x.length; i++) out[i] = f(x[i])
  }
}

const bigFrom = (f: (value: number) => bigint): Convert => (from, to) => {
  const x = from as NumberArray
  const out = to as BigArray
  for (let i = 0; i < x.length; i++) out[i] = f(x[i])
}

const numberFromBig: Convert = (from, to) => {
  const x = from as BigArray
  const out = to as NumberArray
  for (let i = 0; i < x.length; i++) out[i] = Number(x[i])
}

/** float32 of a 64-bit integer is rounded once: by way of a double it would be rounded twice. */
const floatFromBig: Convert = (from, to) => {
  const x = from as BigArray
  const out = to as NumberArray
  for (let i = 0; i < x.length; i++) out[i] = oddRounded(x[i])
}

/** A double next to the integer whose further rounding to float32 gives the right float32. */
function oddRounded (value: bigint): number {
  const size = value < 0n ? -value : value
  if (size < 9007199254740992n) return Number(value)
  // Below the 40 leading bits a single sticky bit stands for all that is cut off.
  const shift = BigInt(size.toString(2).length - 40)
  const sticky = (size >> shift << shift) === size ? 0n : 1n
  const rounded = Number((size >> shift | sticky) << shift)
  return value < 0n ? -rounded : rounded
}

const wrapBig: Convert = (from, to) => {
  const x = from as BigArray
  const out = to as NumberArray
  for (let i = 0; i < x.length; i++) out[i] = Number(BigInt.asIntN(32, x[i]))
}

const bigToBig: Convert = (from, to) => {
  const x = from as BigArray
  const out = to as BigArray
  for (let i = 0; i < x.length; i++) out[i] = x[i]
}

const bigToBool: Convert = (from, to) => {
  const x = from as BigArray
  const out = to as NumberArray
  for (let i = 0; i < x.length; i++) out[i] = x[i] === 0n ? 0 : 1
}

/** From float types (halves come as float32) or integers of up to 32 bits to any type but halves. */
function fromNumbers (real: boolean, to: DType): Convert {
  if (to === 'DT_BOOL') return each(value => value === 0 ? 0 : 1)
  if (isFloat(to) || (!real && !isBig(to))) return plain
  if (!real) return bigFrom(BigInt)
  if (to === 'DT_INT64') return bigFrom(toInt64)
  if (to === 'DT_UINT64') return bigFrom(toUint64)
  // Unsigned 32 bits are the low half of a 64-bit conversion; smaller integers the low bits of a 32-bit one.
  return to === 'DT_UINT32' ? each(value => Number(BigInt.asUintN(32, toInt64(value)))) : each(toInt32)
}

function fromBigs (to: DType): Convert {
  if (to === 'DT_BOOL') return bigToBool
  if (to === 'DT_DOUBLE') return numberFromBig
  if (to === 'DT_FLOAT') return floatFromBig
  return isBig(to) ? bigToBig : wrapBig
}

const cast: Op = node => {
  const from = node.attrs.dtype('SrcT')
  const to = node.attrs.dtype('DstT')
  if (!known.includes(from)) node.unimplemented(`SrcT=${from}`)
  if (!known.includes(to)) node.unimplemented(`DstT=${to}`)
  if (node.attrs.bool('Truncate', false) && (isHalf(to) || to === 'DT_FLOAT')) node.unimplemented('Truncate=true')
  if (from === to) return ([input]) => input
  const target: DType = isHalf(to) ? 'DT_FLOAT' : to
  const convert = isBig(from) ? fromBigs(target) : fromNumbers(isFloat(from) || isHalf(from), target)
  return inputs => {
    const { shape, data } = tensorOf(inputs[0])
    const source = isHalf(from) ? unpackHalves(from, data as Uint16Array) : data as NumericData
    const out = allocate(target, source.length)
    convert(source, out)
    return { dtype: to, shape, data: isHalf(to) ? packHalves(to, out as Float32Array) : out }
  }
}

export const casts: OpFamily = { Cast: cast }
