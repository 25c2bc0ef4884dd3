// MaxPool and AvgPool, NHWC. An average counts only the elements inside the picture.
import { allocate } from '../../../tensor/tensor.js'
import { throughFloat } from './half.js'
import { floatTypes, halfTypes, invalid, isHalf, numbersOf, smallIntegerTypes, tensorOf, typeAttribute, type NumberArray } from './values.js'
import { slidingOf, spatial, windowOf, type Axis } from './window.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Kernel, Op, OpFamily } from '../kernel.js'

/** Pools one window of all channels into `out` at `write`. */
type Pool = (x: NumberArray, image: number, rows: Span, columns: Span, width: number, depth: number, sums: Float64Array, out: NumberArray, write: number, lowest: number) => void
interface Span { from: number, to: number }

const average: Pool = (x, image, rows, columns, width, depth, sums, out, write) => {
  sums.fill(0)
  for (let r = rows.from; r < rows.to; r++) {
    for (let c = columns.from; c < columns.to; c++) {
      const read = ((image + r) * width + c) * depth
      for (let d = 0; d < depth; d++) sums[d] += x[read + d]
    }
  }
  const count = (rows.to - rows.from) * (columns.to - columns.from)
  for (let d = 0; d < depth; d++) out[write + d] = sums[d] / count
}

const maximum: Pool = (x, image, rows, columns, width, depth, sums, out, write, lowest) => {
  sums.fill(lowest)
  for (let r = rows.from; r < rows.to; r++) {
    for (let c = columns.from; c < columns.to; c++) {
      const read = ((image + r) * width + c) * depth
      // NaN never wins, in TensorFlow neither.
      for (let d = 0; d < depth; d++) if (x[read + d] > sums[d]) sums[d] = x[read + d]
    }
  }
  for (let d = 0; d < depth; d++) out[write + d] = sums[d]
}

/** Where the search for a maximum starts: TensorFlow's least finite value, so that a window of -Infinity alone gives that. */
const lowestOf: Partial<Record<DType, number>> = { DT_FLOAT: -3.4028234663852886e38, DT_DOUBLE: -Number.MAX_VALUE, DT_HALF: -65504, DT_BFLOAT16: -3.3895313892515355e38 }

/** The part of the window that lies inside the picture. */
function inside (axis: Axis, output: number): Span {
  const start = output * axis.stride - axis.before
  return { from: Math.max(start, 0), to: Math.min(start + axis.kernel, axis.input) }
}

const pool = (types: readonly DType[], run: Pool): Op => node => {
  const dtype = typeAttribute(node, 'T', types, 'DT_FLOAT')
  const sliding = slidingOf(node, false)
  const size = spatial(node, 'ksize', node.attrs.ints('ksize'))
  const real: DType = isHalf(dtype) ? 'DT_FLOAT' : dtype
  const lowest = lowestOf[dtype] ?? -Infinity
  const kernel: Kernel = inputs => {
    const { shape: whole, data } = tensorOf(inputs[0])
    if (whole.length !== 4) throw invalid(`tensor_in_shape must have 2 spatial dimensions. ${whole.length} 0`)
    const [rows, columns] = windowOf(sliding, whole, size)
    const [batch, , width, depth] = whole
    const shape = [batch, rows.output, columns.output, depth]
    const out = allocate(real, batch * rows.output * columns.output * depth) as NumberArray
    const sums = new Float64Array(depth)
    const x = numbersOf({ dtype: real, shape: whole, data })
    for (let n = 0, write = 0; n < batch; n++) {
      for (let r = 0; r < rows.output; r++) {
        const across = inside(rows, r)
        for (let c = 0; c < columns.output; c++, write += depth) run(x, n * rows.input, across, inside(columns, c), width, depth, sums, out, write, lowest)
      }
    }
    return { dtype: real, shape, data: out }
  }
  return isHalf(dtype) ? throughFloat(dtype, kernel) : kernel
}

const reals = [...floatTypes, ...halfTypes]

export const pooling: OpFamily = {
  MaxPool: pool([...reals, ...smallIntegerTypes], maximum),
  AvgPool: pool(reals, average)
}
