// Gives every request its deadline, an abort signal that fires when the caller leaves, its id in the answer, the place where routes note which model answered, and tells once how it ended.
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { now } from '../../clock.js'
import { sharedAbort } from '../../shared-abort.js'

/** What a request turned out to be about; read by the access log, the metrics and the header outrigger-model-version. */
export interface Outcome {
  /** `tensorflow`, `evaluate`, `health`, `admin`, … */
  api: string
  model: string | undefined
  /** The version that answered. Set it once the model gave the answer. */
  version: bigint | undefined
}

/** Told when the answer is out, or the caller left before: `status` is what was sent, or 499. */
export type RequestEnd = (request: FastifyRequest, reply: FastifyReply, status: number) => void

declare module 'fastify' {
  interface FastifyInstance {
    /** Called in this order at each request's end. Not Fastify's hook onResponse: that one is silent about callers that leave. */
    requestEnds: RequestEnd[]
  }
  interface FastifyRequest {
    outcome: Outcome
    /** What the router found. Fastify makes `routeOptions` anew at each look. */
    route: FastifyRequest['routeOptions']
    /** When the request's head was read, by the monotonic clock in milliseconds. */
    beganAt: number
    /** The moment at which the answer is due, by clock.ts. */
    deadline: number
    /** Aborted when the caller leaves before the answer is sent. Requests of one connection share it, so listeners must be taken off again. */
    readonly callerSignal: AbortSignal
  }
}

export interface RequestContextOptions {
  /** The service's limit for one request, in milliseconds. */
  requestTimeoutMs: () => number
}

/** Status of a request whose caller left before the answer was out. */
export const callerLeft = 499

/** The header lowers the limit and never raises it; anything but a positive number is ignored. */
function timeoutOf (request: FastifyRequest, limitMs: number): number {
  const header = request.headers['x-request-timeout-ms']
  const asked = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0
  return asked > 0 ? Math.min(asked, limitMs) : limitMs
}

/** One per connection: making one costs as much as parsing a small request, and a caller leaves all of a connection's requests at once. */
const controllers = new WeakMap<object, AbortController>()

function controllerOf ({ raw: { socket } }: FastifyRequest): AbortController {
  let controller = controllers.get(socket)
  if (controller === undefined) controllers.set(socket, controller = sharedAbort())
  if (socket.destroyed) controller.abort()
  return controller
}

/** An answer on its way. `finished`: it went out whole. (Not `writableFinished`: injected requests never set it.) */
interface Exchange { readonly request: FastifyRequest, readonly reply: FastifyReply, finished: boolean }

const exchange = Symbol('exchange')
type Response = ServerResponse & { [exchange]?: Exchange }

// Shared by all answers rather than made for each.
function onFinish (this: Response): void { this[exchange]!.finished = true }

function onClose (this: Response): void {
  const { request, reply, finished } = this[exchange]!
  this.off('close', onClose)
  if (!finished && !this.writableFinished) controllers.get(request.raw.socket)?.abort()
  for (const end of request.server.requestEnds) end(request, reply, finished ? reply.statusCode : callerLeft)
}

export default fp(async function requestContext (app: FastifyInstance, options: RequestContextOptions) {
  app.decorate('requestEnds', [])
  app.decorateRequest('outcome')
  app.decorateRequest('route')
  app.decorateRequest('beganAt', 0)
  app.decorateRequest('deadline', 0)
  app.decorateRequest('callerSignal', { getter (this: FastifyRequest) { return controllerOf(this).signal } })
  app.addHook('onRequest', (request, reply, done) => {
    request.beganAt = performance.now()
    request.route = request.routeOptions
    request.outcome = { api: 'other', model: undefined, version: undefined }
    request.deadline = now() + timeoutOf(request, options.requestTimeoutMs())
    const raw = reply.raw as Response
    raw[exchange] = { request, reply, finished: false }
    raw.on('finish', onFinish).on('close', onClose)
    done()
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-request-id', String(request.id))
    const { version } = request.outcome
    if (version !== undefined) reply.header('outrigger-model-version', version.toString())
    done()
  })
}, { name: 'request-context' })
