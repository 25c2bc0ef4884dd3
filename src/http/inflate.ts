// Bytes of a compressed body, inflated but never beyond a limit. Knows no header and no API.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { OutriggerError } from '../errors.js'

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) } as const

/** A content coding that is taken, by its registered name. */
export type Coding = keyof typeof inflaters

export const isCoding = (name: string): name is Coding => Object.hasOwn(inflaters, name)

/** Rejects with REQUEST_TOO_LARGE when there is more than `limitBytes`, with REQUEST_INVALID for bytes that are not of this coding, or cut off. */
export async function inflateBytes (bytes: Buffer, coding: Coding, limitBytes: number): Promise<Buffer> {
  try {
    return await inflaters[coding](bytes, { maxOutputLength: limitBytes })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw new OutriggerError('REQUEST_TOO_LARGE', `The body inflates to more than ${limitBytes} bytes`, { cause: error })
    throw new OutriggerError('REQUEST_INVALID', `The header Content-Encoding says ${coding}, and the body is not, or is cut off`, { cause: error })
  }
}
