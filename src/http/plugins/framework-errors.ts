// Turns what Fastify, its plugins and Node's HTTP parser throw into our own errors. Knows no API's error body.
import type { FastifyRequest } from 'fastify'
import { OutriggerError, type ErrorCode, type FieldError } from '../../errors.js'

/** What Fastify's errors carry, as far as it is read here. */
interface ForeignError {
  code?: unknown
  statusCode?: unknown
  message?: unknown
  validation?: unknown
  validationContext?: unknown
  /** Set by the packages that serve files: the caller may be told. */
  expose?: unknown
}

const byCode: Readonly<Record<string, { code: ErrorCode, detail: string }>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'REQUEST_TRUNCATED', detail: 'The body has another length than the header Content-Length announced' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'REQUEST_NOT_JSON', detail: 'The body is empty, but the header Content-Type says JSON' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'REQUEST_NOT_JSON', detail: 'The body is not valid JSON' },
  FST_ERR_BAD_URL: { code: 'REQUEST_INVALID', detail: 'The path holds a percent sign that is not followed by two hexadecimal digits of valid UTF-8' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'ROUTE_NOT_FOUND', detail: 'A name in the path is too long to be one that is served' },
  FST_ERR_NOT_FOUND: { code: 'ROUTE_NOT_FOUND', detail: 'There is no such route' },
  ECONNRESET: { code: 'REQUEST_TRUNCATED', detail: 'The connection ended before the body did' }
}

const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'REQUEST_INVALID', 404: 'ROUTE_NOT_FOUND', 405: 'ROUTE_METHOD', 408: 'REQUEST_TIMEOUT', 413: 'REQUEST_TOO_LARGE', 415: 'REQUEST_MEDIA_TYPE', 431: 'REQUEST_HEADERS'
}

function tooLarge (request: FastifyRequest): OutriggerError {
  const limit = request.routeOptions.bodyLimit
  const announced = request.headers['content-length']
  const size = announced === undefined ? 'The body is larger than that' : `The body has ${announced} bytes`
  return new OutriggerError('REQUEST_TOO_LARGE', `${size}, the limit is ${limit} bytes`)
}

/** The faults that a route's schema found, as JSON Pointers. */
function faultsOf (validation: readonly unknown[]): FieldError[] {
  return validation.map(fault => {
    const { instancePath, message } = fault as { instancePath?: unknown, message?: unknown }
    return { pointer: typeof instancePath === 'string' ? instancePath : '', detail: typeof message === 'string' ? message : 'is not valid' }
  })
}

/**
 * The error that a caller is told. An OutriggerError comes back as it is; what the framework says of the request keeps its 4xx;
 * everything else becomes INTERNAL with a message that tells nothing, its `cause` is the error itself, for the log.
 */
export function toOutriggerError (thrown: unknown, request: FastifyRequest): OutriggerError {
  if (thrown instanceof OutriggerError) return thrown
  const foreign: ForeignError = typeof thrown === 'object' && thrown !== null ? thrown : {}
  const options = { cause: thrown }
  if (foreign.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(request)
  if (foreign.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const type = request.headers['content-type']
    return new OutriggerError('REQUEST_MEDIA_TYPE', type === undefined ? 'The body has no Content-Type' : `A body of type ${type} is not taken here`, options)
  }
  if (Array.isArray(foreign.validation)) {
    const where = typeof foreign.validationContext === 'string' ? foreign.validationContext : 'body'
    const errors = faultsOf(foreign.validation)
    return new OutriggerError('REQUEST_INVALID', errors.map(e => `${where}${e.pointer} ${e.detail}`).join('; '), { ...options, errors })
  }
  const known = typeof foreign.code === 'string' ? byCode[foreign.code] : undefined
  if (known !== undefined) return new OutriggerError(known.code, known.detail, options)
  const fromFramework = typeof foreign.code === 'string' && foreign.code.startsWith('FST_')
  const code = typeof foreign.statusCode === 'number' ? byStatus[foreign.statusCode] : undefined
  if (fromFramework && code !== undefined && typeof foreign.message === 'string') return new OutriggerError(code, foreign.message, options)
  // A file that is not there, or a path that leads out of the folder; which of them is nobody's business.
  if (foreign.expose === true && (foreign.statusCode === 403 || foreign.statusCode === 404)) return new OutriggerError('ROUTE_NOT_FOUND', 'There is no such file', options)
  return new OutriggerError('INTERNAL', 'The service met a fault of its own; its log names it under the request id', options)
}

/** The error of a connection whose bytes never became a request, by the code that Node's HTTP server gives it. */
export function parserError (error: { code?: string | undefined }): OutriggerError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW': return new OutriggerError('REQUEST_HEADERS', 'The request line and headers together are larger than the server takes')
    case 'ERR_HTTP_REQUEST_TIMEOUT': return new OutriggerError('REQUEST_TIMEOUT', 'The request did not arrive completely in time')
    case 'HPE_INVALID_EOF_STATE': return new OutriggerError('REQUEST_TRUNCATED', 'The connection ended before the request did')
    case 'HPE_INVALID_CONTENT_LENGTH':
    case 'HPE_UNEXPECTED_CONTENT_LENGTH': return new OutriggerError('REQUEST_INVALID', 'The header Content-Length is not valid')
    default: return new OutriggerError('REQUEST_INVALID', 'The bytes on the connection are not an HTTP/1.1 request')
  }
}
