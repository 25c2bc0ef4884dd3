// Protocol-buffer wire format, low level: a bounds-checked reader over bytes and a growing writer. Knows no message.

/** Bytes that are not a well-formed message, or not one that we can take. The message says what and where. */
export class WireError extends Error {
  constructor (message: string) {
    super(message)
    this.name = 'WireError'
  }
}

export const VARINT = 0
export const FIXED64 = 1
export const DELIMITED = 2
export const FIXED32 = 5

const TWO_32 = 4294967296

/**
 * Reads fields from `bytes[start, end)` in order. Every method throws a WireError rather than read past the end.
 * `bytes()` and `sub()` are views: they share memory with the input and are valid as long as it is left alone.
 */
export class Reader {
  readonly source: Buffer
  position: number
  readonly end: number
  /** Number and wire type of the field that `next` found. */
  field = 0
  wireType = 0
  #high = 0

  constructor (bytes: Uint8Array, start = 0, end = bytes.length) {
    this.source = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.position = start
    this.end = end
  }

  get done (): boolean { return this.position >= this.end }

  /** Moves to the next field and sets `field` and `wireType`; false at the end. Groups and field number 0 are refused. */
  next (): boolean {
    if (this.position >= this.end) return false
    const low = this.#varint()
    if (this.#high !== 0) throw new WireError(`field number too large at byte ${this.position}`)
    this.field = low >>> 3
    this.wireType = low & 7
    if (this.field === 0) throw new WireError(`field number 0 at byte ${this.position}`)
    if (this.wireType !== VARINT && this.wireType !== FIXED64 && this.wireType !== DELIMITED && this.wireType !== FIXED32) {
      throw new WireError(`wire type ${this.wireType} of field ${this.field} is not supported`)
    }
    return true
  }

  /** Whether the current field is of this wire type; a field of another one is skipped by the caller like an unknown one. */
  is (wireType: number): boolean { return this.wireType === wireType }

  /** Low 32 bits, unsigned; the high ones stay in #high. */
  #varint (): number {
    const { source, end } = this
    let position = this.position
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= end) throw new WireError(`truncated number at byte ${position}`)
      const byte = source[position++]
      if (shift < 28) low |= (byte & 0x7f) << shift
      else if (shift === 28) {
        low |= (byte & 0x7f) << 28
        high = (byte & 0x7f) >>> 4
      } else if (shift < 63) high |= (byte & 0x7f) << (shift - 32)
      else if (byte > 1) throw new WireError(`number of more than 64 bits at byte ${position}`)
      else high |= byte << 31
      if (byte < 0x80) {
        this.position = position
        this.#high = high >>> 0
        return low >>> 0
      }
    }
    throw new WireError(`number of more than 10 bytes at byte ${position}`)
  }

  /** An int32, enum or bool: the low 32 bits, signed, as protobuf truncates. */
  int32 (): number { return this.#varint() | 0 }

  uint32 (): number { return this.#varint() }

  bool (): boolean { return (this.#varint() | this.#high) !== 0 }

  int64 (): bigint {
    const low = this.#varint()
    return BigInt(this.#high | 0) * 4294967296n + BigInt(low)
  }

  uint64 (): bigint {
    const low = this.#varint()
    return BigInt(this.#high) * 4294967296n + BigInt(low)
  }

  /** An int64 as a number; throws where that would not be exact. */
  safeInt64 (): number {
    const low = this.#varint()
    const value = (this.#high | 0) * TWO_32 + low
    if (!Number.isSafeInteger(value)) throw new WireError(`number beyond 2^53 at byte ${this.position}`)
    return value
  }

  /** A 64-bit varint into two elements of a little-endian 32-bit array. */
  intoWords (words: Uint32Array, index: number): void {
    words[index] = this.#varint()
    words[index + 1] = this.#high
  }

  #take (length: number, what: string): number {
    const start = this.position
    if (length > this.end - start) throw new WireError(`truncated ${what} at byte ${start}: ${length} bytes announced, ${this.end - start} there`)
    this.position = start + length
    return start
  }

  float (): number { return this.source.readFloatLE(this.#take(4, 'float')) }
  double (): number { return this.source.readDoubleLE(this.#take(8, 'double')) }

  #length (): number {
    const low = this.#varint()
    if (this.#high !== 0) throw new WireError(`length of more than 4 GiB at byte ${this.position}`)
    return low
  }

  /** A length-delimited value as a view. */
  bytes (): Buffer {
    const length = this.#length()
    const start = this.#take(length, 'field')
    return this.source.subarray(start, start + length)
  }

  /** `length` raw bytes as a view, without a length before them. */
  raw (length: number): Buffer {
    const start = this.#take(length, 'field')
    return this.source.subarray(start, start + length)
  }

  /** A length-delimited value as text; invalid UTF-8 becomes U+FFFD. */
  string (): string {
    const length = this.#length()
    const start = this.#take(length, 'text')
    return this.source.toString('utf8', start, start + length)
  }

  /** A reader of a length-delimited value, without copying. */
  sub (): Reader {
    const length = this.#length()
    const start = this.#take(length, 'message')
    return new Reader(this.source, start, start + length)
  }

  /** Passes over the value of the current field. */
  skip (): void {
    if (this.wireType === VARINT) this.#varint()
    else if (this.wireType === FIXED64) this.#take(8, 'field')
    else if (this.wireType === FIXED32) this.#take(4, 'field')
    else this.#take(this.#length(), 'field')
  }
}

const lengthOfVarint = (value: number): number => value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5

/** Appends fields to one buffer that grows. Nothing is left out: the caller decides whether a default value is written. */
export class Writer {
  #buffer: Buffer
  #length = 0

  /** `expectedBytes` saves the growing when it is known. */
  constructor (expectedBytes = 256) { this.#buffer = Buffer.allocUnsafe(expectedBytes) }

  #reserve (bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }

  #varint (value: number): void {
    this.#reserve(5)
    while (value >= 0x80) {
      this.#buffer[this.#length++] = (value & 0x7f) | 0x80
      value >>>= 7
    }
    this.#buffer[this.#length++] = value
  }

  #tag (field: number, wireType: number): void { this.#varint((field << 3 | wireType) >>> 0) }

  /** An unsigned number below 2^32 (enum, bool, uint32). */
  uint32 (field: number, value: number): this {
    this.#tag(field, VARINT)
    this.#varint(value >>> 0)
    return this
  }

  bool (field: number, value: boolean): this { return this.uint32(field, value ? 1 : 0) }

  /** An int32, int64 or uint64; negative ones take ten bytes. */
  int64 (field: number, value: bigint): this {
    this.#tag(field, VARINT)
    this.varint64(value)
    return this
  }

  /** A bare 64-bit number without a tag, for packed fields. */
  varint64 (value: bigint): this {
    this.#reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest >= 0x80n) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#buffer[this.#length++] = Number(rest)
    return this
  }

  float (field: number, value: number): this {
    this.#tag(field, FIXED32)
    this.#reserve(4)
    this.#length = this.#buffer.writeFloatLE(value, this.#length)
    return this
  }

  double (field: number, value: number): this {
    this.#tag(field, FIXED64)
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
    return this
  }

  /** Copies `bytes` in. */
  bytes (field: number, bytes: Uint8Array): this {
    this.#tag(field, DELIMITED)
    this.#varint(bytes.length)
    this.raw(bytes)
    return this
  }

  /** Bytes without tag and length. */
  raw (bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** Lone surrogates become U+FFFD. */
  string (field: number, text: string): this {
    this.#tag(field, DELIMITED)
    const length = Buffer.byteLength(text)
    this.#varint(length)
    this.#reserve(length)
    this.#buffer.write(text, this.#length)
    this.#length += length
    return this
  }

  /** A nested message (or a packed field) that `write` fills with this same writer. `expectedBytes` only saves moving a large one. */
  message (field: number, write: (writer: this) => void, expectedBytes = 0): this {
    this.#tag(field, DELIMITED)
    const room = lengthOfVarint(expectedBytes)
    const before = this.#length
    this.#reserve(room)
    this.#length += room
    write(this)
    const length = this.#length - before - room
    const needed = lengthOfVarint(length)
    if (needed !== room) {
      this.#reserve(5)
      this.#buffer.copyWithin(before + needed, before + room, this.#length)
    }
    this.#length = before
    this.#varint(length)
    this.#length += length
    return this
  }

  /** What was written, as a view; the writer is not to be used afterwards. */
  finish (): Buffer { return this.#buffer.subarray(0, this.#length) }
}
