// Hands every body to the routes as the bytes that came, whatever its media type says: each API decodes for itself. The limit is Fastify's bodyLimit.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

export default fp(async function rawBody (app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
}, { name: 'raw-body' })
