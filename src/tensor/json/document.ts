// A parsed JSON text as flat columns over its bytes: values are decoded when they are asked for, so nothing is lost (1 is not 1.0, 64-bit integers, strings that are no UTF-8). Knows no grammar; parse.ts fills it.
import { doubleOf, integerOf } from './number.js'

export const NULL = 0
export const FALSE = 1
export const TRUE = 2
export const OBJECT = 3
export const ARRAY = 4
/** A string without escapes. */
export const STRING = 5
/** A string with at least one escape. */
export const ESCAPED = 6
/** A literal without point and exponent that fits into int64 or uint64. */
export const INTEGER = 7
/** Any other number, NaN and the infinities too. */
export const DOUBLE = 8

/**
 * Nodes in document order. For scalars `first` and `last` delimit the literal in `bytes` (strings without their quotation marks).
 * For containers `first` is the count of elements or members, `last` the node behind the container. An object's node is followed by key, value, key, value…
 */
export class Document {
  readonly bytes: Buffer
  readonly kinds: Uint8Array
  readonly first: Int32Array
  readonly last: Int32Array

  constructor (bytes: Buffer, kinds: Uint8Array, first: Int32Array, last: Int32Array) {
    this.bytes = bytes
    this.kinds = kinds
    this.first = first
    this.last = last
  }

  kind (node: number): number { return this.kinds[node] }

  /** The node behind this one and all that is in it. */
  next (node: number): number {
    const kind = this.kinds[node]
    return kind === OBJECT || kind === ARRAY ? this.last[node] : node + 1
  }

  isString (node: number): boolean { return this.kinds[node] === STRING || this.kinds[node] === ESCAPED }

  /** Count of elements of a list, of members of an object. */
  size (node: number): number { return this.first[node] }

  /** Bytes of a string: a view where it has no escapes. */
  stringBytes (node: number): Buffer {
    const raw = this.bytes.subarray(this.first[node], this.last[node])
    return this.kinds[node] === ESCAPED ? unescape(raw) : raw
  }

  /** Text of a string; bytes that are not UTF-8 become U+FFFD. */
  text (node: number): string {
    return this.kinds[node] === ESCAPED ? unescape(this.bytes.subarray(this.first[node], this.last[node])).toString() : this.bytes.toString('utf8', this.first[node], this.last[node])
  }

  /** Value of a number, rounded to the nearest double. */
  double (node: number): number { return doubleOf(this.bytes, this.first[node], this.last[node]) }

  /** Value of an INTEGER. */
  integer (node: number): bigint { return integerOf(this.bytes, this.first[node], this.last[node]) }

  /** The literal as it was written. */
  literal (node: number): string { return this.bytes.toString('latin1', this.first[node], this.last[node]) }

  /** Value of an object's first member of this name, -1 if there is none. */
  find (object: number, name: string): number {
    const wanted = Buffer.from(name)
    let key = object + 1
    for (let i = this.size(object); i > 0; i--) {
      if (this.#isKey(key, wanted)) return key + 1
      key = this.next(key + 1)
    }
    return -1
  }

  #isKey (key: number, wanted: Buffer): boolean {
    if (this.kinds[key] === ESCAPED) return this.stringBytes(key).equals(wanted)
    const length = this.last[key] - this.first[key]
    return length === wanted.length && wanted.compare(this.bytes, this.first[key], this.last[key]) === 0
  }
}

const simpleEscapes: Readonly<Record<number, number>> = { 0x62: 8, 0x66: 12, 0x6e: 10, 0x72: 13, 0x74: 9 }

const hexAt = (raw: Buffer, at: number): number => Number.parseInt(raw.toString('latin1', at, at + 4), 16)

/** Bytes of a string with its escapes resolved; they have been checked. A lone low surrogate becomes the three bytes that UTF-8 does not allow. */
function unescape (raw: Buffer): Buffer {
  // No escape is shorter than what it stands for.
  const out = Buffer.allocUnsafe(raw.length)
  let length = 0
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] !== 0x5c) { out[length++] = raw[at]; continue }
    const letter = raw[++at]
    if (letter !== 0x75) { out[length++] = simpleEscapes[letter] ?? letter; continue }
    let code = hexAt(raw, at + 1)
    at += 4
    if (code >= 0xd800 && code < 0xdc00) {
      code = 0x10000 + ((code - 0xd800) << 10) + (hexAt(raw, at + 3) - 0xdc00)
      at += 6
    }
    length = putCode(out, length, code)
  }
  return out.subarray(0, length)
}

function putCode (out: Buffer, at: number, code: number): number {
  if (code < 0x80) out[at++] = code
  else if (code < 0x800) {
    out[at++] = 0xc0 | code >> 6
    out[at++] = 0x80 | code & 63
  } else if (code < 0x10000) {
    out[at++] = 0xe0 | code >> 12
    out[at++] = 0x80 | code >> 6 & 63
    out[at++] = 0x80 | code & 63
  } else {
    out[at++] = 0xf0 | code >> 18
    out[at++] = 0x80 | code >> 12 & 63
    out[at++] = 0x80 | code >> 6 & 63
    out[at++] = 0x80 | code & 63
  }
  return at
}
