// Strings beside tables: join, case, numbers from and to text, length, strip. Bytes are kept as they are unless an op says UTF-8.
import { elementCount } from '../../../tensor/tensor.js'
import { bytesOf, invalid, isBig, newElements, shapeText, smallIntegerTypes, tensorFrom, tensorOf, typeAttribute } from './values.js'
import type { Tensor } from '../../../tensor/tensor.js'
import type { Op, OpFamily } from '../kernel.js'

const strings = (shape: readonly number[], data: readonly Uint8Array[]): Tensor => ({ dtype: 'DT_STRING', shape, data })

/** A view as Buffer, for its methods. */
const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** An op that changes every string by itself. */
const perString = (change: (bytes: Uint8Array) => Uint8Array): ReturnType<Op> => inputs => {
  const { shape, data } = tensorOf(inputs[0])
  return strings(shape, (data as readonly Uint8Array[]).map(change))
}

const upperA = 65
const lowerA = 97

/** Shifts the ASCII letters that start at `first` by `shift`. */
const shiftLetters = (first: number, shift: number) => (bytes: Uint8Array): Uint8Array =>
  bytes.map(byte => byte >= first && byte < first + 26 ? byte + shift : byte)

/** Without an encoding only ASCII letters change; with utf-8, all letters, by the root locale. */
const changeCase = (ascii: (bytes: Uint8Array) => Uint8Array, unicode: (text: string) => string): Op => node => {
  const encoding = node.attrs.string('encoding', '')
  if (encoding !== '' && encoding !== 'utf-8') node.unimplemented(`encoding=${encoding}`)
  return perString(encoding === '' ? ascii : bytes => new Uint8Array(Buffer.from(unicode(bufferOf(bytes).toString('utf8')))))
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

function strip (bytes: Uint8Array): Uint8Array {
  let start = 0
  let end = bytes.length
  while (start < end && isSpace(bytes[start])) start++
  while (end > start && isSpace(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}

/** Joins the inputs string by string; scalars are repeated. */
const stringJoin: Op = node => {
  const separator = Buffer.from(node.attrs.string('separator', ''))
  return inputs => {
    const tensors = inputs.map(tensorOf)
    const shape = tensors.find(tensor => tensor.shape.length > 0)?.shape ?? []
    const columns = tensors.map(tensor => {
      if (tensor.shape.length > 0 && shapeText(tensor.shape) !== shapeText(shape)) throw invalid(`Input shapes do not match: ${shapeText(shape)} vs. ${shapeText(tensor.shape)}`)
      return bytesOf(tensor)
    })
    const data = Array.from({ length: elementCount(shape) }, (_, i) => {
      const parts = columns.map((column, k) => tensors[k].shape.length === 0 ? column[0] : column[i])
      return new Uint8Array(Buffer.concat(parts.flatMap((part, k) => k === 0 ? [part] : [separator, part])))
    })
    return strings(shape, data)
  }
}

/** Counts bytes, or code points as bytes that do not continue another. */
const stringLength: Op = node => {
  const unit = node.attrs.string('unit', 'BYTE')
  if (unit !== 'BYTE' && unit !== 'UTF8_CHAR') node.unimplemented(`unit=${unit}`)
  const count = (bytes: Uint8Array): number => unit === 'BYTE' ? bytes.length : bytes.reduce((sum, byte) => (byte & 0xc0) === 0x80 ? sum : sum + 1, 0)
  return inputs => {
    const tensor = tensorOf(inputs[0])
    return { dtype: 'DT_INT32', shape: tensor.shape, data: Int32Array.from(bytesOf(tensor), count) }
  }
}

const decimal = /^[ \t\n\v\f\r]*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)[ \t\n\v\f\r]*$/
const specialNumber = /^[ \t\n\v\f\r]*([+-]?)(inf|nan)[ \t\n\v\f\r]*$/i
const hexadecimal = /^[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+)[ \t\n\v\f\r]*$/i
const integer = /^[ \t\n\v\f\r]*-?\d+[ \t\n\v\f\r]*$/

/** A decimal text as TensorFlow's strings::safe_strtod takes it; undefined when it is none. */
function parseReal (text: string): number | undefined {
  if (decimal.test(text)) return Number(text)
  const hex = hexadecimal.exec(text)
  if (hex !== null) return (hex[1] === '-' ? -1 : 1) * Number(hex[2])
  const special = specialNumber.exec(text)
  if (special === null) return undefined
  return special[2][0].toLowerCase() === 'n' ? NaN : special[1] === '-' ? -Infinity : Infinity
}

const stringToNumber: Op = node => {
  const dtype = typeAttribute(node, 'out_type', ['DT_FLOAT', 'DT_DOUBLE', 'DT_INT32', 'DT_INT64'], 'DT_FLOAT')
  const bits = dtype === 'DT_INT32' ? 32 : 64
  const parse = (text: string): number | bigint | undefined => {
    if (dtype === 'DT_FLOAT' || dtype === 'DT_DOUBLE') return parseReal(text)
    if (!integer.test(text)) return undefined
    const value = BigInt(text.trim())
    if (BigInt.asIntN(bits, value) !== value) return undefined
    return isBig(dtype) ? value : Number(value)
  }
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const out = newElements(dtype, tensor.data.length)
    bytesOf(tensor).forEach((bytes, i) => {
      const value = parse(bufferOf(bytes).toString('latin1'))
      if (value === undefined) throw invalid(`StringToNumberOp could not correctly convert string: ${bufferOf(bytes).toString()}`)
      out[i] = value
    })
    return tensorFrom(dtype, tensor.shape, out)
  }
}

/** printf's %.<precision>f of a double. */
function fixed (value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  const size = Math.abs(value)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (size >= 1e21) return `${sign}${BigInt(size)}${precision > 0 ? `.${'0'.repeat(precision)}` : ''}`
  return sign + (isTie(size, precision) ? downToEven(size, precision) : size.toFixed(precision))
}

/** Whether the exact decimal expansion ends in a single 5 after the wanted digits. */
function isTie (size: number, precision: number): boolean {
  const rest = size.toFixed(100).split('.')[1].slice(precision)
  return /^50*$/.test(rest)
}

/** JavaScript rounds ties up, C to the even digit. */
function downToEven (size: number, precision: number): string {
  const up = size.toFixed(precision)
  if (Number(up[up.length - 1]) % 2 === 0) return up
  const digits = size.toFixed(100)
  return digits.slice(0, digits.indexOf('.') + (precision === 0 ? 0 : precision + 1))
}

const asString: Op = node => {
  const dtype = typeAttribute(node, 'T', [...smallIntegerTypes, 'DT_INT64', 'DT_UINT64', 'DT_FLOAT', 'DT_DOUBLE', 'DT_BOOL', 'DT_STRING'])
  if (dtype === 'DT_STRING') return ([input]) => input
  const precision = node.attrs.int('precision', -1)
  for (const [name, plain] of [['scientific', false], ['shortest', false]] as const) {
    if (node.attrs.bool(name, false) !== plain) node.unimplemented(`${name}=true`)
  }
  const width = node.attrs.int('width', -1)
  const filling = node.attrs.string('fill', '')
  if (filling !== '' && filling !== ' ' && filling !== '0') node.unimplemented(`fill=${filling}`)
  const real = dtype === 'DT_FLOAT' || dtype === 'DT_DOUBLE'
  if (!real && precision >= 0) throw invalid(`precision not supported for type ${dtype}`)
  if (precision > 60) node.unimplemented(`precision=${precision}`)
  const write = (value: number | bigint): string => {
    if (dtype === 'DT_BOOL') return value === 0 ? 'false' : 'true'
    const text = real ? fixed(value as number, precision < 0 ? 6 : precision) : value.toString()
    if (filling !== '0' || !/\d/.test(text)) return text.padStart(width, ' ')
    return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0')
  }
  return inputs => {
    const tensor = tensorOf(inputs[0])
    const values = tensor.data as ArrayLike<number | bigint>
    return strings(tensor.shape, Array.from(values, value => new Uint8Array(Buffer.from(write(value)))))
  }
}

export const texts: OpFamily = {
  StringJoin: stringJoin,
  StringLower: changeCase(shiftLetters(upperA, lowerA - upperA), text => text.toLowerCase()),
  StringUpper: changeCase(shiftLetters(lowerA, upperA - lowerA), text => text.toUpperCase()),
  StringStrip: () => perString(strip),
  StringLength: stringLength,
  StringToNumber: stringToNumber,
  AsString: asString
}
