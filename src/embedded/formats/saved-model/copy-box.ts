// Copies a box of elements from one tensor to another of the same dtype: how slices of checkpoints become tensors and the reverse.
import { dtypeRow } from '../../../tensor/dtype.js'
import type { Tensor } from '../../../tensor/tensor.js'

const strides = (shape: readonly number[]): number[] => {
  const steps: number[] = []
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    steps.unshift(step)
    step *= shape[i]
  }
  return steps
}

/** Copies `size` elements per dimension, from the corner `start` of `from` to the corner `target` of `to`, whose data are written. The box lies within both. */
export function copyBox (from: Tensor, start: readonly number[], to: Tensor, target: readonly number[], size: readonly number[]): void {
  const fromSteps = strides(from.shape)
  const toSteps = strides(to.shape)
  const lanes = dtypeRow(from.dtype).lanes ?? 1
  const source = from.data as Readonly<Record<number, unknown>>
  const output = to.data as unknown as Record<number, unknown>
  const walk = (dimension: number, at: number, into: number): void => {
    if (dimension === size.length) {
      for (let lane = 0; lane < lanes; lane++) output[into * lanes + lane] = source[at * lanes + lane]
      return
    }
    for (let i = 0; i < size[dimension]; i++) {
      walk(dimension + 1, at + (start[dimension] + i) * fromSteps[dimension], into + (target[dimension] + i) * toSteps[dimension])
    }
  }
  walk(0, 0, 0)
}
