// The body of an evaluate request as handlers and plain versions read it: media type, bytes, form parts, shape. Knows no models.
import type { FastifyRequest } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import { isJsonType } from '../../../handlers/json-type.js'
import { inflateBytes, isCoding, type Coding } from '../../inflate.js'
import type { FormPart, HandlerRequest } from '../../../handlers/version-handler.js'
import { takesRaw } from '../../../handlers/plain-bodies.js'
import type { ReadTask } from '../../../aside/messages.js'
import { ArrivingInputs } from '../../../tensor/evaluate/scan.js'
import type { Signature } from '../../../tensor/tensor.js'
import { isLargeBody } from '../../large-answer.js'

/** Parts of one form at most; each costs memory besides its bytes. */
const maxParts = 1000

/** `Image/PNG; q=1` → `image/png`; '' when there is none. */
export const mediaTypeOf = (header: string | undefined): string => (header ?? '').split(';', 1)[0]!.trim().toLowerCase()

/** A file part without a Content-Type counts as text/plain (RFC 7578, 4.4): what clients send that only know a file's name. Nobody means it. */
const undefinedTypes = new Set(['', 'text/plain'])

/** Reads a multipart/form-data body. Throws REQUEST_INVALID for one that is cut off or malformed. */
export async function readForm (body: Uint8Array, contentType: string): Promise<FormPart[]> {
  if (!/;\s*boundary=/i.test(contentType)) throw new OutriggerError('REQUEST_INVALID', 'The header Content-Type of the form names no boundary')
  let form: FormData
  try {
    form = await new Response(body as Uint8Array<ArrayBuffer>, { headers: { 'content-type': contentType } }).formData()
  } catch {
    throw new OutriggerError('REQUEST_INVALID', 'The multipart/form-data body is cut off or malformed')
  }
  const entries = [...form]
  if (entries.length > maxParts) throw new OutriggerError('REQUEST_INVALID', `The form has ${entries.length} parts, more than the limit of ${maxParts}`)
  return await Promise.all(entries.map(async ([name, value]) => typeof value === 'string'
    ? { name, mediaType: undefined, filename: undefined, data: new Uint8Array(Buffer.from(value)) }
    : { name, mediaType: undefinedTypes.has(value.type) ? undefined : mediaTypeOf(value.type), filename: value.name, data: new Uint8Array(await value.arrayBuffer()) }))
}

/** The header outrigger-shape, `1,224,224,3`. Throws REQUEST_INVALID. */
export function shapeOf (header: string | string[] | undefined): number[] | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^\s*\[?\s*(\d{1,9}(\s*,\s*\d{1,9})*)?\s*\]?\s*$/.test(header)) throw new OutriggerError('REQUEST_INVALID', 'The header outrigger-shape must list sizes, for example 1,224,224,3')
  return (header.match(/\d+/g) ?? []).map(Number)
}

/** `curl -d` calls everything a form; no form field begins with a brace, so such a body is JSON. */
const isJsonCalledForm = (mediaType: string, body: Buffer): boolean => mediaType === 'application/x-www-form-urlencoded' && /^\s*\{/.test(body.toString('latin1', 0, 100))

/** RFC 9110, 8.4: names in any letter case, `x-gzip` for `gzip`, and nothing to do for `identity`. Throws REQUEST_MEDIA_TYPE for any other, as for several. */
function codingOf (header: string): Coding | undefined {
  const name = header.trim().toLowerCase().replace(/^x-gzip$/, 'gzip')
  if (name === '' || name === 'identity') return undefined
  if (isCoding(name)) return name
  throw new OutriggerError('REQUEST_MEDIA_TYPE', `The content coding ${header.slice(0, 100)} is not taken; taken are gzip, deflate and br, one of them`)
}

function bytesOf (request: FastifyRequest): Buffer | Promise<Buffer> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const header = request.headers['content-encoding']
  const coding = header === undefined ? undefined : codingOf(header)
  return coding === undefined ? body : inflateBytes(body, coding, request.route.bodyLimit ?? body.length)
}

/** Whether the header alone says that a body is plain JSON, as it comes. */
export function isPlainJson ({ headers }: FastifyRequest): boolean {
  const mediaType = mediaTypeOf(headers['content-type'])
  return headers['content-encoding'] === undefined && (mediaType === '' || isJsonType(mediaType))
}

/** A body without a media type is taken for JSON; a compressed one is inflated, never beyond the limit for bodies. Throws REQUEST_TOO_LARGE, REQUEST_MEDIA_TYPE or REQUEST_INVALID. */
export async function readBody (request: FastifyRequest): Promise<HandlerRequest> {
  const bytes = bytesOf(request)
  const body = Buffer.isBuffer(bytes) ? bytes : await bytes
  const named = mediaTypeOf(request.headers['content-type'])
  const mediaType = isJsonCalledForm(named, body) ? 'application/json' : named
  if (mediaType === 'multipart/form-data') return { mediaType, body: new Uint8Array(), parts: await readForm(body, request.headers['content-type']!) }
  const shape = shapeOf(request.headers['outrigger-shape'])
  const { bodyScan: scan } = request
  return { mediaType, body, ...(shape === undefined ? {} : { shape }), ...(scan instanceof ArrivingInputs ? { scan } : {}) }
}

/** How a thread is to read a large body for the plain form; undefined for one that is small, or read already, or no tensors by themselves. */
export function largeForm ({ mediaType, body, scan, shape }: HandlerRequest, signature: Signature): (ReadTask['as'] & { api: 'evaluate' }) | undefined {
  if (!isLargeBody(body) || scan?.result !== undefined) return undefined
  const raw = mediaType === 'application/octet-stream' && takesRaw(signature)
  return raw || mediaType === '' || isJsonType(mediaType) ? { api: 'evaluate', signature, raw, shape } : undefined
}
