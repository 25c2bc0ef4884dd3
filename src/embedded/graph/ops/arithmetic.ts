// Arithmetic on two operands: Add to Xlogy, with TensorFlow's CPU semantics for signs, overflow, zero divisors and NaN.
import { bigLoop, binaryOp, forTypes, numberLoop, type BigLoop, type LoopsByType, type NumberLoop } from './binary.js'
import { ModelError } from '../../formats/format.js'
import { bigTypes, floatTypes, invalid, smallIntegerTypes } from './values.js'
import type { OpFamily } from '../kernel.js'

// The hot ones are written out so that each has a loop of its own that the compiler can specialise.
const add: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = a[ai] + b[bi]
}
const sub: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = a[ai] - b[bi]
}
const mul: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = a[ai] * b[bi]
}
const mulInt: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = Math.imul(a[ai], b[bi])
}
const div: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = a[ai] / b[bi]
}
const squaredDifference: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) {
    out[oi + i] = a[ai] - b[bi]
    out[oi + i] *= out[oi + i]
  }
}
const maximum: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = Math.max(a[ai], b[bi])
}
const minimum: NumberLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = Math.min(a[ai], b[bi])
}
const addBig: BigLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = a[ai] + b[bi]
}
const subBig: BigLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = a[ai] - b[bi]
}
const mulBig: BigLoop = (a, ai, as, b, bi, bs, out, oi, count) => {
  for (let i = 0; i < count; i++, ai += as, bi += bs) out[oi + i] = a[ai] * b[bi]
}

const real = (f: (x: number, y: number) => number): LoopsByType => forTypes(floatTypes, numberLoop(f))
const whole = (f: (x: number, y: number) => number): LoopsByType => forTypes(smallIntegerTypes, numberLoop(f))
const big = (f: (x: bigint, y: bigint) => bigint): LoopsByType => forTypes(bigTypes, bigLoop(f))

const divisionByZero = (): never => { throw invalid('Integer division by zero') }

/** TruncateDiv and TruncateMod meet the same fault, but TensorFlow's kernels for them were not told of it. */
const unexpectedZero = (): never => { throw new ModelError(13, 'Unexpected error in binary operator (only integer div and mod should have errors)') }

const truncateDiv = (fault: () => never): LoopsByType => ({
  ...whole((x, y) => y === 0 ? fault() : Math.trunc(x / y)),
  ...big((x, y) => y === 0n ? fault() : x / y)
})
const truncateMod = (fault: () => never): LoopsByType => ({
  ...whole((x, y) => y === 0 ? fault() : x % y),
  ...big((x, y) => y === 0n ? fault() : x % y)
})
const floorDivBig = (x: bigint, y: bigint): bigint => {
  if (y === 0n) divisionByZero()
  return x % y !== 0n && (x < 0n) !== (y < 0n) ? x / y - 1n : x / y
}
const floorModBig = (x: bigint, y: bigint): bigint => {
  if (y === 0n) divisionByZero()
  const rest = x % y
  return rest !== 0n && (rest < 0n) !== (y < 0n) ? rest + y : rest
}
/** The rest has the divisor's sign, as fmod corrected once. */
const floorMod = (x: number, y: number): number => {
  const rest = x % y
  return rest !== 0 && (rest < 0) !== (y < 0) ? rest + y : rest
}
const floorModInt = (x: number, y: number): number => y === 0 ? divisionByZero() : floorMod(x, y)

const negativePower = (): never => { throw invalid('Integers to negative integer powers are not allowed') }
const modPower = (x: bigint, y: bigint): bigint => {
  if (y < 0n) negativePower()
  let power = 1n
  for (let base = x, left = y; left > 0n; left >>= 1n, base = BigInt.asIntN(64, base * base)) {
    if ((left & 1n) === 1n) power = BigInt.asIntN(64, power * base)
  }
  return power
}
const intPower = (x: number, y: number): number => Number(BigInt.asIntN(32, modPower(BigInt(x), BigInt(y))))
/** C's pow: one to any power and anything to the power zero is 1, where JavaScript says NaN for 1 ** NaN and (-1) ** ±Infinity. */
const realPower = (x: number, y: number): number => x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : x ** y

export const arithmetic: OpFamily = {
  Add: binaryOp({ ...forTypes([...floatTypes, ...smallIntegerTypes], add), ...forTypes(bigTypes, addBig) }),
  AddV2: binaryOp({ ...forTypes([...floatTypes, ...smallIntegerTypes], add), ...forTypes(bigTypes, addBig) }),
  Sub: binaryOp({ ...forTypes([...floatTypes, ...smallIntegerTypes], sub), ...forTypes(bigTypes, subBig) }),
  Mul: binaryOp({ ...forTypes(floatTypes, mul), ...forTypes(smallIntegerTypes, mulInt), ...forTypes(bigTypes, mulBig) }),
  Div: binaryOp({ ...forTypes(floatTypes, div), ...truncateDiv(divisionByZero) }),
  RealDiv: binaryOp(forTypes(floatTypes, div)),
  TruncateDiv: binaryOp(truncateDiv(unexpectedZero)),
  FloorDiv: binaryOp({ ...real((x, y) => Math.floor(Math.fround(x / y))), ...whole((x, y) => y === 0 ? divisionByZero() : Math.floor(x / y)), ...big(floorDivBig) }, { halves: false }),
  FloorMod: binaryOp({ ...real(floorMod), ...whole(floorModInt), ...big(floorModBig) }, { halves: false }),
  Mod: binaryOp({ ...real((x, y) => x % y), ...truncateMod(divisionByZero) }),
  TruncateMod: binaryOp({ ...real((x, y) => x % y), ...truncateMod(unexpectedZero) }),
  DivNoNan: binaryOp(real((x, y) => y === 0 ? 0 : x / y)),
  MulNoNan: binaryOp(real((x, y) => y === 0 ? 0 : x * y)),
  Pow: binaryOp({ ...real(realPower), ...whole(intPower), ...big(modPower) }),
  Maximum: binaryOp({ ...forTypes([...floatTypes, ...smallIntegerTypes], maximum), ...big((x, y) => x > y ? x : y) }),
  Minimum: binaryOp({ ...forTypes([...floatTypes, ...smallIntegerTypes], minimum), ...big((x, y) => x < y ? x : y) }),
  SquaredDifference: binaryOp({
    ...forTypes(floatTypes, squaredDifference),
    ...whole((x, y) => Math.imul(x - y, x - y)),
    ...big((x, y) => (x - y) * (x - y))
  }),
  Atan2: binaryOp(real(Math.atan2)),
  Xdivy: binaryOp(real((x, y) => x === 0 ? 0 : x / y)),
  Xlogy: binaryOp(real((x, y) => x === 0 ? 0 : x * Math.log(y))),
  Xlog1py: binaryOp(real((x, y) => x === 0 ? 0 : x * Math.log1p(y)))
}
