// The JSON of TensorFlow Serving's REST: bytes to a Document, by the grammar, the error texts and the byte offsets of its parser. No recursion, so nesting is limited by memory alone. Source: section 4 of the case-by-case reference.
import { OutriggerError } from '../../errors.js'
import { ARRAY, DOUBLE, Document, ESCAPED, FALSE, INTEGER, NULL, OBJECT, STRING, TRUE } from './document.js'

export const syntaxErrors = {
  empty: 'The document is empty.',
  value: 'Invalid value.',
  name: 'Missing a name for object member.',
  colon: 'Missing a colon after a name of object member.',
  member: "Missing a comma or '}' after an object member.",
  element: "Missing a comma or ']' after an array element.",
  hex: 'Incorrect hex digit after \\u escape in string.',
  surrogate: 'The surrogate pair in string is invalid.',
  escape: 'Invalid escape character in string.',
  quotation: 'Missing a closing quotation mark in string.',
  tooBig: 'Number too big to be stored in double.',
  fraction: 'Miss fraction part in number.',
  exponent: 'Miss exponent in number.'
} as const

/** What may come next. `first` positions are those right after an opening bracket, where the closing one may follow. */
const AT_VALUE = 0
const AT_FIRST_ELEMENT = 1
const AT_FIRST_KEY = 2
const AT_KEY = 3
const AFTER_ELEMENT = 4
const AFTER_MEMBER = 5

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** Largest finite double, a tenth of it: one digit more than this does not fit. */
const tenthOfLargest = 1.7976931348623157e307
const largestUint64 = 18446744073709551615n
const largestNegative = 9223372036854775808n

/** Where a run of bytes that mean themselves in a string ends. One read of each: these loops go over whole pictures. */
function afterPlain (bytes: Buffer, at: number): number {
  for (; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) break
  }
  return at
}

/** Room for so many nodes is made at once: long bodies may be a few long strings. */
const mostAtFirst = 512

class Parser {
  readonly #bytes: Buffer
  #at = 0
  #kinds: Uint8Array
  #first: Int32Array
  #last: Int32Array
  #count = 0
  /** Nodes of the open containers, outermost first. */
  #open = new Int32Array(64)
  #depth = 0

  constructor (bytes: Buffer) {
    this.#bytes = bytes
    const capacity = Math.min(mostAtFirst, Math.max(16, bytes.length >> 3))
    this.#kinds = new Uint8Array(capacity)
    this.#first = new Int32Array(capacity)
    this.#last = new Int32Array(capacity)
  }

  #fail (text: string, offset = this.#at): never {
    throw new OutriggerError('REQUEST_NOT_JSON', `JSON Parse error: ${text} at offset: ${offset}`)
  }

  /** The next byte; a NUL counts as the end, as it does in a text that ends with one. */
  #peek (): number { return this.#at < this.#bytes.length ? this.#bytes[this.#at] : 0 }

  #skipBlanks (): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  #add (kind: number, first: number, last: number): number {
    const node = this.#count++
    if (node === this.#kinds.length) this.#grow()
    this.#kinds[node] = kind
    this.#first[node] = first
    this.#last[node] = last
    return node
  }

  #grow (): void {
    const larger = (old: Int32Array): Int32Array => {
      const column = new Int32Array(old.length * 2)
      column.set(old)
      return column
    }
    const kinds = new Uint8Array(this.#kinds.length * 2)
    kinds.set(this.#kinds)
    this.#kinds = kinds
    this.#first = larger(this.#first)
    this.#last = larger(this.#last)
  }

  #enter (kind: number): void {
    if (this.#depth === this.#open.length) {
      const larger = new Int32Array(this.#depth * 2)
      larger.set(this.#open)
      this.#open = larger
    }
    this.#open[this.#depth++] = this.#add(kind, 0, 0)
    this.#at++
  }

  /** Closes the innermost container. */
  #leave (): void {
    this.#last[this.#open[--this.#depth]] = this.#count
    this.#at++
  }

  /** What follows a complete value here; -1 at the end of the document. */
  #afterValue (): number {
    if (this.#depth === 0) return -1
    const container = this.#open[this.#depth - 1]
    this.#first[container]++
    return this.#kinds[container] === ARRAY ? AFTER_ELEMENT : AFTER_MEMBER
  }

  document (): Document {
    for (const mark of [0xef, 0xbb, 0xbf]) if (this.#peek() === mark) this.#at++
    this.#skipBlanks()
    const begin = this.#peek()
    if (begin === 0 || begin === 0x5d || begin === 0x7d || begin === 0x2c || begin === 0x3a) this.#fail(syntaxErrors.empty)
    for (let state = AT_VALUE; state >= 0;) {
      this.#skipBlanks()
      state = this.#step(state, this.#peek())
    }
    return new Document(this.#bytes, this.#kinds, this.#first, this.#last)
  }

  /** Takes one token and returns the state after it. */
  #step (state: number, byte: number): number {
    switch (state) {
      case AFTER_ELEMENT:
        if (byte === 0x2c) { this.#at++; return AT_VALUE }
        if (byte !== 0x5d) this.#fail(syntaxErrors.element)
        this.#leave()
        return this.#afterValue()
      case AFTER_MEMBER:
        if (byte === 0x2c) { this.#at++; return AT_KEY }
        if (byte !== 0x7d) this.#fail(syntaxErrors.member)
        this.#leave()
        return this.#afterValue()
      case AT_FIRST_KEY:
      case AT_KEY:
        return this.#key(state, byte)
      case AT_FIRST_ELEMENT:
        if (byte !== 0x5d) return this.#value(byte)
        this.#leave()
        return this.#afterValue()
      default:
        return this.#value(byte)
    }
  }

  #key (state: number, byte: number): number {
    if (byte === 0x7d && state === AT_FIRST_KEY) {
      this.#leave()
      return this.#afterValue()
    }
    if (byte !== 0x22) this.#fail(syntaxErrors.name)
    this.#string()
    this.#skipBlanks()
    if (this.#peek() !== 0x3a) this.#fail(syntaxErrors.colon)
    this.#at++
    return AT_VALUE
  }

  #value (byte: number): number {
    switch (byte) {
      case 0x5b: this.#enter(ARRAY); return AT_FIRST_ELEMENT
      case 0x7b: this.#enter(OBJECT); return AT_FIRST_KEY
      case 0x22: this.#string(); break
      case 0x6e: this.#word('null', NULL); break
      case 0x74: this.#word('true', TRUE); break
      case 0x66: this.#word('false', FALSE); break
      default: this.#number()
    }
    return this.#afterValue()
  }

  /** Moves past `word` or fails at its first wrong byte. */
  #expect (word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#peek() !== word.charCodeAt(i)) this.#fail(syntaxErrors.value)
      this.#at++
    }
  }

  #word (word: string, kind: number): void {
    const start = this.#at
    this.#expect(word)
    this.#add(kind, start, this.#at)
  }

  #string (): void {
    const bytes = this.#bytes
    const start = ++this.#at
    let kind = STRING
    for (;;) {
      const byte = this.#peek()
      if (byte === 0x22) break
      if (byte === 0x5c) {
        kind = ESCAPED
        this.#escape()
      } else if (byte < 0x20) this.#fail(byte === 0 ? syntaxErrors.quotation : syntaxErrors.escape)
      else {
        this.#at = afterPlain(bytes, this.#at + 1)
      }
    }
    this.#add(kind, start, this.#at++)
  }

  #escape (): void {
    const start = this.#at++
    const letter = this.#peek()
    if (letter !== 0x75) {
      if (!'"\\/bfnrt'.includes(String.fromCharCode(letter))) this.#fail(syntaxErrors.escape, start)
      this.#at++
      return
    }
    this.#at++
    const code = this.#hex(start)
    if (code < 0xd800 || code > 0xdbff) return
    if (this.#peek() !== 0x5c || this.#bytes[this.#at + 1] !== 0x75) this.#fail(syntaxErrors.surrogate, start)
    this.#at += 2
    const low = this.#hex(start)
    if (low < 0xdc00 || low > 0xdfff) this.#fail(syntaxErrors.surrogate, start)
  }

  #hex (escape: number): number {
    let code = 0
    for (let i = 0; i < 4; i++) {
      const digit = Number.parseInt(String.fromCharCode(this.#peek()), 16)
      if (Number.isNaN(digit)) this.#fail(syntaxErrors.hex, escape)
      code = code * 16 + digit
      this.#at++
    }
    return code
  }

  /** Moves past digits and returns how many there were. */
  #digits (): number {
    const start = this.#at
    while (isDigit(this.#bytes[this.#at])) this.#at++
    return this.#at - start
  }

  #number (): void {
    const start = this.#at
    const negative = this.#peek() === 0x2d
    if (negative) this.#at++
    const byte = this.#peek()
    if (byte === 0x4e) { this.#word('NaN', DOUBLE); return this.#from(start) }
    if (byte === 0x49) { this.#infinity(); return this.#from(start) }
    if (!isDigit(byte)) this.#fail(syntaxErrors.value)
    const whole = this.#at
    if (byte === 0x30) this.#at++
    else this.#digits()
    const wholeEnd = this.#at
    const integer = this.#fitsInteger(negative, whole, wholeEnd)
    if (!integer) this.#checkWhole(start, whole, wholeEnd)
    const fraction = this.#fraction()
    const exponent = this.#exponent(start, integer, whole, wholeEnd)
    this.#add(integer && !fraction && !exponent ? INTEGER : DOUBLE, start, this.#at)
  }

  /** Lets the literal that was just added begin at its sign. */
  #from (start: number): void { this.#first[this.#count - 1] = start }

  #infinity (): void {
    const start = this.#at
    this.#expect('Inf')
    if (this.#peek() === 0x69) this.#expect('inity')
    this.#add(DOUBLE, start, this.#at)
  }

  #fitsInteger (negative: boolean, start: number, end: number): boolean {
    if (end - start < 19) return true
    if (end - start > 20) return false
    return BigInt(this.#bytes.toString('latin1', start, end)) <= (negative ? largestNegative : largestUint64)
  }

  /** Whole numbers beyond the doubles are refused while they are read, digit by digit. */
  #checkWhole (literal: number, start: number, end: number): void {
    if (end - start < 309) return
    if (end - start > 309 || Number(this.#bytes.toString('latin1', start, end - 1)) >= tenthOfLargest) this.#fail(syntaxErrors.tooBig, literal)
  }

  #fraction (): boolean {
    if (this.#peek() !== 0x2e) return false
    this.#at++
    if (this.#digits() === 0) this.#fail(syntaxErrors.fraction)
    return true
  }

  #exponent (literal: number, integer: boolean, whole: number, wholeEnd: number): boolean {
    const byte = this.#peek()
    if (byte !== 0x65 && byte !== 0x45) return false
    const mantissaEnd = this.#at++
    const sign = this.#peek()
    if (sign === 0x2b || sign === 0x2d) this.#at++
    const start = this.#at
    if (this.#digits() === 0) this.#fail(syntaxErrors.exponent)
    if (sign !== 0x2d && Number(this.#bytes.toString('latin1', start, this.#at)) > 308) {
      // The limit grows with the digits of the fraction that count; the value may still become Infinity.
      const limit = 308 + (integer ? this.#countedDecimals(whole, wholeEnd, mantissaEnd) : 0)
      if (Number(this.#bytes.toString('latin1', start, this.#at)) > limit) this.#fail(syntaxErrors.tooBig, literal)
    }
    return true
  }

  /** Digits of the fraction until 17 significant ones are read (at least until 53 bits are full). */
  #countedDecimals (whole: number, wholeEnd: number, end: number): number {
    let value = Number(this.#bytes.toString('latin1', whole, wholeEnd))
    let significant = wholeEnd - whole - 1
    let counted = 0
    for (let at = wholeEnd + 1; at < end; at++) {
      if (value > Number.MAX_SAFE_INTEGER && significant >= 17) break
      value = value * 10 + this.#bytes[at] - 0x30
      counted++
      if (value !== 0) significant++
    }
    return counted
  }
}

/**
 * Parses the first JSON value of `bytes`; what stands behind it is not looked at. The document refers to the bytes, which must not change.
 * Throws REQUEST_NOT_JSON with TensorFlow Serving's text and byte offset.
 */
export function parseJson (bytes: Buffer): Document {
  if (bytes.length === 0) throw new OutriggerError('REQUEST_NOT_JSON', 'JSON Parse error: The document is empty')
  return new Parser(bytes).document()
}
