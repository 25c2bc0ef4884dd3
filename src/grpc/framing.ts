// gRPC's own layer on HTTP/2, for client and server: the frame around a message, timeouts and percent-encoded words in headers. Knows no stream. Source: gRPC's PROTOCOL-HTTP2.md.

/** A flag (1: compressed) and the message's length, big-endian. */
export const frameHeaderBytes = 5

/** What the other side may send before it must wait for this one to read, per call and in all. HTTP/2's own 64 KiB would cost a round trip for each of that size. */
export const windowBytes = 8 * 1024 * 1024

/** Below it a copy behind the frame header is cheaper than a second write. */
const worthTwoWrites = 16 * 1024

/** What every message is written in: one chunk, or the frame header and the message itself. */
export function framed (message: Uint8Array): readonly Uint8Array[] {
  const together = message.byteLength < worthTwoWrites
  const head = Buffer.allocUnsafe(frameHeaderBytes + (together ? message.byteLength : 0))
  head[0] = 0
  head.writeUInt32BE(message.byteLength, 1)
  if (!together) return [head, message]
  head.set(message, frameHeaderBytes)
  return [head]
}

/** Why chunks are not one message; of `short` ones the rest may still come. */
export interface Fault { readonly kind: 'short' | 'compressed' | 'several', readonly fault: string }

/** A message of more bytes gets memory of its own for all its chunks as soon as its length has come, so that not all of it is copied at once at its end. */
const largeBytes = 64 * 1024
/** What is announced beyond it is put together when it is there. */
const mostRoomBytes = 1024 * 1024 * 1024

/** Puts the one message of a unary call together from the chunks of its stream. */
export class MessageReader {
  #chunks: Buffer[] = []
  #bytes = 0
  /** Of the length of a large message with its frame header, once that has come. */
  #room: Buffer | undefined

  add (chunk: Buffer): void {
    // What comes beyond the message is only counted.
    if (this.#room !== undefined) this.#room.set(chunk.subarray(0, Math.max(0, this.#room.length - this.#bytes)), Math.min(this.#bytes, this.#room.length))
    else this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#chunks.length === 1 && chunk.length >= frameHeaderBytes) this.#makeRoom(chunk)
  }

  #makeRoom (first: Buffer): void {
    const length = frameHeaderBytes + first.readUInt32BE(1)
    if (length < largeBytes || length <= first.length || length > mostRoomBytes) return
    this.#room = Buffer.allocUnsafeSlow(length)
    this.#room.set(first)
    this.#chunks = []
  }

  /** The message, when the chunks are exactly one that is not compressed; else why not. It may share memory with the chunks. */
  message (): { readonly message: Buffer } | Fault {
    const came = this.#bytes
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, came)]
    const bytes = this.#room ?? this.#chunks[0]
    if (came < frameHeaderBytes) return { kind: 'short', fault: came === 0 ? 'no message came' : 'the message is cut off' }
    if (bytes[0] !== 0) return { kind: 'compressed', fault: 'the message is compressed, which was not offered' }
    const end = frameHeaderBytes + bytes.readUInt32BE(1)
    if (came < end) return { kind: 'short', fault: `the message is cut off: ${end} bytes announced, ${came} came` }
    if (came > end) return { kind: 'several', fault: 'more than one message came' }
    return { message: bytes.subarray(frameHeaderBytes) }
  }
}

/** Eight digits at most, in milliseconds or, beyond a day, in seconds. */
const maxTimeoutDigits = 99_999_999

/** `grpc-timeout` for so many milliseconds (above 0), rounded up. */
export function timeoutText (ms: number): string {
  const whole = Math.ceil(ms)
  return whole <= maxTimeoutDigits ? `${whole}m` : `${Math.min(Math.ceil(whole / 1000), maxTimeoutDigits)}S`
}

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** The milliseconds of a `grpc-timeout`; undefined for text that is none. */
export function timeoutMs (text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * unitMs[unit]
}

/** `grpc-message` as text. What is not percent-encoded UTF-8 stays as it is. */
export function percentDecoded (text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Text as `grpc-message`: what is not printable ASCII as the %XX of its UTF-8, and so are the percent sign and blanks at the ends, which headers lose. */
export const percentEncoded = (text: string): string =>
  text.replace(/^ | $|[^ -$&-~]/gu, character => Array.from(Buffer.from(character), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''))
