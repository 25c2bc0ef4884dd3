// Measures every request once: when its answer is out, or as 499 when the caller left before. Knows no metric's name.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Metrics } from '../../metrics.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** When the request's head was read, by the monotonic clock in milliseconds. */
    beganAt: number
    /** Whether the whole answer went out. (Not `writableFinished`: injected requests never set it.) */
    answered: boolean
  }
}

/** Status of a request whose caller left before the answer was out. */
export const callerLeft = 499

/** How a request ended: the status that was sent, or 499. Asked once the answer's stream is closed. */
export const finalStatus = (reply: FastifyReply): number => reply.request.answered ? reply.statusCode : callerLeft

/** The route's pattern: bounded, as a raw path is not. */
export const routeOf = (request: FastifyRequest): string => request.is404 ? '_unmatched' : request.routeOptions.url ?? '_unmatched'

export default fp(async function metrics (app: FastifyInstance, options: { metrics: Metrics }) {
  const { metrics } = options
  app.decorateRequest('beganAt', 0)
  app.decorateRequest('answered', false)
  app.addHook('onRequest', async (request, reply) => {
    request.beganAt = performance.now()
    metrics.inFlight(1)
    reply.raw.once('finish', () => { request.answered = true })
    // Not the hook onResponse: it is silent about callers that leave.
    reply.raw.once('close', () => {
      const { api, model, version } = request.outcome
      metrics.inFlight(-1)
      if (request.errorCode !== undefined) metrics.failure(request.errorCode)
      metrics.request({
        api, route: routeOf(request), method: request.method, status: finalStatus(reply),
        // A name that is not served is told by the error alone; the label becomes _unknown.
        model: model ?? request.errorModel, version: version?.toString(), seconds: (performance.now() - request.beganAt) / 1000
      })
    })
  })
}, { name: 'metrics', dependencies: ['request-context'] })
