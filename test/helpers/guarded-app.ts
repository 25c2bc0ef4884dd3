// The whole server with the models `m` and `other` on an engine that doubles nothing, behind flags of who may call.
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { Certificates } from '../../src/http/certificates.js'
import { createListeners, defaultLimits, type ConnectionLimits } from '../../src/http/listeners.js'
import { buildServer, type ServerOptions } from '../../src/http/server.js'
import { Registry } from '../../src/inference/registry.js'
import { asideOf } from './aside.js'
import { modelEntry, versionEntry } from './entry.js'
import { authOf, stillMetrics } from './auth.js'
import { signature } from './tensorflow-app.js'

export interface GuardedApp {
  readonly app: FastifyInstance
  readonly registry: Registry
  /** What admin routes were asked to do. */
  readonly orders: string[]
  readonly lines: Record<string, unknown>[]
  readonly call: (method: InjectOptions['method'], url: string, more?: InjectOptions) => Promise<{ status: number, code: string | undefined, headers: Record<string, unknown>, body: string }>
}

export interface GuardedOptions {
  readonly adminSocket?: string
  readonly models?: readonly string[]
  readonly server?: Partial<Pick<ServerOptions, 'cors' | 'sendTimeoutMs' | 'metricsAt' | 'certificateNeeded'>> & { readonly limits?: Partial<ConnectionLimits>, readonly certificates?: Certificates }
  /** Adds routes. */
  readonly before?: (app: FastifyInstance) => void
}

export async function guardedApp (t: Test, flags: readonly string[], { adminSocket, models = ['m', 'other'], server = {}, before }: GuardedOptions = {}): Promise<GuardedApp> {
  const registry = new Registry()
  const signatures = new Map([['serving_default', signature('serving_default', { x: 'DT_FLOAT' })]])
  for (const model of models) registry.put(modelEntry({ name: model, versions: [versionEntry({ model, signatures })], labels: new Map([['stable', 1n]]) }))
  const orders: string[] = []
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => { lines.push(JSON.parse(line) as Record<string, unknown>) } })
  const metrics = stillMetrics()
  const { limits, certificates, ...more } = server
  const app = await buildServer({
    service: {
      log, registry, metrics, engines: () => [], predict: async (_entry, inputs) => ({ y: inputs.x! }), ...asideOf(async (_entry, inputs) => ({ y: inputs.x! })), phase: () => 'serving', batching: () => new Map(), repositoryFaults: () => [], changes: () => [],
      replaceEngine: () => {}, shutdown: (mode, by) => { orders.push(`${mode}: ${by}`) }, reload: async (model, by) => { orders.push(`reload ${model}: ${by}`) }, moveLabel: async (_model, _label, _version, by) => { orders.push(`label: ${by}`); return { from: undefined } }
    } as Parameters<typeof buildServer>[0]['service'],
    auth: await authOf(t, flags), bodyLimitBytes: 1 << 20, requestTimeoutMs: () => 5000, cors: () => undefined, logRequests: () => true, admin: { allowLocalAdmin: () => flags.includes('--allow-local-admin'), adminSocket }, version: { build: { version: '1', commit: null, builtAt: null } },
    listeners: createListeners({ limits: { ...defaultLimits, ...limits }, certificates, log, metrics }), ...more
  })
  before?.(app)
  t.teardown(async () => { await app.close() })
  return {
    app, registry, orders, lines,
    call: async (method, url, more = {}) => {
      const { statusCode, headers, body } = await app.inject({ method: method!, url, ...more })
      let code: string | undefined
      try { code = (JSON.parse(body) as { code?: string }).code } catch {}
      return { status: statusCode, code, headers, body }
    }
  }
}
