// Mathematical functions of one number, and the tests for NaN and infinities. Arithmetic in double, rounded once to the output's type.
import { roundEven } from './half.js'
import { erf, erfc, erfinv, lgamma, digamma } from './special.js'
import { bigPass, numberPass, passFor, unaryOp, type NumberPass, type PassesByType } from './unary.js'
import { bigTypes, floatTypes, smallIntegerTypes } from './values.js'
import type { Op, OpFamily } from '../kernel.js'

// Hot in models, so each has a loop of its own.
const sqrt: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.sqrt(x[i])
}
const rsqrt: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = 1 / Math.sqrt(x[i])
}
const exp: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.exp(x[i])
}
const square: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = x[i] * x[i]
}
const negate: NumberPass = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = -x[i]
}

const real = (f: (x: number) => number): Op => unaryOp(passFor(floatTypes, numberPass(f)))
/** The same for every number type. */
const every = (f: (x: number) => number, big: (x: bigint) => bigint): PassesByType => ({
  ...passFor([...floatTypes, ...smallIntegerTypes], numberPass(f)),
  ...passFor(bigTypes, bigPass(big))
})
const same = every(x => x, x => x)
const test = (f: (x: number) => boolean): Op => unaryOp(passFor(floatTypes, numberPass(x => f(x) ? 1 : 0)), { result: 'DT_BOOL' })
const signOfBig = (x: bigint): bigint => x > 0n ? 1n : x < 0n ? -1n : 0n
/** Also right where the type has no negative zero: integers come in as they are. */
const absolute = every(Math.abs, x => x < 0n ? -x : x)

export const math: OpFamily = {
  Abs: unaryOp(absolute),
  Neg: unaryOp({ ...passFor([...floatTypes, ...smallIntegerTypes], negate), ...passFor(bigTypes, bigPass(x => -x)) }),
  Sign: unaryOp(every(Math.sign, signOfBig)),
  Square: unaryOp({ ...passFor(floatTypes, square), ...passFor(smallIntegerTypes, numberPass(x => Math.imul(x, x))), ...passFor(bigTypes, bigPass(x => x * x)) }),
  Sqrt: unaryOp(passFor(floatTypes, sqrt)),
  Rsqrt: unaryOp(passFor(floatTypes, rsqrt)),
  Exp: unaryOp(passFor(floatTypes, exp)),
  Expm1: real(Math.expm1),
  Log: real(Math.log),
  Log1p: real(Math.log1p),
  Reciprocal: real(x => 1 / x),
  Inv: real(x => 1 / x),
  Floor: unaryOp({ ...same, ...passFor(floatTypes, numberPass(Math.floor)) }),
  Ceil: unaryOp({ ...same, ...passFor(floatTypes, numberPass(Math.ceil)) }),
  // TensorFlow's Round makes 0 of the integer 1; nobody can want that, and nobody may get another answer, so integers are refused.
  Round: real(roundEven),
  Rint: real(roundEven),
  Sin: real(Math.sin),
  Cos: real(Math.cos),
  Tan: real(Math.tan),
  Asin: real(Math.asin),
  Acos: real(Math.acos),
  Atan: real(Math.atan),
  Sinh: real(Math.sinh),
  Cosh: real(Math.cosh),
  Asinh: real(Math.asinh),
  Acosh: real(Math.acosh),
  Atanh: real(Math.atanh),
  Erf: real(erf),
  Erfc: real(erfc),
  Erfinv: real(erfinv),
  Lgamma: real(lgamma),
  Digamma: real(digamma),
  IsNan: test(Number.isNaN),
  IsInf: test(x => x === Infinity || x === -Infinity),
  IsFinite: test(Number.isFinite)
}
