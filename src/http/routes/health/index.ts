// GET /health, /health/ready, /health/live and /metrics. Outside tokens; none of them waits for a model server or a handler.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { toOpenMetrics } from '../../../metrics.js'
import type { Service } from '../../service.js'
import { healthReport, isAlive } from './report.js'

/** Seconds after which asking again makes sense: the interval of a patient probe. */
const retryAfterSeconds = '1'

function answer (reply: FastifyReply, good: boolean, body: object): FastifyReply {
  if (!good) void reply.header('retry-after', retryAfterSeconds)
  return reply.code(good ? 200 : 503).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** Whether the caller's Accept puts OpenMetrics first, as Prometheus does; anything else gets the old text form. */
export const wantsOpenMetrics = (accept: string | undefined): boolean => {
  const qualityOf = (type: string): number => {
    const range = accept?.split(',').find(one => one.trim().toLowerCase().startsWith(type))
    if (range === undefined) return 0
    const quality = /;\s*q=([\d.]+)/.exec(range)
    return quality === null ? 1 : Number(quality[1])
  }
  const open = qualityOf('application/openmetrics-text')
  return open > 0 && open >= qualityOf('text/plain')
}

export default async function health (app: FastifyInstance, { service }: { service: Service }): Promise<void> {
  app.addHook('onRequest', async request => { request.outcome.api = 'health' })
  for (const url of ['/health', '/health/ready']) {
    app.get(url, async (_request, reply) => {
      const report = healthReport(service.registry.list(), service.engines(), service.phase(), service.repositoryFaults())
      return answer(reply, report.ready, report)
    })
  }
  app.get('/health/live', async (_request, reply) => {
    const { alive, reason } = isAlive(service.engines(), service.phase())
    return answer(reply, alive, { status: alive ? 'alive' : 'failed', phase: service.phase(), ...(reason === undefined ? {} : { reason }) })
  })
  app.get('/metrics', async (request, reply) => {
    request.outcome.api = 'metrics'
    const text = await service.metrics.registry.metrics()
    void reply.header('cache-control', 'no-store')
    return wantsOpenMetrics(request.headers.accept)
      ? reply.type('application/openmetrics-text; version=1.0.0; charset=utf-8').send(toOpenMetrics(text))
      : reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
  })
}
