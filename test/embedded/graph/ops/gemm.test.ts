// gemm: every block and rest of rows and columns against the plain sum, with strides and offsets.
import t from 'tap'
import { multiply, multiplyPacked, packPanels } from '../../../../src/embedded/graph/ops/gemm.js'

const sequence = (length: number, factor: number): Float64Array => Float64Array.from({ length }, (_, i) => (i * factor) % 17 - 8)

for (const m of [1, 2, 3, 4, 5, 9]) {
  for (const n of [1, 3, 4, 6]) {
    for (const k of [0, 1, 5]) {
      for (const transposed of [false, true]) {
        t.test(`${m}×${k}·${k}×${n}${transposed ? ' transposed' : ''}`, async t => {
          const a = { data: sequence(2 + m * k, 5), offset: 2, rowStride: transposed ? 1 : k, columnStride: transposed ? m : 1 }
          const b = { data: sequence(3 + k * n, 7), offset: 3, rowStride: transposed ? 1 : n, columnStride: transposed ? k : 1 }
          const at = (matrix: typeof a, i: number, j: number): number => matrix.data[matrix.offset + i * matrix.rowStride + j * matrix.columnStride]
          const wanted = Array.from({ length: m * n }, (_, cell) => {
            let sum = 0
            for (let p = 0; p < k; p++) sum += at(a, Math.floor(cell / n), p) * at(b, p, cell % n)
            return sum
          })
          const out = new Float64Array(1 + m * n).fill(99)
          multiply(a, b, m, k, n, out, 1)
          t.same([...out], [99, ...wanted])
          const wide = new Float64Array(m * (n + 2)).fill(99)
          multiplyPacked(a, packPanels(b, k, n), m, k, n, wide, 1, n + 2)
          t.same([...wide].filter((_, i) => i % (n + 2) >= 1 && i % (n + 2) <= n), wanted)
          t.ok([...wide].every((value, i) => (i % (n + 2) >= 1 && i % (n + 2) <= n) || value === 99), 'nothing beside the columns is written')
        })
      }
    }
  }
}
