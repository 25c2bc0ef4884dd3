// A growing buffer for text that is mostly numbers: bytes are put where they will be sent from. Knows no format.

const ZERO = 0x30
const MINUS = 0x2d

/** Below this, whole numbers go through 32-bit arithmetic. */
const smallWhole = 2147483648

/** `bytes[0, at)` is what was written. Whoever puts bytes by hand asks for room first. */
export class TextWriter {
  bytes: Buffer
  at = 0

  constructor (expectedBytes = 256) { this.bytes = Buffer.allocUnsafe(expectedBytes) }

  /** The buffer, with place for `count` more bytes behind `at`. */
  room (count: number): Buffer {
    if (this.at + count > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count))
      this.bytes.copy(larger, 0, 0, this.at)
      this.bytes = larger
    }
    return this.bytes
  }

  byte (value: number): void {
    if (this.at === this.bytes.length) this.room(1)
    this.bytes[this.at++] = value
  }

  /** Text of ASCII alone; meant for short ones. */
  ascii (text: string): void {
    const bytes = this.room(text.length)
    for (let i = 0; i < text.length; i++) bytes[this.at++] = text.charCodeAt(i)
  }

  utf8 (text: string): void {
    const bytes = this.room(text.length * 3)
    this.at += bytes.write(text, this.at)
  }

  #small (value: number): void {
    const bytes = this.room(11)
    let rest = value
    if (rest < 0) {
      bytes[this.at++] = MINUS
      rest = -rest
    }
    let size = 1
    for (let limit = 10; size < 10 && rest >= limit; limit *= 10) size++
    for (let at = this.at + size; at > this.at;) {
      const next = (rest / 10) | 0
      bytes[--at] = ZERO + rest - next * 10
      rest = next
    }
    this.at += size
  }

  /** A whole number within ±2^53; -0 is 0. */
  whole (value: number): void {
    if (value > -smallWhole && value < smallWhole) return this.#small(value | 0)
    const size = Math.abs(value)
    const high = Math.floor(size / 1e9)
    this.whole(value < 0 ? -high : high)
    const bytes = this.room(9)
    let rest = (size - high * 1e9) | 0
    for (let at = this.at + 9; at > this.at;) {
      const next = (rest / 10) | 0
      bytes[--at] = ZERO + rest - next * 10
      rest = next
    }
    this.at += 9
  }

  /** What was written: a view, to be taken once, at the end. */
  finish (): Buffer { return this.bytes.subarray(0, this.at) }

  /** The same as a string. */
  text (): string { return this.bytes.toString('utf8', 0, this.at) }
}
