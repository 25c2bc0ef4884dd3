// Says what is wrong with what came back, by the rules that hold for every request: never a fault of the service, declared answers, errors in their API's form.
import { declaredPath, validateAnswer, type Document } from '../helpers/openapi.js'
import type { Exchange, HttpAnswer } from './connection.js'
import type { Shot } from './mutations.js'
import type { Request } from './requests.js'

/** The text of a request that asks for less time than the service allows: it may be late. */
const impatient = /x-request-timeout-ms: *\d{1,4}\r\n/i
const leak = /\n\s+at |node:internal|node_modules|\/dist\/|\.ts:\d/

function parsed (body: Buffer): unknown {
  try { return JSON.parse(body.toString()) } catch { return undefined }
}

const mediaTypeOf = ({ headers }: HttpAnswer): string => (headers.get('content-type') ?? '').split(';', 1)[0].trim()

/** What is wrong with the body of an error; its form belongs to the path, or it is a problem where the bytes never became a request. */
function formFault (answer: HttpAnswer, target: string | undefined): string | undefined {
  const type = mediaTypeOf(answer)
  const body = parsed(answer.body) as Record<string, unknown> | undefined
  const text = answer.body.toString().slice(0, 300)
  if (typeof body !== 'object' || body === null) return `the error is no JSON object: ${text}`
  const isProblem = type === 'application/problem+json' && body.status === answer.status && ['type', 'title', 'detail', 'instance', 'error', 'code', 'request_id'].every(key => typeof body[key] === 'string')
  if (isProblem && body.request_id === 'none') return undefined
  if (target !== undefined && /^\/v[12]([/?]|$)/i.test(target)) return type === 'application/json' && typeof body.error === 'string' && Object.keys(body).length === 1 ? undefined : `not the form of /v1 errors (${type}): ${text}`
  // Whose path it is cannot be told of bytes that were not sent as they were meant.
  if (target === undefined && type === 'application/json' && typeof body.error === 'string') return undefined
  return isProblem ? undefined : `not a problem (${type}): ${text}`
}

/** A preflight's answer has no body whatever its status. */
const isBare = (request: Request | undefined, answer: HttpAnswer): boolean => answer.body.length === 0 && (request === undefined || request.method === 'HEAD' || request.method === 'OPTIONS')

function answerFaults (answer: HttpAnswer, request: Request | undefined, document: Document, mayBeLate: boolean): string[] {
  const faults: string[] = []
  const { status } = answer
  const text = answer.body.toString().slice(0, 400)
  if (status === 500 || status === 502 || status > 504 || ((status === 503 || status === 504) && !mayBeLate)) faults.push(`status ${status}: ${text}`)
  if (status >= 400) {
    if (leak.test(answer.body.toString())) faults.push(`tells of its inside: ${text}`)
    const fault = isBare(request, answer) ? undefined : formFault(answer, request?.target)
    if (fault !== undefined) faults.push(fault)
  }
  if (request === undefined) return faults
  const path = request.target.split(/[?#]/, 1)[0]
  const declared = declaredPath(document, path)
  const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase()
  if (declared === undefined || document.paths[declared][method] === undefined) {
    if (status >= 200 && status < 300 && declared !== undefined && method !== 'options') faults.push(`${request.method} ${declared} is not declared and answers ${status}`)
    return faults
  }
  // NaN and infinities are bare words in TensorFlow Serving's JSON: no JSON to a validator.
  const body = parsed(answer.body)
  if (body === undefined && status === 200 && path.startsWith('/v1/')) return faults
  return [...faults, ...validateAnswer(document, request.method, path, status, mediaTypeOf(answer), body)]
}

/** What is wrong; [] when nothing is. */
export function judge (shot: Shot, { answers, rest, end, milliseconds }: Exchange, document: Document): string[] {
  if (end === 'left') return []
  const faults: string[] = []
  if (end === 'late') faults.push(`no end after ${Math.round(milliseconds)} ms; ${answers.length} answers`)
  if (shot.sound && end === 'closed' && answers.length !== shot.requests.length) faults.push(`${answers.length} answers to ${shot.requests.length} requests`)
  if (shot.sound && rest.length > 0) faults.push(`${rest.length} bytes that are no answer: ${rest.toString('latin1', 0, 200)}`)
  const mayBeLate = impatient.test(Buffer.concat(shot.pieces).toString('latin1'))
  // Only of a sound shot is it certain which request an answer belongs to.
  for (const [i, answer] of answers.entries()) faults.push(...answerFaults(answer, shot.sound ? shot.requests[i] : undefined, document, mayBeLate))
  return faults
}
