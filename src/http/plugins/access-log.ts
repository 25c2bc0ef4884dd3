// One log line per request: who asked what, which model answered, how it ended and how long it took. Bodies, headers and queries stay out of it.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { routeOf } from './metrics.js'
import { callerLeft } from './request-context.js'

export interface AccessLogOptions {
  /** False keeps the lines of requests that went well out of the log; failures are logged all the same. */
  readonly enabled: () => boolean
}

/** Probes and scrapes come every few seconds from everywhere: their lines stay out unless debug is on, or they fail unexpectedly. */
const quietApis = new Set(['health', 'metrics', 'docs'])

/** error for a fault of ours, warn for what a caller could not get or left, else info. */
function levelOf (request: FastifyRequest, status: number): 'debug' | 'info' | 'warn' | 'error' {
  if (quietApis.has(request.outcome.api)) return 'debug'
  if (status === 500) return 'error'
  return status > 500 || status === callerLeft ? 'warn' : 'info'
}

function line (request: FastifyRequest, reply: FastifyReply, status: number): Record<string, unknown> {
  const { caller } = request as { caller?: FastifyRequest['caller'] }
  const { api, model, version } = request.outcome
  const length = Number(reply.getHeader('content-length'))
  return {
    request_id: request.id,
    method: request.method,
    path: (request.raw.url ?? '/').split('?', 1)[0].slice(0, 500),
    route: routeOf(request),
    status,
    milliseconds: Math.round((performance.now() - request.beganAt) * 1000) / 1000,
    api, model,
    version: version?.toString(),
    code: request.errorCode,
    bytes: Number.isFinite(length) ? length : undefined,
    remoteAddress: caller?.address ?? request.ip,
    certificate: caller?.certificate?.subject,
    userAgent: request.headers['user-agent']?.slice(0, 200)
  }
}

export default fp(async function accessLog (app: FastifyInstance, options: AccessLogOptions) {
  // Nothing in a line stands under a name that could be a secret's, and looking for such names costs more than the rest of the request.
  const log = app.log.child({}, { redact: [] } as object)
  app.requestEnds.push((request, reply, status) => {
    const level = levelOf(request, status)
    if (!options.enabled() && (level === 'info' || level === 'debug')) return
    log[level](line(request, reply, status), status === callerLeft ? 'caller left' : 'request')
  })
}, { name: 'access-log', dependencies: ['metrics'] })
