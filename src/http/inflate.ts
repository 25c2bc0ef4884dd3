// Bytes of a compressed body, inflated but never beyond a limit. Knows no header and no API.
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { OutriggerError } from '../errors.js'
import { joined } from './joined.js'

const inflaters = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const

/** A content coding that is taken, by its registered name. */
export type Coding = keyof typeof inflaters

export const isCoding = (name: string): name is Coding => Object.hasOwn(inflaters, name)

/** What is inflated between two looks at how much it is: zlib's own for small bodies; each costs a way to its threads and back. */
const chunkBytesFor = (bytes: Buffer): number => bytes.length < 64 * 1024 ? 16 * 1024 : 128 * 1024

/** Rejects with REQUEST_TOO_LARGE when there is more than `limitBytes`, with REQUEST_INVALID for bytes that are not of this coding, or cut off. */
export async function inflateBytes (bytes: Buffer, coding: Coding, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  const stream = inflaters[coding]({ chunkSize: chunkBytesFor(bytes) })
  stream.end(bytes)
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limitBytes) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new OutriggerError('REQUEST_INVALID', `The header Content-Encoding says ${coding}, and the body is not, or is cut off`, { cause })
  }
  if (length > limitBytes) throw new OutriggerError('REQUEST_TOO_LARGE', `The body inflates to more than ${limitBytes} bytes`)
  return await joined(chunks, length)
}
