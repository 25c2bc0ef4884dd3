// The bytes of a request body, inflated where they came compressed, by the rules of TensorFlow Serving. Knows no JSON.
import { OutriggerError } from '../../../errors.js'
import { inflateBytes, type Coding } from '../../inflate.js'

const nothing = Buffer.alloc(0)

/** TensorFlow Serving looks for `gzip` anywhere in the header; the other codings must be named exactly. */
function codingOf (header: string): Coding | undefined {
  const name = header.trim().toLowerCase()
  if (name.includes('gzip')) return 'gzip'
  return name === 'deflate' || name === 'br' ? name : undefined
}

/**
 * The body by its Content-Encoding; one that cannot be inflated counts as empty, as in TensorFlow Serving. A promise only where there is something to inflate;
 * it rejects with REQUEST_TOO_LARGE when it inflates to more than `limitBytes`.
 */
export function inflateBody (body: unknown, contentEncoding: string | undefined, limitBytes: number): Buffer | Promise<Buffer> {
  const bytes = Buffer.isBuffer(body) ? body : nothing
  const coding = contentEncoding === undefined || bytes.length === 0 ? undefined : codingOf(contentEncoding)
  if (coding === undefined) return bytes
  return inflateBytes(bytes, coding, limitBytes).catch((error: unknown) => {
    if (error instanceof OutriggerError && error.code === 'REQUEST_INVALID') return nothing
    throw error
  })
}
