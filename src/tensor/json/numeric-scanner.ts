// The short way for bodies that are mostly numbers: from bytes straight into a typed array. Takes only what is plain and regular, and says no to everything else, for which parse.ts holds the meaning.
import type { DType } from '../dtype.js'
import { allocate, type NumericData, type Tensor } from '../tensor.js'
import { doubleOf, exactPowers, integerOf, putLong } from './number.js'

/** The least and the greatest whole number of the types that take no fraction and fit into a double. */
const wholeTypes: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  DT_INT8: [-128, 127],
  DT_INT16: [-32768, 32767],
  DT_INT32: [-2147483648, 2147483647],
  DT_UINT8: [0, 255],
  DT_UINT16: [0, 65535],
  DT_UINT32: [0, 4294967295]
}

const scanned = new Set<DType>(['DT_FLOAT', 'DT_DOUBLE', 'DT_INT64', 'DT_UINT64', ...Object.keys(wholeTypes) as DType[]])

/** Deeper nesting than any real tensor has is left to the tolerant parser. */
const maxRank = 32

/** While a body arrives, so many bytes must lie ahead before anything but a list's elements is read: names, brackets and white space between them take less, or are left to the parser. */
const aheadBytes = 2048

/** A scan that yields where it needs more of a body that is still arriving; of a whole body it runs to its end. */
export type Steps<T> = Generator<undefined, T, undefined>

/** What a scan makes of a body that is whole. */
export const runSteps = <T>(steps: Steps<T>): T => steps.next().value as T

/** A list under way: what is read of it so far, and in which of its dimensions the next bytes stand. */
interface Elements { readonly dtype: DType, readonly shape: number[], readonly counts: number[], data: NumericData, length: number, level: number }

export interface ScannerOptions {
  /** Whether the integer literal -0 keeps its sign. In TensorFlow Serving's JSON it has none to keep. */
  readonly minusZero?: boolean
  /** How long a body will be that is still arriving: nothing of it is there yet. */
  readonly expectedBytes?: number | undefined
}

/** A cursor over one body. Every method leaves `at` where it gave up; a scan that failed is not to be continued. */
export class NumericScanner {
  #bytes: Buffer
  readonly #minusZero: boolean
  readonly #expectedBytes: number
  #whole: boolean
  /** The last comma that has arrived: no element that begins before it is cut off. */
  #comma: number
  at = 0

  constructor (bytes: Buffer, { minusZero = false, expectedBytes }: ScannerOptions = {}) {
    this.#bytes = bytes
    this.#minusZero = minusZero
    this.#whole = expectedBytes === undefined
    this.#expectedBytes = expectedBytes ?? bytes.length
    this.#comma = this.#whole ? Infinity : -1
  }

  /** More of the body has come: `bytes` is all of it that is there, from the first byte on. */
  extend (bytes: Buffer, whole: boolean): void {
    const comma = whole ? Infinity : bytes.subarray(this.#bytes.length).lastIndexOf(0x2c)
    if (comma >= 0) this.#comma = this.#bytes.length + comma
    this.#bytes = bytes
    this.#whole = whole
  }

  /** Whether the whole body is there. */
  get whole (): boolean { return this.#whole }

  /** Whether what comes next may not have arrived yet. */
  get short (): boolean { return !this.#whole && this.#bytes.length - this.at < aheadBytes }

  /** Moves past white space and returns the byte there, -1 at the end. */
  peek (): number {
    const bytes = this.#bytes
    let at = this.at
    while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
    this.at = at
    return at < bytes.length ? bytes[at] : -1
  }

  /** Moves past this byte if it comes next. */
  take (byte: number): boolean {
    if (this.peek() !== byte) return false
    this.at++
    return true
  }

  /** A short string of plain ASCII without escapes; undefined for any other. */
  plainString (): string | undefined {
    if (!this.take(0x22)) return undefined
    const start = this.at
    for (let at = start; at < start + 256; at++) {
      const byte = this.#bytes[at]
      if (byte === 0x22) {
        this.at = at + 1
        return this.#bytes.toString('latin1', start, at)
      }
      if (!(byte >= 0x20 && byte < 0x7f) || byte === 0x5c) return undefined
    }
    return undefined
  }

  /** A list, of lists, of numbers that all fit the dtype, regular in every dimension and without an empty list, or with `scalar` also one number alone; undefined for anything else. */
  * tensor (dtype: DType, { scalar = false } = {}): Steps<Tensor | undefined> {
    if (!scanned.has(dtype)) return undefined
    while (this.short) yield
    const shape: number[] = []
    while (this.take(0x5b)) {
      shape.push(0)
      if (shape.length > maxRank) return undefined
    }
    if (shape.length === 0 && !scalar) return undefined
    const rank = shape.length
    const room = rank === 0 ? 1 : Math.max(16, (this.#expectedBytes - this.at) >> 3)
    const elements: Elements = { dtype, shape, counts: new Array<number>(rank).fill(0), data: allocate(dtype, room), length: 0, level: rank - 1 }
    for (;;) {
      const data = this.#elements(elements)
      if (data !== 'more') return data === undefined ? undefined : { dtype, shape, data }
      yield
    }
  }

  /** Reads on behind the opening brackets or a comma, to the end of the list or, with `more`, of the elements that have arrived whole. Fills in the sizes of the shape. */
  #elements (elements: Elements): NumericData | 'more' | undefined {
    const { dtype, shape, counts } = elements
    const rank = shape.length
    const comma = this.#comma
    const whole = wholeTypes[dtype]
    const long = dtype === 'DT_INT64' || dtype === 'DT_UINT64'
    let { data, length, level } = elements
    let words = long ? wordsOf(data) : undefined
    for (;;) {
      if (this.at > comma) {
        elements.data = data
        elements.length = length
        elements.level = level
        return 'more'
      }
      for (; level < rank - 1; level++) if (!this.take(0x5b)) return undefined
      if (length === data.length) {
        data = grown(dtype, data)
        if (long) words = wordsOf(data)
      }
      this.peek()
      if (words !== undefined) {
        if (!this.#long(data as BigInt64Array, words, length, dtype === 'DT_UINT64')) return undefined
        length++
      } else {
        const value = this.#number()
        // NaN says that there is no number here, or one with a spelling that the tolerant parser must judge.
        if (value !== value) return undefined
        if (whole !== undefined && (!this.#integer || value < whole[0] || value > whole[1])) return undefined
        data[length++] = value as never
      }
      if (rank === 0) return data
      counts[level]++
      for (;;) {
        const byte = this.peek()
        this.at++
        if (byte === 0x2c) break
        if (byte !== 0x5d) return undefined
        if (shape[level] === 0) shape[level] = counts[level]
        else if (shape[level] !== counts[level]) return undefined
        counts[level] = 0
        if (level-- === 0) return data.subarray(0, length)
        counts[level]++
      }
    }
  }

  /** Reads an integer literal into element `index`; false for anything else, and for what the type cannot hold. */
  #long (data: BigInt64Array, words: Int32Array, index: number, unsigned: boolean): boolean {
    const bytes = this.#bytes
    const start = this.at
    const negative = bytes[start] === 0x2d
    const first = negative ? start + 1 : start
    let at = first
    while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++
    const end = bytes[at]
    if (at === first || (at - first > 1 && bytes[first] === 0x30) || end === 0x2e || end === 0x65 || end === 0x45) return false
    this.at = at
    if (at - first <= 18 && (!negative || !unsigned)) return putLong(words, index * 2, bytes, first, at, negative)
    if (at - first > 20) return false
    const exact = integerOf(bytes, start, at)
    if (unsigned ? exact < 0n || exact > 18446744073709551615n : exact < -9223372036854775808n || exact > 9223372036854775807n) return false
    data[index] = exact
    return true
  }

  /** Whether the last number was written without point and exponent. */
  #integer = false

  /** The number at `at`; NaN where there is none that JSON's own grammar knows, or where its exponent is large. */
  #number (): number {
    const bytes = this.#bytes
    const start = this.at
    let at = start
    const negative = bytes[at] === 0x2d
    if (negative) at++
    const first = at
    let mantissa = 0
    let digit = bytes[at] - 0x30
    if (!(digit >= 0 && digit <= 9)) return NaN
    do {
      mantissa = mantissa * 10 + digit
      digit = bytes[++at] - 0x30
    } while (digit >= 0 && digit <= 9)
    const wholeDigits = at - first
    if (wholeDigits > 1 && bytes[first] === 0x30) return NaN
    if (wholeDigits > 20) return NaN
    this.#integer = true
    let decimals = 0
    if (bytes[at] === 0x2e) {
      this.#integer = false
      const point = at
      digit = bytes[++at] - 0x30
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit
        digit = bytes[++at] - 0x30
      }
      decimals = at - point - 1
      if (decimals === 0) return NaN
    }
    const byte = bytes[at]
    if (byte === 0x65 || byte === 0x45) return this.#withExponent(start, at)
    this.at = at
    // Up to 15 digits are exact in a double, and so is the power of ten: one rounding.
    if (wholeDigits + decimals > 15) return doubleOf(bytes, start, at)
    const value = decimals === 0 ? mantissa : mantissa / exactPowers[decimals]
    return negative && (value !== 0 || !this.#integer || this.#minusZero) ? -value : value
  }

  #withExponent (start: number, exponent: number): number {
    const bytes = this.#bytes
    let at = exponent + 1
    if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++
    const first = at
    while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++
    // From 1e100 on the tolerant parser knows what is too big.
    if (at === first || at - first > 2) return NaN
    this.#integer = false
    this.at = at
    return doubleOf(bytes, start, at)
  }
}

/** The elements' halves, two for each. */
const wordsOf = (data: NumericData): Int32Array => new Int32Array(data.buffer as ArrayBuffer, data.byteOffset, data.length * 2)

function grown (dtype: DType, data: NumericData): NumericData {
  const larger = allocate(dtype, data.length * 2)
  larger.set(data as never)
  return larger
}
