// Hands every body to the routes as the bytes that came, whatever its media type says: each API decodes for itself. The limit is Fastify's bodyLimit.
import { finished } from 'node:stream/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { OutriggerError } from '../../errors.js'

/** Methods whose body Fastify does not read. */
const withoutBody = new Set(['GET', 'HEAD', 'TRACE'])

const announcesBody = ({ headers }: FastifyRequest): boolean => headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** Reads a body that nobody asked for and throws it away: a connection that ends with unread bytes takes the end of its answer with it. Throws REQUEST_TOO_LARGE. */
async function discard (request: FastifyRequest): Promise<void> {
  const limit = request.routeOptions.bodyLimit ?? 0
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new OutriggerError('REQUEST_TOO_LARGE', `A ${request.method} needs no body, and this one is larger than ${limit} bytes`)
  await finished(request.raw.resume(), { writable: false }).catch(() => { throw new OutriggerError('REQUEST_TRUNCATED', 'The connection ended before the body did') })
}

export default fp(async function rawBody (app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
  app.addHook('onRequest', (request, _reply, done) => {
    if (withoutBody.has(request.method) && announcesBody(request)) discard(request).then(() => { done() }, done)
    else done()
  })
}, { name: 'raw-body' })
