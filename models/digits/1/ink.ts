// A grey picture of one digit to 8x8 ink values, by the same arithmetic as picture.py, with which the model was trained. Knows no picture format.
import { InvalidInput } from 'outrigger/handler'

/** Values from 0 to 255, row by row. */
export interface Field { readonly width: number, readonly height: number, readonly data: Uint8Array | Float64Array }

interface Box { readonly top: number, readonly bottom: number, readonly left: number, readonly right: number }

/** Longest side of the reduced picture in which the digit is searched. */
const workSize = 128
/** Grey levels between paper and ink, of 255; less is an empty picture. */
const leastContrast = 24
/** Components smaller than this share of the largest are dirt. */
const speck = 0.08
/** Ink weaker than this share of the stroke's mean is paper grain. */
const floor = 0.2

/** Whole grey levels (0 to 255) of any size -> 64 values, row by row, 0 (paper) to 16 (ink). Throws InvalidInput where nothing stands out of the background. */
export function inkValues (grey: Field): Float32Array {
  let signed = againstPaper(grey)
  for (;;) { // search coarsely; where the digit is small in its picture, crop and search again at a finer scale
    const factor = Math.ceil(Math.max(signed.width, signed.height) / workSize)
    const reduced = reduceBy(signed, factor)
    const { threshold, mean } = stroke(reduced)
    const { top, bottom, left, right } = boxOf(reduced, threshold)
    if (factor === 1 || Math.max(bottom - top, right - left) > Math.floor(workSize / 3)) {
      return toCells(crop(reduced, { top, bottom, left, right }, value => Math.min(1, Math.max(0, (value / mean - floor) / (1 - floor)))))
    }
    signed = crop(signed, {
      top: Math.max(0, (top - 1) * factor), bottom: Math.min(signed.height, (bottom + 1) * factor),
      left: Math.max(0, (left - 1) * factor), right: Math.min(signed.width, (right + 1) * factor)
    })
  }
}

/** How far each pixel stands out of the paper, towards the ink: paper is the border's median, ink the side with more energy. */
function againstPaper ({ width, height, data }: Field): Field {
  const ring = Math.max(1, Math.floor(Math.min(width, height) / 32))
  const border = new Float64Array(256)
  for (let y = 0; y < height; y++) {
    const sides = y >= ring && y < height - ring
    for (let x = 0; x < width; x++) {
      if (sides && x === ring && ring < width - ring) x = width - ring
      border[data[y * width + x]!]!++
    }
  }
  const paper = median(border)
  let lighter = 0
  let darker = 0
  for (const value of data) {
    if (value > paper) lighter += (value - paper) ** 2
    else darker += (paper - value) ** 2
  }
  const sign = lighter > darker ? 1 : -1
  return { width, height, data: data.map(value => Math.max(0, sign * (value - paper))) }
}

/** The level in the middle of a histogram. */
function median (histogram: Float64Array): number {
  const half = Math.floor(histogram.reduce((sum, count) => sum + count) / 2)
  let below = 0
  return histogram.findIndex(count => (below += count) > half)
}

/** Means of factor x factor blocks; the last row and column of blocks may be smaller. */
function reduceBy (field: Field, factor: number): Field {
  if (factor === 1) return field
  const width = Math.ceil(field.width / factor)
  const height = Math.ceil(field.height / factor)
  const data = new Float64Array(width * height)
  for (let y = 0; y < field.height; y++) {
    const row = Math.floor(y / factor) * width
    for (let x = 0; x < field.width; x++) data[row + Math.floor(x / factor)]! += field.data[y * field.width + x]!
  }
  for (let y = 0; y < height; y++) {
    const rows = Math.min(factor, field.height - y * factor)
    for (let x = 0; x < width; x++) data[y * width + x]! /= rows * Math.min(factor, field.width - x * factor)
  }
  return { width, height, data }
}

/** Otsu's threshold, then halfway between the two means; `mean` is that of the values above it. */
function stroke ({ data }: Field): { threshold: number, mean: number } {
  const level = (value: number): number => Math.min(255, Math.floor(value))
  const histogram = new Float64Array(256)
  for (const value of data) histogram[level(value)]!++
  const total = data.length
  let weighted = 0
  for (let i = 0; i < 256; i++) weighted += i * histogram[i]!
  let below = 0
  let belowWeighted = 0
  let best = 0
  let split = 0
  for (let i = 0; i < 255; i++) {
    below += histogram[i]!
    belowWeighted += i * histogram[i]!
    if (below === 0 || below === total) continue
    const between = below * (total - below) * (belowWeighted / below - (weighted - belowWeighted) / (total - below)) ** 2
    if (between > best) [best, split] = [between, i]
  }
  const ink = meanOf(data, value => level(value) > split)
  if (best === 0 || ink < leastContrast) throw new InvalidInput('The picture shows no digit: nothing stands out of its background', '/picture')
  const threshold = (ink + meanOf(data, value => level(value) <= split)) / 2
  return { threshold, mean: meanOf(data, value => value > threshold) }
}

function meanOf (data: Field['data'], takes: (value: number) => boolean): number {
  let sum = 0
  let count = 0
  for (const value of data) {
    if (takes(value)) [sum, count] = [sum + value, count + 1]
  }
  return sum / count
}

/** The box around the components above the threshold that are no dirt; pixels that touch at a corner belong together. */
function boxOf ({ width, height, data }: Field, threshold: number): Box {
  const seen = new Uint8Array(data.length)
  const parts: { area: number, box: Box }[] = []
  for (let start = 0; start < data.length; start++) {
    if (seen[start] === 1 || data[start]! <= threshold) continue
    let [area, top, bottom, left, right] = [0, height, 0, width, 0]
    const stack = [start]
    seen[start] = 1
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width
      const y = (at - x) / width
      area++
      ;[top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y + 1), Math.min(left, x), Math.max(right, x + 1)]
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx
          if (seen[next] === 1 || data[next]! <= threshold) continue
          seen[next] = 1
          stack.push(next)
        }
      }
    }
    parts.push({ area, box: { top, bottom, left, right } })
  }
  const largest = Math.max(...parts.map(part => part.area))
  return parts.filter(part => part.area >= speck * largest).map(part => part.box).reduce((a, b) => ({
    top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom), left: Math.min(a.left, b.left), right: Math.max(a.right, b.right)
  }))
}

function crop (field: Field, { top, bottom, left, right }: Box, change: (value: number) => number = value => value): Field {
  const width = right - left
  const data = new Float64Array(width * (bottom - top))
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) data[(y - top) * width + x - left] = change(field.data[y * field.width + x]!)
  }
  return { width, height: bottom - top, data }
}

/** Area averaging onto 8x8 cells; the longer side fills them, the shorter is centred. */
function toCells ({ width, height, data }: Field): Float32Array {
  const cell = Math.max(width, height) / 8
  const cells = new Float64Array(64)
  const shares = (size: number): { cell: number, share: number }[][] => Array.from({ length: size }, (_, pixel) => {
    const found = []
    for (let i = 0; i < 8; i++) {
      const start = (i - 4) * cell + size / 2
      const share = Math.min(start + cell, pixel + 1) - Math.max(start, pixel)
      if (share > 0) found.push({ cell: i, share })
    }
    return found
  })
  const columns = shares(width)
  for (const [y, rows] of shares(height).entries()) {
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x]!
      if (value === 0) continue
      for (const row of rows) for (const column of columns[x]!) cells[row.cell * 8 + column.cell]! += value * row.share * column.share
    }
  }
  return Float32Array.from(cells, sum => 16 * sum / cell ** 2)
}
