// Predict answers of TensorFlow Serving's REST: tensors into JSON text with its very white space. Source: section 6. Knows no model.
import { dtypes } from '../dtype.js'
import { elementCount, type Tensor, type Tensors } from '../tensor.js'
import { TextWriter } from '../text-writer.js'
import { putDouble, putFloat } from './number-text.js'
import type { RequestFormat } from './predict-request.js'
import { quote } from './quote.js'
import { invalid } from './values.js'

/** Writes the element at this index; `level` is the count of brackets and braces that are open around it. */
type Put = (out: TextWriter, index: number, level: number) => void

/** Upper words up to this belong to numbers that doubles hold exactly. */
const safeHigh = 2 ** 21 - 1

const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c
const BLANK = 0x20

const blanks = (level: number): string => '    '.repeat(level)

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** How the tensor's elements are written. Text that is not UTF-8 has U+FFFD in place of what is wrong: the answer is always valid UTF-8. */
function putterOf (name: string, tensor: Tensor): Put {
  const { dtype } = tensor
  switch (dtype) {
    case 'DT_FLOAT': {
      const data = tensor.data as Float32Array
      return (out, index) => { putFloat(out, data[index]!) }
    }
    case 'DT_DOUBLE': {
      const data = tensor.data as Float64Array
      return (out, index) => { putDouble(out, data[index]!) }
    }
    case 'DT_INT64': case 'DT_UINT64': {
      const data = tensor.data as BigInt64Array
      // Most are small: the words of those need no bigint.
      const words = new Int32Array(data.buffer, data.byteOffset, data.length * 2)
      const signed = dtype === 'DT_INT64'
      return (out, index) => {
        const high = signed ? words[index * 2 + 1]! : words[index * 2 + 1]! >>> 0
        if (high > safeHigh || high < -safeHigh) out.ascii(data[index]!.toString())
        else out.whole(high * 4294967296 + (words[index * 2]! >>> 0))
      }
    }
    case 'DT_INT8': case 'DT_INT16': case 'DT_INT32': case 'DT_UINT8': case 'DT_UINT32': {
      const data = tensor.data as Int32Array
      return (out, index) => { out.whole(data[index]!) }
    }
    case 'DT_BOOL': {
      const data = tensor.data as Uint8Array
      return (out, index) => { out.ascii(data[index] === 0 ? 'false' : 'true') }
    }
    case 'DT_STRING': {
      const strings = tensor.data as readonly Uint8Array[]
      if (!name.endsWith('_bytes')) return (out, index) => { out.utf8(quote(bufferOf(strings[index]!).toString())) }
      return (out, index, level) => { out.utf8(`{\n${blanks(level + 1)}"b64": "${bufferOf(strings[index]!).toString('base64')}"\n${blanks(level)}}`) }
    }
    default: return () => { throw invalid(`Failed to write JSON value for tensor type: ${dtypes[dtype].short}`) }
  }
}

/** The tensor's part below `dimension`, all on one line; elements begin at `offset`. */
function putLine (out: TextWriter, shape: readonly number[], dimension: number, offset: number, level: number, put: Put): void {
  if (dimension === shape.length) return put(out, offset, level)
  const size = shape[dimension]
  const last = dimension === shape.length - 1
  const stride = last ? 1 : elementCount(shape.slice(dimension + 1))
  out.byte(OPEN)
  for (let i = 0; i < size; i++) {
    if (i > 0) {
      out.byte(COMMA)
      out.byte(BLANK)
    }
    if (last) put(out, offset + i, level + 1)
    else putLine(out, shape, dimension + 1, offset + i * stride, level + 1, put)
  }
  out.byte(CLOSE)
}

/** The same with every element on its own line. */
function putLines (out: TextWriter, shape: readonly number[], dimension: number, offset: number, level: number, put: Put): void {
  if (dimension === shape.length) return put(out, offset, level)
  const size = shape[dimension]
  if (size === 0) return out.ascii('[]')
  const last = dimension === shape.length - 1
  const stride = last ? 1 : elementCount(shape.slice(dimension + 1))
  const indent = `\n${blanks(level + 1)}`
  out.byte(OPEN)
  for (let i = 0; i < size; i++) {
    if (i > 0) out.byte(COMMA)
    out.ascii(indent)
    if (last) put(out, offset + i, level + 1)
    else putLines(out, shape, dimension + 1, offset + i * stride, level + 1, put)
  }
  out.ascii(`\n${blanks(level)}]`)
}

/** The one size of dimension 0. Throws where an output has none or another one. */
function batchSize (outputs: readonly (readonly [string, Tensor])[]): number {
  let batch = -1
  for (const [name, { shape }] of outputs) {
    if (shape.length === 0) throw invalid(`Tensor name: ${name} has no shape information `)
    if (batch >= 0 && shape[0] !== batch) throw invalid(`Tensor name: ${name} has inconsistent batch size: ${shape[0]} expecting: ${batch}`)
    batch = shape[0]
  }
  return batch
}

function putRows (out: TextWriter, outputs: readonly (readonly [string, Tensor])[]): void {
  const batch = batchSize(outputs)
  if (batch === 0) return out.ascii('{\n    "predictions": []\n}')
  const columns = outputs.map(([name, tensor]) => ({
    key: `${blanks(3)}${quote(name)}: `, shape: tensor.shape, stride: elementCount(tensor.shape.slice(1)), put: putterOf(name, tensor)
  }))
  out.ascii('{\n    "predictions": [')
  for (let i = 0; i < batch; i++) {
    if (columns.length === 1) {
      const { shape, stride, put } = columns[0]
      if (i > 0) out.ascii(', ')
      putLine(out, shape, 1, i * stride, 2, put)
      continue
    }
    out.ascii(i > 0 ? ',\n        {\n' : '\n        {\n')
    for (const column of columns) {
      if (column !== columns[0]) out.ascii(',\n')
      out.utf8(column.key)
      putLine(out, column.shape, 1, i * column.stride, 3, column.put)
    }
    out.ascii('\n        }')
  }
  out.ascii('\n    ]\n}')
}

function putColumns (out: TextWriter, outputs: readonly (readonly [string, Tensor])[]): void {
  out.ascii('{\n    "outputs": ')
  if (outputs.length === 1) {
    const [name, tensor] = outputs[0]
    putLines(out, tensor.shape, 0, 0, 1, putterOf(name, tensor))
    return out.ascii('\n}')
  }
  out.ascii('{\n')
  outputs.forEach(([name, tensor], i) => {
    out.utf8(`${i > 0 ? ',\n' : ''}${blanks(2)}${quote(name)}: `)
    putLines(out, tensor.shape, 0, 0, 2, putterOf(name, tensor))
  })
  out.ascii('\n    }\n}')
}

/** Room for an answer's text, as a rule: a number takes ten bytes and its separator two. More is made where it is needed. */
function expectedBytes (outputs: readonly (readonly [string, Tensor])[]): number {
  let bytes = 256
  for (const [, { data }] of outputs) bytes += data.length * 12
  return bytes
}

/** The answer's text, as bytes ready to send. Throws REQUEST_INVALID for outputs that this format, or JSON, cannot show. */
export function printPredictions (outputs: Tensors, format: RequestFormat): Buffer {
  const entries = Object.entries(outputs)
  if (entries.length === 0) throw invalid('Cannot convert empty tensor map to JSON')
  const out = new TextWriter(expectedBytes(entries))
  if (format === 'row') putRows(out, entries)
  else putColumns(out, entries)
  return out.finish()
}
