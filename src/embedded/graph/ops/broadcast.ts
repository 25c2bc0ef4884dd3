// NumPy broadcasting as TensorFlow's BCast does it: the common shape, and a walk over it in rows of constant stride. Knows no op and no element type.
import { sameShape, type Shape } from './values.js'

/** The shape that all operands broadcast to, or undefined when they do not fit. */
export function broadcastShape (shapes: readonly Shape[]): Shape | undefined {
  let rank = 0
  for (const shape of shapes) rank = Math.max(rank, shape.length)
  const result = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    const skip = rank - shape.length
    for (let i = 0; i < shape.length; i++) {
      const size = shape[i]
      if (size === 1) continue
      if (result[skip + i] !== 1 && result[skip + i] !== size) return undefined
      result[skip + i] = size
    }
  }
  return result
}

/**
 * Visits the broadcast shape row by row: `offsets[k]` is where operand k's row starts and `strides[k]` (0 or 1) how it advances;
 * the row's results stand at `target … target + count - 1`. Neighbouring axes that broadcast alike are one axis. The arrays are reused between visits.
 */
export function eachRow (result: Shape, shapes: readonly Shape[], visit: (offsets: readonly number[], strides: readonly number[], target: number, count: number) => void): void {
  const { sizes, strides } = mergeAxes(result, shapes)
  const last = sizes.length - 1
  let rows = 1
  for (let i = 0; i < last; i++) rows *= sizes[i]
  const count = last < 0 ? 1 : sizes[last]
  if (rows * count === 0) return
  const operands = shapes.length
  const inner = strides.map(axis => last < 0 ? 0 : axis[last])
  const offsets = new Array<number>(operands).fill(0)
  const counter = new Array<number>(Math.max(last, 0)).fill(0)
  for (let row = 0; row < rows; row++) {
    visit(offsets, inner, row * count, count)
    for (let axis = last - 1; axis >= 0; axis--) {
      const wraps = ++counter[axis] === sizes[axis]
      for (let k = 0; k < operands; k++) offsets[k] += strides[k][axis] * (wraps ? 1 - sizes[axis] : 1)
      if (!wraps) break
      counter[axis] = 0
    }
  }
}

/** Sizes of the merged axes and, per operand, the element stride of each (0 where it repeats). */
function mergeAxes (result: Shape, shapes: readonly Shape[]): { sizes: number[], strides: number[][] } {
  const rank = result.length
  const repeats = shapes.map(shape => result.map((size, i) => {
    const own = i - (rank - shape.length)
    return own < 0 || (shape[own] === 1 && size !== 1)
  }))
  const sizes: number[] = []
  const kept: boolean[][] = shapes.map(() => [])
  for (let axis = 0; axis < rank; axis++) {
    if (result[axis] === 1) continue
    const top = sizes.length - 1
    if (top >= 0 && repeats.every((flags, k) => flags[axis] === kept[k][top])) {
      sizes[top] *= result[axis]
    } else {
      sizes.push(result[axis])
      repeats.forEach((flags, k) => kept[k].push(flags[axis]))
    }
  }
  const strides = kept.map(flags => {
    const own = new Array<number>(flags.length).fill(0)
    for (let axis = flags.length - 1, stride = 1; axis >= 0; axis--) {
      if (flags[axis]) continue
      own[axis] = stride
      stride *= sizes[axis]
    }
    return own
  })
  return { sizes, strides }
}

/** Whether an operand of this shape needs no broadcasting. */
export const fills = (shape: Shape, result: Shape): boolean => sameShape(shape, result)
