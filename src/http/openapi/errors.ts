// How errors stand in the document: the problem form, the form of TensorFlow Serving's API, and the responses that routes share.
import { errorTable } from '../../errors.js'
import { problemType } from '../plugins/problem.js'
import { schemaRef, type Reference, type Response, type Schema, responseRef } from './document-types.js'

const retryAfter = { 'Retry-After': { description: 'Seconds after which asking again makes sense.', schema: { type: 'integer', minimum: 1 } } }

/** One answer per status: `named` is its name in the components. */
const rows = [
  { status: 400, named: 'Invalid', description: 'The request does not fit what the model or route expects.' },
  { status: 401, named: 'Unauthorized', description: 'The request carries no token, or none that is valid here.' },
  { status: 403, named: 'Forbidden', description: 'This caller, its address or its token may not do this; the detail says why.' },
  { status: 404, named: 'NotFound', description: 'No such route, model, version or label.' },
  { status: 413, named: 'TooLarge', description: 'The body is larger than the limit.' },
  { status: 415, named: 'MediaType', description: 'The media type of the body is not taken here.' },
  { status: 422, named: 'Refused', description: "The version's handler refused the input." },
  { status: 429, named: 'Exhausted', description: 'The caller has used up its quota, or the model server is out of a resource.' },
  { status: 500, named: 'Failed', description: 'The model, its handler or the service failed.' },
  { status: 501, named: 'Unimplemented', description: 'The model server does not implement what was asked for.' },
  { status: 503, named: 'Unavailable', description: 'Overloaded, loading or draining, or no model server came back in time.' },
  { status: 504, named: 'Late', description: 'The model or its handler did not answer in time.' }
] as const

export type ErrorStatus = (typeof rows)[number]['status']

const problemSchema: Schema = {
  title: 'Problem',
  description: 'RFC 9457 problem details. New members may be added.',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'error', 'code', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'Stable identifier of the kind of problem.' },
    title: { type: 'string', description: 'The kind of problem in words; the same for every occurrence.' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'This occurrence, written for the caller.' },
    instance: { type: 'string', format: 'uri-reference' },
    error: { type: 'string', description: 'The same as detail, for clients that know TensorFlow Serving.' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    model: { type: 'string' },
    version: { type: 'string', pattern: '^\\d+$', description: 'A 64-bit integer as text.' },
    errors: { type: 'array', items: { type: 'object', required: ['pointer', 'detail'], properties: { pointer: { type: 'string', format: 'json-pointer' }, detail: { type: 'string' } } } },
    retry_after_ms: { type: 'integer', minimum: 0 },
    routes: { type: 'array', items: { type: 'string' }, description: 'Routes near to an unknown one.' },
    request_id: { type: 'string' }
  },
  examples: [{
    type: problemType('REQUEST_INVALID'), title: errorTable.REQUEST_INVALID.title, status: 400, detail: 'age must be a number', instance: 'urn:outrigger:request:7d9c',
    error: 'age must be a number', code: 'REQUEST_INVALID', model: 'titanic', errors: [{ pointer: '/age', detail: 'must be a number' }], request_id: '7d9c'
  }]
}

const errorSchema: Schema = {
  title: 'Error', description: "The form of TensorFlow Serving's errors.", type: 'object', required: ['error'], properties: { error: { type: 'string' } }, additionalProperties: false
}

export const errorSchemas: Readonly<Record<string, Schema>> = { Problem: problemSchema, Error: errorSchema }

const headersOf = (status: number): Pick<Response, 'headers'> => status === 503 ? { headers: retryAfter } : {}

/** The shared responses: `Invalid`, … as problems, `TensorflowInvalid`, … in the other API's form. */
export const errorResponses: Readonly<Record<string, Response>> = Object.fromEntries(rows.flatMap(({ status, named, description }) => [
  [named, { description, ...headersOf(status), content: { 'application/problem+json': { schema: schemaRef('Problem') } } }],
  [`Tensorflow${named}`, { description, ...headersOf(status), content: { 'application/json': { schema: schemaRef('Error') } } }]
]))

const pick = (prefix: string, statuses: readonly ErrorStatus[]): Record<string, Reference> =>
  Object.fromEntries(rows.filter(row => statuses.includes(row.status)).map(({ status, named }) => [status.toString(), responseRef(`${prefix}${named}`)]))

/** Responses of a route of ours by status. */
export const problems = (...statuses: ErrorStatus[]): Record<string, Reference> => pick('', statuses)

/** Responses of a route under /v1 by status. */
export const tensorflowErrors = (...statuses: ErrorStatus[]): Record<string, Reference> => pick('Tensorflow', statuses)
