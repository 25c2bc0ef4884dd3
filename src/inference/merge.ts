// Requests that go together and apart again: how many rows one has, what two must share to stand in one batch, and each one's rows of the answer. Pure.
import { dtypeRow, type DType } from '../tensor/dtype.js'
import { allocate, elementCount, type NumericData, type Tensor, type TensorData, type Tensors } from '../tensor/tensor.js'

/** The first size that all tensors share, from 1 up; undefined where they share none. */
export function rowsOf (tensors: Tensors): number | undefined {
  let rows: number | undefined
  for (const name of Object.keys(tensors)) {
    const first = tensors[name].shape[0] as number | undefined
    if (first === undefined || first === 0 || (rows !== undefined && rows !== first)) return undefined
    rows = first
  }
  return rows
}

/** Bytes of the tensors' data. */
export function dataBytes (tensors: Tensors): number {
  let bytes = 0
  for (const name of Object.keys(tensors)) {
    const { data } = tensors[name]
    if (Array.isArray(data)) for (const text of data) bytes += text.length
    else bytes += (data as NumericData).byteLength
  }
  return bytes
}

/** Equal for requests whose rows may stand below one another: the same names, dtypes and inner shapes. */
export function stackKey (tensors: Tensors): string {
  let key = ''
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape } = tensors[name]
    // The length tells where a name ends, whatever it is made of.
    key += `${name.length}:${name} ${dtype}`
    for (let i = 1; i < shape.length; i++) key += ` ${shape[i]}`
    key += '\n'
  }
  return key
}

const sliceOf = ({ dtype, shape, data }: Tensor, from: number, rows: number): Tensor => {
  const [, ...inner] = shape
  const perRow = elementCount(inner) * (dtypeRow(dtype).lanes ?? 1)
  const [begin, end] = [from * perRow, (from + rows) * perRow]
  return { dtype, shape: [rows, ...inner], data: Array.isArray(data) ? data.slice(begin, end) : (data as NumericData).subarray(begin, end) }
}

/** Why the answer to this many rows cannot be split into rows; undefined when it can. */
export function splitFault (outputs: Tensors, rows: number): string | undefined {
  for (const name of Object.keys(outputs)) {
    const { shape } = outputs[name]
    if (shape[0] !== rows) return `output ${name} has the shape [${shape.join(',')}] for ${rows} rows`
  }
  return undefined
}

/** Each request's rows of the answer, in the order of `rows`, as views where the data are numbers. The answer must have as many rows as all of them (`splitFault`). */
export function splitRows (outputs: Tensors, rows: readonly number[]): Tensors[] {
  const names = Object.keys(outputs)
  let from = 0
  return rows.map(count => {
    const part = Object.create(null) as Record<string, Tensor>
    for (const name of names) part[name] = sliceOf(outputs[name], from, count)
    from += count
    return part
  })
}

/** Answers to rows that went in several calls, one below the other: the tensors themselves where there is one. Each must have the outputs of the first, with the same inner shapes. */
export function joinRows (parts: readonly Tensors[]): Tensors {
  const [first] = parts
  if (parts.length === 1) return first
  const joined = Object.create(null) as Record<string, Tensor>
  for (const name of Object.keys(first)) {
    const { dtype, shape: [, ...inner] } = first[name]
    const rows = parts.reduce((sum, part) => sum + part[name].shape[0], 0)
    joined[name] = { dtype, shape: [rows, ...inner], data: joinData(dtype, rows * elementCount(inner), parts.map(part => part[name].data)) }
  }
  return joined
}

function joinData (dtype: DType, count: number, parts: readonly TensorData[]): TensorData {
  if (dtype === 'DT_STRING') return (parts as readonly (readonly Uint8Array[])[]).flat()
  const data = allocate(dtype, count)
  let at = 0
  for (const part of parts as readonly NumericData[]) {
    data.set(part as never, at)
    at += part.length
  }
  return data
}
