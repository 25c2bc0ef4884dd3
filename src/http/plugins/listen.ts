// Where the service listens: the addresses of its host, and the port that metrics have for themselves. Ends what it opened.
import { lookup } from 'node:dns/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { OutriggerError } from '../../errors.js'
import { backlog, listenFault, type At, type Listeners, type Opened } from '../listeners.js'
import { routeOf } from './metrics.js'

export interface ListenOptions {
  readonly listeners: Listeners
  /** Where metrics have a port of their own; undefined where they stand among the other routes. */
  readonly metricsAt?: At | undefined
}

/** The ports that were taken where 0 was asked for. */
export interface Bound extends At { readonly metricsPort: number | undefined }

declare module 'fastify' {
  interface FastifyInstance {
    /** Listens. Rejects with CONFIG_INVALID. */
    listenAt: (at: At) => Promise<Bound>
  }
}

const portOf = (app: FastifyInstance, asked: number): number => {
  const bound = app.server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : asked
}

/** The other addresses of localhost (127.0.0.1 and ::1) beside the one that is listened on. */
async function furtherAddresses (app: FastifyInstance, host: string): Promise<string[]> {
  if (host !== 'localhost') return []
  const bound = app.server.address()
  const found = await lookup(host, { all: true }).catch(() => [])
  return [...new Set(found.map(({ address }) => address))].filter(address => typeof bound === 'object' && address !== bound?.address)
}

export default fp(async function listen (app: FastifyInstance, { listeners, metricsAt }: ListenOptions) {
  let metrics: Opened | undefined
  let further: readonly Opened[] = []
  let closing: Promise<unknown> = Promise.resolve()

  app.decorate('listenAt', async ({ host, port: asked }: At) => {
    const at = { host, port: asked }
    if (metricsAt !== undefined) metrics = await listeners.open(app.routing, metricsAt, 'metrics-port')
    try {
      // A copy: Fastify writes into what it is given.
      await app.listen({ ...at, backlog })
    } catch (error) {
      await metrics?.close()
      throw listenFault(error, at, 'port')
    }
    const port = portOf(app, asked)
    // As Fastify does for servers that it makes itself: an address that cannot be had is no fault.
    const opened = await Promise.allSettled((await furtherAddresses(app, host)).map(async further => await listeners.open(app.routing, { host: further, port }, 'port')))
    further = opened.flatMap(one => one.status === 'fulfilled' ? [one.value] : [])
    return { host, port, metricsPort: metrics?.port }
  })

  if (metricsAt !== undefined) {
    app.addHook('onRequest', (request, _reply, done) => {
      const apart = metrics?.owns(request.raw.socket) === true
      if (apart === (routeOf(request) === '/metrics')) done()
      else done(new OutriggerError('ROUTE_NOT_FOUND', apart ? 'This port answers /metrics and nothing else' : 'Metrics have a port of their own'))
    })
  }
  // With the main server, not after it; metrics are answered to the end.
  app.addHook('preClose', async () => { closing = Promise.all(further.map(async one => { await one.close() })) })
  app.addHook('onClose', async () => { await Promise.all([closing, metrics?.close()]) })
}, { name: 'listen', dependencies: ['errors'] })
