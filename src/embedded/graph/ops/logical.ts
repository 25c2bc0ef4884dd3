// Logic on booleans and on the bits of integers.
import { bigLoop, binaryKernel, binaryOp, forTypes, numberLoop, type LoopsByType } from './binary.js'
import { bigPass, numberPass, passFor, unaryKernel, unaryOp } from './unary.js'
import { bigTypes, smallIntegerTypes } from './values.js'
import type { OpFamily } from '../kernel.js'

const bits = (number: (x: number, y: number) => number, big: (x: bigint, y: bigint) => bigint): LoopsByType => ({
  ...forTypes(smallIntegerTypes, numberLoop(number)),
  ...forTypes(bigTypes, bigLoop(big))
})

export const logical: OpFamily = {
  LogicalAnd: () => binaryKernel(numberLoop((x, y) => x & y), 'DT_BOOL'),
  LogicalOr: () => binaryKernel(numberLoop((x, y) => x | y), 'DT_BOOL'),
  LogicalNot: () => unaryKernel(numberPass(x => x ^ 1), 'DT_BOOL'),
  BitwiseAnd: binaryOp(bits((x, y) => x & y, (x, y) => x & y)),
  BitwiseOr: binaryOp(bits((x, y) => x | y, (x, y) => x | y)),
  BitwiseXor: binaryOp(bits((x, y) => x ^ y, (x, y) => x ^ y)),
  Invert: unaryOp({ ...passFor(smallIntegerTypes, numberPass(x => ~x)), ...passFor(bigTypes, bigPass(x => ~x)) })
}
