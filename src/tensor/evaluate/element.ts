// One JSON value ↔ one element of a tensor, strictly by dtype. Knows no shapes and no names.
import type { DType } from '../dtype.js'
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from '../half.js'
import type { TextWriter } from '../text-writer.js'
import { putShortestFloat32, shortestBy, shortestFloat64 } from './shortest.js'

/** An element as the tensor's array holds it. */
export type Element = number | bigint | Uint8Array

/** Turns a JSON value into an element; answers a text that says what is wrong with it instead where it does not fit. */
export type ReadElement = (value: unknown) => Element | string

const kindOf = (value: unknown): string => value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value === 'string' ? 'a string' : typeof value === 'boolean' ? 'a boolean' : typeof value === 'number' || typeof value === 'bigint' ? 'a number' : 'an object'

/** The three words stand for what JSON numbers cannot write; they are valid for floating point types only. */
const words: ReadonlyMap<unknown, number> = new Map([['NaN', NaN], ['Infinity', Infinity], ['-Infinity', -Infinity]])

/** `largest` is the greatest finite value; what would round beyond it is refused. */
const floating = (name: string, round: (value: number) => number, store: (value: number) => number): ReadElement => value => {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const double = Number(value)
    return Number.isFinite(round(double)) ? store(double) : `is out of the range of ${name}`
  }
  const word = words.get(value)
  return word === undefined ? `must be a number (${name}), not ${kindOf(value)}` : store(word)
}

const integer = (name: string, bits: number, signed: boolean): ReadElement => {
  const low = signed ? -(2n ** BigInt(bits - 1)) : 0n
  const high = 2n ** BigInt(signed ? bits - 1 : bits) - 1n
  return value => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return `must be a whole number (${name}), not ${kindOf(value)}`
    if (typeof value === 'number' && !Number.isInteger(value)) return `must be a whole number (${name}), not ${String(value)}`
    const exact = BigInt(value)
    if (exact < low || exact > high) return `is out of the range of ${name}, ${low} to ${high}`
    return bits === 64 ? exact : Number(exact)
  }
}

const small = (name: string, low: number, high: number): ReadElement => value => {
  if (typeof value === 'number' && Number.isInteger(value)) return value >= low && value <= high ? value : `is out of the range of ${name}, ${low} to ${high}`
  if (typeof value === 'bigint') return `is out of the range of ${name}, ${low} to ${high}`
  return typeof value === 'number' ? `must be a whole number (${name}), not ${value}` : `must be a whole number (${name}), not ${kindOf(value)}`
}

/** The bytes of a base64 text, padded or not; undefined when it is none. */
export function readBase64 (text: string): Uint8Array | undefined {
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length
  if (/[^A-Za-z0-9+/]/.test(text.slice(0, end)) || end % 4 === 1 || (end < text.length && text.length % 4 !== 0)) return undefined
  return new Uint8Array(Buffer.from(text, 'base64'))
}

const text: ReadElement = value => {
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be a string, not ${kindOf(value)}`
  const { b64, ...rest } = value as Record<string, unknown>
  if (typeof b64 !== 'string' || Object.keys(rest).length > 0) return 'must be a string or {"b64": "…"}'
  return readBase64(b64) ?? 'has a b64 that is not base64'
}

const boolean: ReadElement = value => typeof value === 'boolean' ? Number(value) : `must be true or false, not ${kindOf(value)}`

const int8 = small('int8', -128, 127)
const uint8 = small('uint8', 0, 255)
const int16 = small('int16', -32768, 32767)
const uint16 = small('uint16', 0, 65535)
const int32 = small('int32', -2147483648, 2147483647)

const readers: Partial<Record<DType, ReadElement>> = {
  DT_FLOAT: floating('float32', Math.fround, value => value),
  DT_DOUBLE: floating('float64', value => value, value => value),
  DT_HALF: floating('float16', value => halfToFloat32(float32ToHalf(value)), float32ToHalf),
  DT_BFLOAT16: floating('bfloat16', value => bfloat16ToFloat32(float32ToBfloat16(value)), float32ToBfloat16),
  DT_INT8: int8,
  DT_QINT8: int8,
  DT_UINT8: uint8,
  DT_QUINT8: uint8,
  DT_INT16: int16,
  DT_QINT16: int16,
  DT_UINT16: uint16,
  DT_QUINT16: uint16,
  DT_INT32: int32,
  DT_QINT32: int32,
  DT_UINT32: small('uint32', 0, 4294967295),
  DT_INT64: integer('int64', 64, true),
  DT_UINT64: integer('uint64', 64, false),
  DT_BOOL: boolean,
  DT_STRING: text
}

/** The reader of a dtype; undefined for those that have no JSON form here (complex numbers, resources, variants). */
export const elementReader = (dtype: DType): ReadElement | undefined => readers[dtype]

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function putText (out: TextWriter, bytes: Uint8Array): void {
  try {
    out.utf8(JSON.stringify(utf8.decode(bytes)))
  } catch {
    out.utf8(`{"b64":"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"}`)
  }
}

/** Writes an element as JSON. */
export type PutElement = (out: TextWriter, element: Element) => void

const finite = (put: (out: TextWriter, value: number) => void): PutElement => (out, element) => {
  const value = element as number
  if (Number.isFinite(value)) put(out, value)
  else out.ascii(`"${value}"`)
}
const half = finite((out, value) => { out.ascii(shortestBy(value, short => halfToFloat32(float32ToHalf(short)))) })
const bfloat16 = finite((out, value) => { out.ascii(shortestBy(value, short => bfloat16ToFloat32(float32ToBfloat16(short)))) })
const float32 = finite(putShortestFloat32)
const float64 = finite((out, value) => { out.ascii(shortestFloat64(value)) })

/** How an element of this dtype is written: numbers shortest, 64-bit integers by all their digits, what is not finite as the words "NaN", "Infinity", "-Infinity", texts that are not UTF-8 as {"b64": …}. */
export function elementPutter (dtype: DType): PutElement {
  switch (dtype) {
    case 'DT_FLOAT': case 'DT_COMPLEX64': return float32
    case 'DT_DOUBLE': case 'DT_COMPLEX128': return float64
    case 'DT_HALF': return (out, element) => { half(out, halfToFloat32(element as number)) }
    case 'DT_BFLOAT16': return (out, element) => { bfloat16(out, bfloat16ToFloat32(element as number)) }
    case 'DT_BOOL': return (out, element) => { out.ascii(element === 0 ? 'false' : 'true') }
    case 'DT_STRING': case 'DT_RESOURCE': case 'DT_VARIANT': return (out, element) => { putText(out, element as Uint8Array) }
    case 'DT_INT64': case 'DT_UINT64': return (out, element) => { out.ascii(element.toString()) }
    default: return (out, element) => { out.whole(element as number) }
  }
}
