// Serves the OpenAPI document at /openapi.json, always of the models that are loaded now, and the page that shows it at /docs, from local files alone.
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Auth } from '../../auth/auth.js'
import { buildInfo } from '../../build-info.js'
import { defaultModel } from '../model-target.js'
import { buildDocument } from '../openapi/document.js'
import type { OpenApiDocument } from '../openapi/document-types.js'
import { Examples } from '../openapi/examples.js'
import { guarded } from '../openapi/guards.js'
import { evaluateSchemas } from '../routes/evaluate/schema.js'
import type { Service } from '../service.js'

/** The page loads nothing but its own files and this service's answers. It sets styles on elements itself. */
const contentSecurity = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'style-src': ["'self'", "'unsafe-inline'"],
  'object-src': ["'none'"],
  'frame-ancestors': ["'self'"]
}

export interface OpenApiOptions {
  readonly service: Pick<Service, 'registry'>
  readonly auth: Pick<Auth, 'tokens' | 'isOpen' | 'hasLists' | 'hasQuota'>
}

export default fp(async function openapi (app: FastifyInstance, { service: { registry }, auth }: OpenApiOptions) {
  const examples = new Examples()

  function current (): OpenApiDocument {
    const models = registry.list()
    const document = buildDocument({ version: buildInfo.version, models, defaultModel: defaultModel(registry), evaluateSchemas, examples: entry => examples.of(entry) })
    return guarded(document, { tokens: auth.tokens !== undefined, isOpen: auth.isOpen, lists: auth.hasLists(), quota: auth.hasQuota() })
  }

  const prepare = async (request: FastifyRequest): Promise<void> => {
    request.outcome.api = 'docs'
    await examples.load(registry.list().flatMap(({ versions }) => versions.filter(({ state }) => state === 'available')))
  }

  app.get('/openapi.json', { preHandler: prepare }, async (_request, reply) => reply.header('cache-control', 'no-store').type('application/json').send(JSON.stringify(current())))

  // The page's plugin asks for this one; what it serves is replaced by the document of the moment.
  await app.register(swagger, { mode: 'static', specification: { document: { openapi: '3.1.0', info: { title: 'Outrigger', version: buildInfo.version }, paths: {} } } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurity,
    theme: { title: 'Outrigger' },
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, defaultModelsExpandDepth: 0, displayRequestDuration: true },
    uiHooks: { preHandler: (request, _reply, done) => { prepare(request).then(() => { done() }, done) } },
    transformSpecification: () => ({ ...current() }),
    transformSpecificationClone: false
  })
}, { name: 'openapi', dependencies: ['request-context'] })
