// Text files that fill lookup tables: their lines, and the columns in them. Knows no table.
import { existsSync, readFileSync } from 'node:fs'
import { basename, resolve, sep } from 'node:path'
import { ModelError } from '../../formats/format.js'
import { invalid, isBig } from './values.js'
import type { DType } from '../../../tensor/dtype.js'

const NOT_FOUND = 5

// What a column index means below zero.
const WHOLE_LINE = -2
const LINE_NUMBER = -1

/** The file's lines, read only inside the version's folder: an absolute name of the author's machine stands for the asset of that name. */
export function readLines (folder: string, filename: string): Buffer[] {
  const root = resolve(folder)
  const named = resolve(root, filename)
  const path = named.startsWith(root + sep) ? named : resolve(root, 'assets', basename(filename))
  if (!existsSync(path)) throw new ModelError(NOT_FOUND, `${basename(filename)}; No such file or directory`)
  const bytes = readFileSync(path)
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start)
    const end = newline === -1 ? bytes.length : newline
    lines.push(bytes.subarray(start, end > start && bytes[end - 1] === 13 ? end - 1 : end))
    start = end + 1
  }
  return lines
}

/** One column of a line as a table's element. Throws INVALID_ARGUMENT with TensorFlow's text. */
export function readCell (line: Buffer, number: number, index: number, delimiter: string, dtype: DType): number | bigint | Uint8Array {
  if (index === LINE_NUMBER) return isBig(dtype) ? BigInt(number) : number
  let text = line
  if (index !== WHOLE_LINE) {
    const cells = line.toString('latin1').split(delimiter)
    if (index >= cells.length) throw invalid(`Invalid number of columns in line ${number} (${line.toString()}): expected at least ${index + 1} got ${cells.length}`)
    text = Buffer.from(cells[index], 'latin1')
  }
  return dtype === 'DT_STRING' ? new Uint8Array(text) : parsed(text.toString().trim(), number, dtype)
}

function parsed (text: string, number: number, dtype: DType): number | bigint {
  const whole = dtype === 'DT_INT32' || dtype === 'DT_INT64'
  if (whole ? !/^[+-]?\d+$/.test(text) : text === '' || Number.isNaN(Number(text))) {
    throw invalid(`Field ${text} in line ${number} is not a valid ${dtype === 'DT_FLOAT' ? 'float' : dtype.slice(3).toLowerCase()}.`)
  }
  return isBig(dtype) ? BigInt(text) : Number(text)
}
