// GET /version: which service, engines, models and handlers answer here. No secrets, no paths.
import type { FastifyInstance } from 'fastify'
import type { EngineKind } from '../../../engine/engine.js'
import type { ModelEntry } from '../../../inference/registry.js'
import type { Service } from '../../service.js'

export interface VersionOptions {
  readonly service: Pick<Service, 'registry' | 'engines'>
  readonly build: { readonly version: string, readonly commit: string | null, readonly builtAt: string | null }
  /** Version of the engine's program, where it is known. */
  readonly engineVersion?: (kind: EngineKind) => string | null
}

const modelOf = ({ name, versions, labels }: ModelEntry): object => ({
  name,
  labels: Object.fromEntries([...labels].map(([label, version]) => [label, version.toString()])),
  versions: versions.map(entry => ({
    version: entry.version.toString(),
    state: entry.state,
    format: entry.format,
    engine: entry.engine.kind,
    checksum: entry.checksum ?? null,
    handler_checksum: entry.handlerChecksum ?? null
  }))
})

export default async function version (app: FastifyInstance, { service, build, engineVersion }: VersionOptions): Promise<void> {
  app.get('/version', async (request, reply) => {
    request.outcome.api = 'version'
    void reply.header('cache-control', 'no-store')
    return {
      service: 'outrigger',
      version: build.version,
      commit: build.commit,
      built_at: build.builtAt,
      node: process.version,
      engines: service.engines().map(({ kind }) => ({ kind, version: engineVersion?.(kind) ?? (kind === 'embedded' ? build.version : null) })),
      models: service.registry.list().map(modelOf)
    }
  })
}
