// GET /models, /models/{model}[/versions/{v}|/labels/{l}] and /describe: what is served and how to call it.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { defaultModel, targetVersion, type TargetParams } from '../../model-target.js'
import { Examples } from '../../openapi/examples.js'
import type { Service } from '../../service.js'
import { describeVersion, modelLine } from './description.js'

export interface CatalogueOptions { readonly service: Pick<Service, 'registry' | 'phase' | 'batching'> }

export default async function catalogue (app: FastifyInstance, { service }: CatalogueOptions): Promise<void> {
  const { registry } = service

  /** What it says changes with every load, so nobody keeps it. */
  async function describe (request: FastifyRequest, reply: FastifyReply): Promise<object> {
    request.outcome.api = 'catalogue'
    const { model, version } = targetVersion(service, request.params as TargetParams)
    request.outcome.model = model.name
    void reply.header('cache-control', 'no-store')
    const examples = new Examples()
    await examples.load([version])
    return describeVersion(model, version, { examples: examples.of(version), batching: service.batching(version) })
  }

  app.get('/models', async (request, reply) => {
    request.outcome.api = 'catalogue'
    void reply.header('cache-control', 'no-store')
    const models = registry.list()
    return { models: models.map(model => modelLine(model, defaultModel(registry))) }
  })
  app.get('/describe', describe)
  app.get('/models/:model', describe)
  app.get('/models/:model/versions/:version', describe)
  app.get('/models/:model/labels/:label', describe)
}
