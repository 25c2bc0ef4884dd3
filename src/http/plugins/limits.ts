// What a request and its connection may cost: connections beyond the limit, too many headers, answers that nobody takes.
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
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

/** The answer that was given last to a connection and is on its way, and the moment at which it was given. Answers of one connection go one after the other, so that with the last all have gone. */
interface Sending { readonly socket: Socket, response: ServerResponse | undefined, since: number }

const sending = Symbol('sending')
type Connection = Socket & { [sending]?: Sending }

export default fp(async function limits (app: FastifyInstance, { listeners, sendTimeoutMs, metrics }: LimitOptions) {
  /** One for each connection, rather than for each answer: what comes and goes in a Map by the thousand is kept by its old tables until a full collection. */
  const connections = new Set<Sending>()

  function begin (socket: Connection, response: ServerResponse): void {
    // Of a caller that has left, nothing would ever tell the end.
    if (socket.destroyed) return
    let last = socket[sending]
    if (last === undefined) {
      const made = last = socket[sending] = { socket, response, since: 0 }
      connections.add(made)
      socket.once('close', () => { connections.delete(made) })
    }
    last.response = response
    last.since = now()
  }

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.raw.rawHeaders.length > 2 * maxHeaders) { done(new OutriggerError('REQUEST_HEADERS', `The request has more than ${maxHeaders} headers`)); return }
    if (!listeners.isOver(request.raw.socket)) { done(); return }
    // Who watches the service must see it most of all when it is full.
    done(isProbe(routeAccess(request)) ? undefined : new OutriggerError('SERVICE_OVERLOADED', 'There are more connections than this instance takes; ask another one', { retryAfterMs: 1000 }))
  })
  app.addHook('onSend', ({ raw: { socket } }, reply, _payload, done) => {
    begin(socket, reply.raw)
    if (listeners.isOver(socket)) reply.header('connection', 'close')
    done()
  })
  app.requestEnds.push(({ raw: { socket } }, { raw }) => {
    const last = (socket as Connection)[sending]
    if (last?.response === raw) last.response = undefined
  })

  const timer = setInterval(() => {
    const before = now() - sendTimeoutMs()
    for (const { socket, response, since } of connections) {
      if (response === undefined || since > before) continue
      app.log.warn({ remoteAddress: socket.remoteAddress, milliseconds: Math.round(now() - since) }, 'an answer was not taken in time: its connection is cut')
      metrics.connectionEnded('slow-reader')
      socket.destroy()
    }
  }, lookEveryMs).unref()
  app.addHook('onClose', async () => { clearInterval(timer) })
}, { name: 'limits', dependencies: ['errors'] })
