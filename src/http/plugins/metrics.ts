// Measures every request once: when its answer is out, or as 499 when the caller left before. Knows no metric's name.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Metrics } from '../../metrics.js'

/** The route's pattern: bounded, as a raw path is not. */
export const routeOf = (request: FastifyRequest): string => request.is404 ? '_unmatched' : request.route.url ?? '_unmatched'

export default fp(async function metrics (app: FastifyInstance, options: { metrics: Metrics }) {
  const { metrics } = options
  app.addHook('onRequest', (_request, _reply, done) => {
    metrics.inFlight(1)
    done()
  })
  app.requestEnds.push((request, _reply, status) => {
    const { api, model, version } = request.outcome
    metrics.inFlight(-1)
    if (request.errorCode !== undefined) metrics.failure(request.errorCode)
    metrics.request({
      api, route: routeOf(request), method: request.method, status,
      // A name that is not served is told by the error alone; the label becomes _unknown.
      model: model ?? request.errorModel, version: version?.toString(), seconds: (performance.now() - request.beganAt) / 1000
    })
  })
}, { name: 'metrics', dependencies: ['request-context'] })
