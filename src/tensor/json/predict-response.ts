// Predict answers of TensorFlow Serving's REST: tensors into JSON text with its very white space. Source: section 6. Knows no model.
import { dtypes } from '../dtype.js'
import { elementCount, type NumericData, type Tensor, type Tensors } from '../tensor.js'
import { doubleText, floatText } from './number-text.js'
import type { RequestFormat } from './predict-request.js'
import { quote } from './quote.js'
import { invalid } from './values.js'

/** Text of the element at this index; `level` is the count of brackets and braces that are open around it. */
type Print = (index: number, level: number) => string

const blanks = (level: number): string => '    '.repeat(level)

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()

const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')

/** How the tensor's elements are printed. Text that is not UTF-8 has U+FFFD in place of what is wrong: the answer is always valid UTF-8. */
function printer (name: string, tensor: Tensor): Print {
  const { dtype } = tensor
  const data = tensor.data as NumericData
  switch (dtype) {
    case 'DT_FLOAT': return index => floatText(data[index] as number)
    case 'DT_DOUBLE': return index => doubleText(data[index] as number)
    case 'DT_INT8': case 'DT_INT16': case 'DT_INT32': case 'DT_INT64':
    case 'DT_UINT8': case 'DT_UINT32': case 'DT_UINT64': return index => data[index].toString()
    case 'DT_BOOL': return index => data[index] === 0 ? 'false' : 'true'
    case 'DT_STRING': {
      const strings = tensor.data as readonly Uint8Array[]
      if (!name.endsWith('_bytes')) return index => quote(textOf(strings[index]))
      return (index, level) => `{\n${blanks(level + 1)}"b64": "${base64Of(strings[index])}"\n${blanks(level)}}`
    }
    default: return () => { throw invalid(`Failed to write JSON value for tensor type: ${dtypes[dtype].short}`) }
  }
}

/** The tensor's part below `dimension`, all on one line; elements begin at `offset`. */
function printLine (shape: readonly number[], dimension: number, offset: number, level: number, print: Print): string {
  if (dimension === shape.length) return print(offset, level)
  const size = shape[dimension]
  const stride = elementCount(shape.slice(dimension + 1))
  let out = '['
  for (let i = 0; i < size; i++) {
    if (i > 0) out += ', '
    out += dimension === shape.length - 1 ? print(offset + i, level + 1) : printLine(shape, dimension + 1, offset + i * stride, level + 1, print)
  }
  return `${out}]`
}

/** The same with every element on its own line. */
function printLines (shape: readonly number[], dimension: number, offset: number, level: number, print: Print): string {
  if (dimension === shape.length) return print(offset, level)
  const size = shape[dimension]
  if (size === 0) return '[]'
  const stride = elementCount(shape.slice(dimension + 1))
  const indent = `\n${blanks(level + 1)}`
  let out = '['
  for (let i = 0; i < size; i++) {
    if (i > 0) out += ','
    out += indent + (dimension === shape.length - 1 ? print(offset + i, level + 1) : printLines(shape, dimension + 1, offset + i * stride, level + 1, print))
  }
  return `${out}\n${blanks(level)}]`
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

function printRows (outputs: readonly (readonly [string, Tensor])[]): string {
  const batch = batchSize(outputs)
  if (batch === 0) return '{\n    "predictions": []\n}'
  const columns = outputs.map(([name, tensor]) => ({
    key: quote(name), shape: tensor.shape, stride: elementCount(tensor.shape.slice(1)), print: printer(name, tensor)
  }))
  let out = '{\n    "predictions": ['
  for (let i = 0; i < batch; i++) {
    if (columns.length === 1) {
      const { shape, stride, print } = columns[0]
      out += (i > 0 ? ', ' : '') + printLine(shape, 1, i * stride, 2, print)
    } else {
      const members = columns.map(({ key, shape, stride, print }) => `${blanks(3)}${key}: ${printLine(shape, 1, i * stride, 3, print)}`)
      out += `${i > 0 ? ',' : ''}\n${blanks(2)}{\n${members.join(',\n')}\n${blanks(2)}}`
    }
  }
  return `${out}\n    ]\n}`
}

function printColumns (outputs: readonly (readonly [string, Tensor])[]): string {
  if (outputs.length === 1) {
    const [name, tensor] = outputs[0]
    return `{\n    "outputs": ${printLines(tensor.shape, 0, 0, 1, printer(name, tensor))}\n}`
  }
  const members = outputs.map(([name, tensor]) => `${blanks(2)}${quote(name)}: ${printLines(tensor.shape, 0, 0, 2, printer(name, tensor))}`)
  return `{\n    "outputs": {\n${members.join(',\n')}\n    }\n}`
}

/** The answer's text. Throws REQUEST_INVALID for outputs that this format, or JSON, cannot show. */
export function printPredictions (outputs: Tensors, format: RequestFormat): string {
  const entries = Object.entries(outputs)
  if (entries.length === 0) throw invalid('Cannot convert empty tensor map to JSON')
  return format === 'row' ? printRows(entries) : printColumns(entries)
}
