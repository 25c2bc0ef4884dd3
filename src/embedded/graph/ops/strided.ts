// Copies between arrays along strides: the one engine under transposing, slicing, padding, tiling and reversing. Knows no op.
import { copyElements, type Elements, type Shape } from './values.js'

/** Row-major strides of a shape. */
export function stridesOf (shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]
  }
  return strides
}

export interface Walk { readonly data: Elements, readonly offset: number, readonly strides: readonly number[] }

/** Copies every index of `shape` from one walk to the other. Strides may be negative, and zero on the reading side. */
export function copyStrided (shape: Shape, from: Walk, to: Walk): void {
  const { sizes, a, b } = merge(shape, from.strides, to.strides)
  const last = sizes.length - 1
  let rows = 1
  for (let axis = 0; axis < last; axis++) rows *= sizes[axis]
  const count = last < 0 ? 1 : sizes[last]
  if (rows * count === 0) return
  const readStep = last < 0 ? 0 : a[last]
  const writeStep = last < 0 ? 0 : b[last]
  const counter = new Array<number>(Math.max(last, 0)).fill(0)
  let read = from.offset
  let write = to.offset
  for (let row = 0; row < rows; row++) {
    if (readStep === 1 && writeStep === 1) copyElements(from.data, read, to.data, write, count)
    else copyRow(from.data, read, readStep, to.data, write, writeStep, count)
    for (let axis = last - 1; axis >= 0; axis--) {
      const wraps = ++counter[axis] === sizes[axis]
      const moves = wraps ? 1 - sizes[axis] : 1
      read += a[axis] * moves
      write += b[axis] * moves
      if (!wraps) break
      counter[axis] = 0
    }
  }
}

function copyRow (from: Elements, read: number, readStep: number, to: Elements, write: number, writeStep: number, count: number): void {
  for (let i = 0; i < count; i++, read += readStep, write += writeStep) to[write] = from[read]
}

/** Drops axes of size one and joins neighbours that both walks pass without a jump. */
function merge (shape: Shape, from: readonly number[], to: readonly number[]): { sizes: number[], a: number[], b: number[] } {
  const sizes: number[] = []
  const a: number[] = []
  const b: number[] = []
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]
    if (size === 1) continue
    const top = sizes.length - 1
    if (top >= 0 && a[top] === from[axis] * size && b[top] === to[axis] * size) {
      sizes[top] *= size
      a[top] = from[axis]
      b[top] = to[axis]
    } else {
      sizes.push(size)
      a.push(from[axis])
      b.push(to[axis])
    }
  }
  return { sizes, a, b }
}
