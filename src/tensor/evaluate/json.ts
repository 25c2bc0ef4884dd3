// Strict JSON for our own API: bytes ↔ values with whole numbers exact beyond 2^53. Knows no tensors by name.
import { OutriggerError } from '../../errors.js'
import { dtypes, type DType } from '../dtype.js'
import type { NumericData, Tensor } from '../tensor.js'
import { tensorText } from './encode.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Marks a whole number that a double may not hold while the text passes through JSON.parse. */
const mark = 'outrigger:int'
/** Whole numbers of so many digits may not be exact as doubles. */
const manyDigits = /\d{16}/
const numbers = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
/** What is nested deeper cannot be walked by functions that call themselves, as handlers and validators do. No tensor has so many dimensions. */
const maxDepth = 500

const isMarked = (value: unknown): value is { [mark]: string } => typeof value === 'object' && value !== null && mark in value && typeof (value as Record<string, unknown>)[mark] === 'string'

/** The place behind the string whose content begins at `at`; the end where it is not closed. */
function stringEnd (text: string, at: number): number {
  for (let end = text.indexOf('"', at); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (end - slashes > at && text[end - slashes - 1] === '\\') slashes++
    if (slashes % 2 === 0) return end + 1
  }
  return text.length
}

/** Whether lists and objects of valid JSON are nested deeper than the limit. */
function isDeep (text: string): boolean {
  if (text.length <= maxDepth) return false
  for (let at = 0, depth = 0; at < text.length;) {
    switch (text.charCodeAt(at++)) {
      case 0x22: at = stringEnd(text, at); break
      case 0x5b: case 0x7b: if (++depth > maxDepth) return true; break
      case 0x5d: case 0x7d: depth--; break
    }
  }
  return false
}

/** Longer ones than 309 digits are infinite as doubles, and no integer type holds them: they stay so. */
const markNumbers = (text: string): string => text.replace(numbers, literal => /^-?\d{16,309}$/.test(literal) && !Number.isSafeInteger(Number(literal)) ? `{"${mark}":"${literal}"}` : literal)

/** Puts marks around the whole numbers of valid JSON that a double may not hold. Strings, which can be longer than a pattern can match, are passed over by their ends. */
function markText (text: string): string {
  const parts: string[] = []
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at)
    const start = quote < 0 ? text.length : quote
    const end = quote < 0 ? text.length : stringEnd(text, quote + 1)
    parts.push(markNumbers(text.slice(at, start)), text.slice(start, end))
    at = end
  }
  return parts.join('')
}

/**
 * Parses a JSON text (RFC 8259, UTF-8, a byte order mark is passed over). Whole numbers outside ±2^53 become what `big` makes of their digits (at most 309), by default bigints; all else is as JSON.parse gives it.
 * Throws REQUEST_NOT_JSON, REQUEST_INVALID for what is nested deeper than 500 lists and objects, and what `big` throws.
 */
export function parseJson (body: Uint8Array, big: (digits: string) => unknown = BigInt): unknown {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    throw new OutriggerError('REQUEST_NOT_JSON', 'The body is not valid UTF-8')
  }
  if (text.trim() === '') throw new OutriggerError('REQUEST_NOT_JSON', 'The body is empty where JSON is expected')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new OutriggerError('REQUEST_NOT_JSON', `The body is not valid JSON: ${(error as Error).message}`)
  }
  if (isDeep(text)) {
    const detail = `is nested deeper than ${maxDepth} lists and objects`
    throw new OutriggerError('REQUEST_INVALID', `The JSON ${detail}`, { errors: [{ pointer: '', detail }] })
  }
  if (!manyDigits.test(text)) return value
  return JSON.parse(markText(text), (_key, value: unknown) => isMarked(value) && /^-?\d{16,309}$/.test(value[mark]) ? big(value[mark]) : value)
}

const dtypeOfArray: Readonly<Record<string, DType>> = {
  Float32Array: 'DT_FLOAT', Float64Array: 'DT_DOUBLE', Int8Array: 'DT_INT8', Int16Array: 'DT_INT16', Int32Array: 'DT_INT32', BigInt64Array: 'DT_INT64', Uint8Array: 'DT_UINT8', Uint8ClampedArray: 'DT_UINT8', Uint16Array: 'DT_UINT16', Uint32Array: 'DT_UINT32', BigUint64Array: 'DT_UINT64'
}

/** The dtype that a typed array's elements are taken for; undefined for anything but a typed array. */
export function dtypeOfTypedArray (value: unknown): DType | undefined {
  return ArrayBuffer.isView(value) ? dtypeOfArray[(value as unknown as Record<symbol, string>)[Symbol.toStringTag] ?? ''] : undefined
}

/** True for something of the form of a tensor: dtype, shape, data. */
export function isTensor (value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false
  const { dtype, shape, data } = value as Record<string, unknown>
  return typeof dtype === 'string' && Object.hasOwn(dtypes, dtype) && Array.isArray(shape) && typeof data === 'object' && data !== null
}

/**
 * Writes a value as JSON. Besides what JSON knows: bigints by their digits, typed arrays and tensors as (nested) lists with shortest numbers, NaN and infinities as the words "NaN", "Infinity", "-Infinity",
 * Maps as objects, Sets as lists; toJSON is honoured. Throws a TypeError for functions, symbols and cycles.
 */
export function writeJson (value: unknown, open: readonly object[] = []): string {
  switch (typeof value) {
    case 'string': case 'boolean': return JSON.stringify(value)
    case 'number': return Number.isFinite(value) ? Object.is(value, -0) ? '-0' : String(value) : `"${value}"`
    case 'bigint': return value.toString()
    case 'undefined': return 'null'
    case 'object': break
    default: throw new TypeError(`a ${typeof value} cannot be written as JSON`)
  }
  if (value === null) return 'null'
  if (open.includes(value)) throw new TypeError('a cycle cannot be written as JSON')
  if (open.length > 500) throw new TypeError('lists nested deeper than 500 cannot be written')
  const dtype = dtypeOfTypedArray(value)
  if (dtype !== undefined) return tensorText({ dtype, shape: [(value as NumericData).length], data: value as NumericData })
  if (isTensor(value)) return tensorText(value)
  const inside = [...open, value]
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return writeJson(toJSON.call(value), inside)
  if (value instanceof Set) return writeJson([...value], inside)
  if (Array.isArray(value)) return `[${value.map(item => writeJson(item, inside)).join(',')}]`
  const entries = value instanceof Map ? [...value].map(([key, item]) => [String(key), item as unknown] as const) : Object.entries(value)
  return `{${entries.filter(([, item]) => item !== undefined).map(([key, item]) => `${JSON.stringify(key)}:${writeJson(item, inside)}`).join(',')}}`
}
