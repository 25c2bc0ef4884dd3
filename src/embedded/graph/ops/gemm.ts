// Matrix product on plain arrays: the one hot loop under MatMul, Einsum and Conv2D. Sums in double precision, so a float32 result is rounded once. Knows no shapes and no op.
import type { BigArray, NumberArray } from './values.js'

/** A matrix inside an array: its first element and how far rows and columns lie apart. */
export interface Matrix<A> { data: A, offset: number, rowStride: number, columnStride: number }

/** Columns per panel and rows per block: 16 sums live in registers. */
const width = 4

/** The right operand cut into panels of four columns, each k rows long, the last filled up with zeros. */
export function packPanels (b: Matrix<NumberArray>, k: number, n: number): Float64Array {
  const { data, offset, rowStride, columnStride } = b
  const packed = new Float64Array(Math.ceil(n / width) * k * width)
  for (let j = 0, panel = 0; j < n; j += width, panel += k * width) {
    const columns = Math.min(width, n - j)
    for (let c = 0; c < columns; c++) {
      let from = offset + (j + c) * columnStride
      for (let i = 0, to = panel + c; i < k; i++, to += width, from += rowStride) packed[to] = data[from]
    }
  }
  return packed
}

/** out[m × n], rows `outStride` apart from `outOffset`, = a[m × k] · packed[k × n]. */
export function multiplyPacked (a: Matrix<NumberArray>, packed: Float64Array, m: number, k: number, n: number, out: NumberArray, outOffset: number, outStride: number): void {
  const { data, offset, rowStride, columnStride } = a
  for (let j = 0, panel = 0; j < n; j += width, panel += k * width) {
    const columns = Math.min(width, n - j)
    let i = 0
    for (; i + 4 <= m; i += 4) {
      block(data, offset + i * rowStride, rowStride, columnStride, packed, panel, k, columns, out, outOffset + i * outStride + j, outStride)
    }
    for (; i < m; i++) line(data, offset + i * rowStride, columnStride, packed, panel, k, columns, out, outOffset + i * outStride + j)
  }
}

/** Four rows by one panel. */
function block (a: NumberArray, start: number, rowStride: number, step: number, b: Float64Array, panel: number, k: number, columns: number, out: NumberArray, target: number, outStride: number): void {
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0
  let r0 = start, r1 = r0 + rowStride, r2 = r1 + rowStride, r3 = r2 + rowStride
  const end = panel + k * width
  for (let p = panel; p < end; p += width) {
    const b0 = b[p], b1 = b[p + 1], b2 = b[p + 2], b3 = b[p + 3]
    const a0 = a[r0], a1 = a[r1], a2 = a[r2], a3 = a[r3]
    s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3
    s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3
    s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3
    s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3
    r0 += step; r1 += step; r2 += step; r3 += step
  }
  store(out, target, columns, s00, s01, s02, s03)
  store(out, target + outStride, columns, s10, s11, s12, s13)
  store(out, target + 2 * outStride, columns, s20, s21, s22, s23)
  store(out, target + 3 * outStride, columns, s30, s31, s32, s33)
}

function line (a: NumberArray, start: number, step: number, b: Float64Array, panel: number, k: number, columns: number, out: NumberArray, target: number): void {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0
  const end = panel + k * width
  for (let p = panel, r = start; p < end; p += width, r += step) {
    const x = a[r]
    s0 += x * b[p]; s1 += x * b[p + 1]; s2 += x * b[p + 2]; s3 += x * b[p + 3]
  }
  store(out, target, columns, s0, s1, s2, s3)
}

function store (out: NumberArray, target: number, columns: number, s0: number, s1: number, s2: number, s3: number): void {
  out[target] = s0
  if (columns > 1) out[target + 1] = s1
  if (columns > 2) out[target + 2] = s2
  if (columns > 3) out[target + 3] = s3
}

/** out[m × n], dense from `outOffset`, = a[m × k] · b[k × n] in floating point. */
export function multiply (a: Matrix<NumberArray>, b: Matrix<NumberArray>, m: number, k: number, n: number, out: NumberArray, outOffset: number): void {
  // Packing touches all of b once, which only pays when several rows use it.
  if (m >= 3) multiplyPacked(a, packPanels(b, k, n), m, k, n, out, outOffset, n)
  else for (let i = 0; i < m; i++) multiplyRow(a, i, b, k, n, out, outOffset + i * n)
}

/** One row of the product, reading b along its rows. */
function multiplyRow (a: Matrix<NumberArray>, row: number, b: Matrix<NumberArray>, k: number, n: number, out: NumberArray, target: number): void {
  const x = a.data
  const y = b.data
  const start = a.offset + row * a.rowStride
  if (b.columnStride !== 1) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let p = 0, s = start, t = b.offset + j * b.columnStride; p < k; p++, s += a.columnStride, t += b.rowStride) sum += x[s] * y[t]
      out[target + j] = sum
    }
    return
  }
  const sums = new Float64Array(n)
  for (let p = 0; p < k; p++) {
    const factor = x[start + p * a.columnStride]
    const from = b.offset + p * b.rowStride
    for (let j = 0; j < n; j++) sums[j] += factor * y[from + j]
  }
  for (let j = 0; j < n; j++) out[target + j] = sums[j]
}

/** The product of integers up to 32 bits, wrapping. */
export function multiplyIntegers (a: Matrix<NumberArray>, b: Matrix<NumberArray>, m: number, k: number, n: number, out: NumberArray, outOffset: number): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let p = 0; p < k; p++) {
        sum = (sum + Math.imul(a.data[a.offset + i * a.rowStride + p * a.columnStride], b.data[b.offset + p * b.rowStride + j * b.columnStride])) | 0
      }
      out[outOffset + i * n + j] = sum
    }
  }
}

/** The product of 64-bit integers, wrapping when it is stored. */
export function multiplyBigs (a: Matrix<BigArray>, b: Matrix<BigArray>, m: number, k: number, n: number, out: BigArray, outOffset: number): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0n
      for (let p = 0; p < k; p++) {
        sum += a.data[a.offset + i * a.rowStride + p * a.columnStride] * b.data[b.offset + p * b.rowStride + j * b.columnStride]
      }
      out[outOffset + i * n + j] = sum
    }
  }
}
