// The bytes of a request body, inflated where they came compressed, never beyond the limit. Knows no JSON.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { OutriggerError } from '../../../errors.js'

const inflaters = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) } as const

/** TensorFlow Serving looks for `gzip` anywhere in the header; the other codings must be named exactly. */
function codingOf (header: string | undefined): keyof typeof inflaters | undefined {
  const name = (header ?? '').trim().toLowerCase()
  if (name.includes('gzip')) return 'gzip'
  return name === 'deflate' || name === 'br' ? name : undefined
}

/**
 * The body by its Content-Encoding; one that cannot be inflated counts as empty, as in TensorFlow Serving.
 * Rejects with REQUEST_TOO_LARGE when it inflates to more than `limitBytes`.
 */
export async function inflateBody (body: unknown, contentEncoding: string | undefined, limitBytes: number): Promise<Buffer> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const coding = codingOf(contentEncoding)
  if (coding === undefined || bytes.length === 0) return bytes
  try {
    return await inflaters[coding](bytes, { maxOutputLength: limitBytes })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') return Buffer.alloc(0)
    throw new OutriggerError('REQUEST_TOO_LARGE', `The body inflates to more than ${limitBytes} bytes`, { cause: error })
  }
}
