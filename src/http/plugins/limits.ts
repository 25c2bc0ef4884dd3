// What a request and its connection may cost: connections beyond the limit, too many headers, answers that nobody takes.
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { now } from '../../clock.js'
import { OutriggerError } from '../../errors.js'
import type { Metrics } from '../../metrics.js'
import { isProbe, routeAccess } from '../access.js'
import type { Listeners } from '../listeners.js'

export interface LimitOptions {
  readonly listeners: Pick<Listeners, 'isOver'>
  /** Longest time that a caller may take to read an answer, in milliseconds. */
  readonly sendTimeoutMs: () => number
  readonly metrics: Pick<Metrics, 'connectionEnded'>
}

/** Lines of a head; a browser behind three proxies sends thirty. */
const maxHeaders = 128
/** Between two looks for answers that nobody takes. */
const lookEveryMs = 1000

export default fp(async function limits (app: FastifyInstance, { listeners, sendTimeoutMs, metrics }: LimitOptions) {
  /** Answers on their way, the oldest first, with the moment at which they were given to the connection. */
  const sending = new Map<ServerResponse, number>()

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.raw.rawHeaders.length > 2 * maxHeaders) { done(new OutriggerError('REQUEST_HEADERS', `The request has more than ${maxHeaders} headers`)); return }
    if (!listeners.isOver(request.raw.socket)) { done(); return }
    // Who watches the service must see it most of all when it is full.
    done(isProbe(routeAccess(request)) ? undefined : new OutriggerError('SERVICE_OVERLOADED', 'There are more connections than this instance takes; ask another one', { retryAfterMs: 1000 }))
  })
  app.addHook('onSend', ({ raw: { socket } }, reply, _payload, done) => {
    // Of a caller that has left, nothing would ever tell the end.
    if (!socket.destroyed) sending.set(reply.raw, now())
    if (listeners.isOver(socket)) reply.header('connection', 'close')
    done()
  })
  app.requestEnds.push((_request, { raw }) => { sending.delete(raw) })

  const timer = setInterval(() => {
    const before = now() - sendTimeoutMs()
    for (const [response, since] of sending) {
      if (since > before) return
      sending.delete(response)
      app.log.warn({ remoteAddress: response.socket?.remoteAddress, milliseconds: Math.round(now() - since) }, 'an answer was not taken in time: its connection is cut')
      metrics.connectionEnded('slow-reader')
      response.destroy()
    }
  }, lookEveryMs).unref()
  app.addHook('onClose', async () => { clearInterval(timer) })
}, { name: 'limits', dependencies: ['errors'] })
