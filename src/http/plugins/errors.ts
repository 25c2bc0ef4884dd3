// Answers every error of every route: our own form, or that of the API the path belongs to. The one place where a code becomes an HTTP answer.
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { OutriggerError, type ErrorCode } from '../../errors.js'
import { parserError, toOutriggerError } from './framework-errors.js'
import { methodsOf, nearestRoutes, type DeclaredRoute } from './nearest-routes.js'
import { errorBody, errorForm, retryAfterMs } from './problem.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** All routes that are no hidden ones, in the order of their registration. */
    declaredRoutes: readonly DeclaredRoute[]
  }
  interface FastifyRequest {
    /** The code of the error that was answered; read by the access log and the metrics. */
    errorCode: ErrorCode | undefined
    /** The model that the error names, served or not. */
    errorModel: string | undefined
  }
}

/** How long the rest of a refused body is read and thrown away, so that the caller gets to read the answer instead of a reset. */
const lingerMs = 2000

function linger (request: FastifyRequest, reply: FastifyReply): void {
  if (request.raw.complete || request.raw.destroyed) return
  reply.removeHeader('connection')
  const timer = setTimeout(() => request.raw.destroy(), lingerMs)
  timer.unref()
  request.raw.once('close', () => clearTimeout(timer))
  request.raw.resume()
}

/** Logs what the operator must know, once. A fault of ours has its stack in the log; what a caller did wrong, and overload (when every line counts), stand in the access log alone. */
function logError (request: FastifyRequest, error: OutriggerError): void {
  if (error.status < 500 || error.code === 'SERVICE_OVERLOADED') return
  const { code, model, version } = error
  const log = request.log.child({ code, model, version: version?.toString() })
  if (error.status === 500) log.error(code === 'INTERNAL' ? error.cause : error, error.message)
  else if (error.cause === undefined) log.warn(error.message)
  else log.warn(error.cause, error.message)
}

/** Notes the error for access log and metrics, logs it, and sets status and the headers that go with it. The body is the caller's. */
export function beginErrorReply (error: OutriggerError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.errorCode = error.code
  request.errorModel = error.model
  logError(request, error)
  const retry = retryAfterMs(error)
  if (retry !== undefined) void reply.header('retry-after', Math.max(1, Math.ceil(retry / 1000)).toString())
  linger(request, reply)
  return reply.code(error.status)
}

/** Answers an error in the form that belongs to the path. Also Fastify's option `frameworkErrors`, for URLs that reach no route. */
export function sendError (thrown: unknown, request: FastifyRequest, reply: FastifyReply, routes?: readonly string[]): void {
  const error = toOutriggerError(thrown, request)
  const outcome = request.outcome as FastifyRequest['outcome'] | undefined
  const { mediaType, body } = errorBody(errorForm(request.raw.url ?? '/'), error, { requestId: String(request.id), model: outcome?.model, version: outcome?.version, routes })
  // The charset parameter would be wrong: JSON's media types define none.
  beginErrorReply(error, request, reply).removeHeader('content-length').header('content-type', mediaType).send(Buffer.from(body))
}

const phrases: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }

/** Fastify's option `clientErrorHandler`: bytes that never became a request are answered as a problem too, then the connection ends. */
export function clientErrorHandler (thrown: Error & { code?: string }, socket: Socket): void {
  if (thrown.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  // Node's own handler looks at the same member: bytes after a begun answer would be read as part of it.
  const { _httpMessage: begun } = socket as { _httpMessage?: { headersSent: boolean } }
  if (begun?.headersSent === true) { socket.destroy(); return }
  const error = parserError(thrown)
  const { mediaType, body } = errorBody('problem', error, { requestId: 'none' })
  const head = [`HTTP/1.1 ${error.status} ${phrases[error.status] ?? ''}`, `Content-Type: ${mediaType}`, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close']
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/** Sets the error and not-found handlers. Registered before any route, so that it knows them all for hints and for the header Allow. */
export default fp(async function errors (app: FastifyInstance) {
  const routes: DeclaredRoute[] = []
  app.decorate('declaredRoutes', routes)
  app.decorateRequest('errorCode')
  app.decorateRequest('errorModel')
  app.addHook('onRoute', route => {
    if ((route.schema as { hide?: boolean } | undefined)?.hide === true) return
    for (const method of [route.method].flat()) routes.push({ method, pattern: route.url })
  })
  function notFound (request: FastifyRequest, reply: FastifyReply): void {
    // The router's path ends at a fragment too, which no client should send.
    const path = (request.raw.url ?? '/').split(/[?#]/, 1)[0]
    const allowed = methodsOf(routes, path)
    if (allowed.length > 0) {
      void reply.header('allow', allowed.join(', '))
      sendError(new OutriggerError('ROUTE_METHOD', `${path} does not take ${request.method}, but ${allowed.join(', ')}`), request, reply)
      return
    }
    const near = nearestRoutes(routes, request.method, path)
    const hint = near.length === 0 ? 'GET /docs lists the routes' : `did you mean ${near.join(' or ')}?`
    sendError(new OutriggerError('ROUTE_NOT_FOUND', `There is no route ${request.method} ${path}; ${hint}`), request, reply, near)
  }
  // What is wrong with the body matters less than that nothing is there to take it.
  app.setErrorHandler((thrown: FastifyError | OutriggerError, request, reply) => {
    if (request.is404 && !(thrown instanceof OutriggerError) && thrown.statusCode === 400) notFound(request, reply)
    else sendError(thrown, request, reply)
  })
  app.setNotFoundHandler(notFound)
}, { name: 'errors' })
