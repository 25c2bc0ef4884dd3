// Gives every request its deadline, an abort signal that fires when the caller leaves, its id in the answer, and the place where routes note which model answered.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

/** What a request turned out to be about; read by the access log, the metrics and the header outrigger-model-version. */
export interface Outcome {
  /** `tensorflow`, `evaluate`, `health`, `admin`, … */
  api: string
  model: string | undefined
  /** The version that answered. Set it once the model gave the answer. */
  version: bigint | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    outcome: Outcome
    /** The moment at which the answer is due, in milliseconds since the epoch. */
    deadline: number
    /** Aborted when the caller leaves before the answer is sent. */
    callerSignal: AbortSignal
  }
}

export interface RequestContextOptions {
  /** The service's limit for one request, in milliseconds. */
  requestTimeoutMs: number
}

/** The header lowers the limit and never raises it; anything but a positive number is ignored. */
function timeoutOf (request: FastifyRequest, limitMs: number): number {
  const header = request.headers['x-request-timeout-ms']
  const asked = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0
  return asked > 0 ? Math.min(asked, limitMs) : limitMs
}

export default fp(async function requestContext (app: FastifyInstance, options: RequestContextOptions) {
  app.decorateRequest('outcome')
  app.decorateRequest('deadline', 0)
  app.decorateRequest('callerSignal')
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const controller = new AbortController()
    request.outcome = { api: 'other', model: undefined, version: undefined }
    request.deadline = Date.now() + timeoutOf(request, options.requestTimeoutMs)
    request.callerSignal = controller.signal
    reply.raw.once('close', () => { if (!reply.raw.writableFinished) controller.abort() })
  })
  app.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.header('x-request-id', String(request.id))
    const { version } = request.outcome
    if (version !== undefined) reply.header('outrigger-model-version', version.toString())
  })
}, { name: 'request-context' })
