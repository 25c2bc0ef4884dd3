// A service of doubles for the routes of our own API: an app that closes itself, models whose predict is a function of the test. No tests here.
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { Engine } from '../../../../src/engine/engine.js'
import errors from '../../../../src/http/plugins/errors.js'
import rawBody from '../../../../src/http/plugins/raw-body.js'
import requestContext from '../../../../src/http/plugins/request-context.js'
import catalogue from '../../../../src/http/routes/catalogue/index.js'
import evaluate from '../../../../src/http/routes/evaluate/index.js'
import type { Service } from '../../../../src/http/service.js'
import { Registry, type ModelEntry, type VersionEntry } from '../../../../src/inference/registry.js'
import type { Signature } from '../../../../src/tensor/tensor.js'
import { asideOf } from '../../../helpers/aside.js'

export function version (model: string, number: bigint, signatures: readonly Signature[], more: Partial<VersionEntry> = {}): VersionEntry {
  return {
    model, version: number, folder: '/nowhere', format: 'saved-model', engine: { kind: 'embedded' } as Engine, state: 'available', reason: undefined,
    signatures: new Map(signatures.map(one => [one.name, one])), handler: undefined, checksum: 'abc', handlerChecksum: undefined, mayResend: () => true, ...more
  }
}

export const model = (name: string, versions: readonly VersionEntry[], more: Partial<ModelEntry> = {}): ModelEntry =>
  ({ name, required: true, timeoutMs: undefined, versions, labels: new Map(), ...more })

export interface Built { app: FastifyInstance, registry: Registry, stages: string[] }

export async function build (t: Test, models: readonly ModelEntry[], predict: Service['predict'], more: { defaultModel?: string, phase?: ReturnType<Service['phase']> } = {}): Promise<Built> {
  const registry = new Registry()
  for (const entry of models) registry.put(entry)
  registry.defaultModel = more.defaultModel
  const stages: string[] = []
  const service = {
    registry,
    predict,
    ...asideOf(predict),
    phase: () => more.phase ?? 'serving', batching: () => new Map(),
    metrics: { stage: (stage: string, name: string, number: string) => { stages.push(`${stage} ${name} ${number}`) } } as unknown as Service['metrics']
  }
  const app = Fastify() as unknown as FastifyInstance
  // Injected requests have a socket without destroy, which the error handler would call seconds later.
  app.addHook('onRequest', async ({ raw }) => { (raw.socket as { destroy?: unknown }).destroy ??= () => {} })
  await app.register(requestContext, { requestTimeoutMs: () => 20_000 })
  await app.register(errors)
  await app.register(rawBody)
  await app.register(catalogue, { service })
  await app.register(evaluate, { service })
  t.teardown(async () => await app.close())
  return { app, registry, stages }
}
