// JSON values into the elements of one tensor: which literals a dtype takes, and the messages where one does not fit. Source: sections 5.3 and 5.4.
import { OutriggerError } from '../../errors.js'
import { dtypes, type DType } from '../dtype.js'
import { float32ToBfloat16, float32ToHalf } from '../half.js'
import { allocate, type NumericData, type TensorData } from '../tensor.js'
import { decodeBase64 } from './base64.js'
import { DOUBLE, FALSE, INTEGER, OBJECT, TRUE, type Document } from './document.js'
import { dump, typeName } from './dump.js'

/** Elements of one tensor, collected one after the other. */
export interface Elements {
  readonly length: number
  /** Appends the value at `node`, which is no list. Throws REQUEST_INVALID, or REQUEST_UNIMPLEMENTED for a dtype that JSON cannot fill. */
  push (document: Document, node: number): void
  /** What was collected; the collector is not to be used afterwards. */
  data (): TensorData
}

export const invalid = (message: string): OutriggerError => new OutriggerError('REQUEST_INVALID', message)

const typeError = (document: Document, node: number, dtype: DType): OutriggerError =>
  invalid(`JSON Value: ${dump(document, node)} Type: ${typeName(document, node)} is not of expected type: ${dtypes[dtype].short}`)

/** Whether an object stands for bytes: exactly one key, `b64`, with a string. */
export function isBase64Object (document: Document, node: number): boolean {
  return document.kind(node) === OBJECT && document.size(node) === 1 && document.isString(node + 2) && document.text(node + 1) === 'b64'
}

/** Bytes of a base64 object. Throws REQUEST_INVALID. */
export function base64Bytes (document: Document, node: number): Buffer {
  const text = document.stringBytes(node + 2)
  const bytes = decodeBase64(text)
  if (bytes !== undefined) return bytes
  const hint = /^[A-Za-z0-9_\s-]*={0,2}\s*$/.test(text.toString('latin1')) && /[-_]/.test(text.toString('latin1')) ? ' (the URL-safe alphabet is not taken: use + and /)' : ''
  throw invalid(`Unable to base64 decode${hint}`)
}

class Strings implements Elements {
  readonly #values: Uint8Array[] = []

  get length (): number { return this.#values.length }

  push (document: Document, node: number): void {
    if (document.isString(node)) this.#values.push(document.stringBytes(node))
    else if (document.kind(node) !== OBJECT) throw typeError(document, node, 'DT_STRING')
    else if (isBase64Object(document, node)) this.#values.push(base64Bytes(document, node))
    else throw invalid(`JSON Value: ${dump(document, node)} not formatted correctly for base64 data`)
  }

  data (): TensorData { return this.#values }
}

/** Reads a value of this dtype, or says by undefined that the literal does not fit. */
type ReadNumber = (document: Document, node: number) => number | undefined
type ReadInteger = (document: Document, node: number) => bigint | undefined

const readDouble: ReadNumber = (document, node) => {
  const kind = document.kind(node)
  return kind === INTEGER || kind === DOUBLE ? document.double(node) : undefined
}

/** Whole literals within the bounds, which doubles hold exactly. */
const readWhole = (lowest: number, highest: number): ReadNumber => (document, node) => {
  if (document.kind(node) !== INTEGER) return undefined
  const value = document.double(node)
  return value >= lowest && value <= highest ? value : undefined
}

const readLong = (lowest: bigint, highest: bigint): ReadInteger => (document, node) => {
  if (document.kind(node) !== INTEGER) return undefined
  const value = document.integer(node)
  return value >= lowest && value <= highest ? value : undefined
}

const readBool: ReadNumber = (document, node) => document.kind(node) === TRUE ? 1 : document.kind(node) === FALSE ? 0 : undefined

const converted = (read: ReadNumber, convert: (value: number) => number): ReadNumber => (document, node) => {
  const value = read(document, node)
  return value === undefined ? undefined : convert(value)
}

/** A number outside of a narrow type is refused; TensorFlow Serving would wrap it silently. */
const readers: Readonly<Partial<Record<DType, ReadNumber | ReadInteger>>> = {
  DT_FLOAT: readDouble,
  DT_DOUBLE: readDouble,
  DT_HALF: converted(readDouble, float32ToHalf),
  DT_BFLOAT16: converted(readDouble, float32ToBfloat16),
  DT_INT32: readWhole(-2147483648, 2147483647),
  DT_INT16: readWhole(-32768, 32767),
  DT_INT8: readWhole(-128, 127),
  DT_UINT8: readWhole(0, 255),
  DT_UINT16: readWhole(0, 65535),
  DT_UINT32: readWhole(0, 4294967295),
  DT_INT64: readLong(-(2n ** 63n), 2n ** 63n - 1n),
  DT_UINT64: readLong(0n, 2n ** 64n - 1n),
  DT_BOOL: readBool
}

class Numbers implements Elements {
  readonly #dtype: DType
  readonly #read: ReadNumber | ReadInteger | undefined
  #values: NumericData
  length = 0

  constructor (dtype: DType) {
    this.#dtype = dtype
    this.#read = readers[dtype]
    this.#values = allocate(this.#read === undefined ? 'DT_UINT8' : dtype, 64)
  }

  push (document: Document, node: number): void {
    if (document.kind(node) === OBJECT) throw typeError(document, node, this.#dtype)
    if (this.#read === undefined) throw new OutriggerError('REQUEST_UNIMPLEMENTED', `Conversion of JSON Value: ${dump(document, node)} to type: ${dtypes[this.#dtype].short}`)
    const value = this.#read(document, node)
    if (value === undefined) throw typeError(document, node, this.#dtype)
    if (this.length === this.#values.length) this.#grow()
    this.#values[this.length++] = value as never
  }

  #grow (): void {
    const larger = allocate(this.#dtype, this.length * 2)
    larger.set(this.#values as never)
    this.#values = larger
  }

  data (): TensorData {
    if (this.#read === undefined) return new Uint8Array(0)
    return this.#values.subarray(0, this.length)
  }
}

/** A collector for this dtype. Resources and variants get one that takes nothing. */
export const elementsOf = (dtype: DType): Elements => dtype === 'DT_STRING' ? new Strings() : new Numbers(dtype)
