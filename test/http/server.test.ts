import { pino } from 'pino'
import t, { type Test } from 'tap'
import { buildServer, type ServerOptions } from '../../src/http/server.js'
import { Registry } from '../../src/inference/registry.js'
import { createMetrics } from '../../src/metrics.js'
import { asideOf } from '../helpers/aside.js'
import { authOf } from '../helpers/auth.js'
import { modelEntry } from '../helpers/entry.js'

const build = async (t: Test, options: Partial<ServerOptions> = {}): ReturnType<typeof buildServer> => {
  const registry = new Registry()
  registry.put(modelEntry())
  const log = pino({ level: 'silent' })
  return await buildServer({
    service: {
      log, registry, metrics: createMetrics({ build: { version: '1', commit: null }, engines: () => [], models: () => registry.list(), processMetrics: false }), engines: () => [], predict: async () => ({}), ...asideOf(async () => ({})), phase: () => 'serving', batching: () => new Map(), shutdown: () => {}, repositoryFaults: () => [], changes: () => [], reload: async () => {}, replaceEngine: () => {}, moveLabel: async () => ({ from: undefined })
    },
    auth: await authOf(t), bodyLimitBytes: 1000, requestTimeoutMs: () => 1000, cors: () => undefined, logRequests: () => true, admin: { allowLocalAdmin: () => false }, version: { build: { version: '1', commit: null, builtAt: null } }, ...options
  })
}

t.test('every API is there, each with its own form of errors', async t => {
  const app = await build(t)
  for (const url of ['/health/live', '/metrics', '/version', '/models', '/openapi.json', '/docs']) t.match((await app.inject({ url })).statusCode, 200, url)
  t.match((await app.inject({ url: '/none' })).headers['content-type'], 'application/problem+json')
  t.match((await app.inject({ url: '/v1/none' })).json(), { error: /Malformed request/ })
  t.equal((await app.inject({ method: 'POST', url: '/shutdown', payload: {} })).statusCode, 403)
  await app.close()
})

t.test('bodies over the limit are refused in every API, with the limit', async t => {
  const app = await build(t)
  for (const url of ['/models/m/evaluate', '/v1/models/m:predict']) {
    const answer = await app.inject({ method: 'POST', url, payload: 'x'.repeat(1001) })
    t.equal(answer.statusCode, 413)
    t.match(answer.json(), { error: /1000/ })
  }
  await app.close()
})

t.test('request ids: taken over when they are harmless, made otherwise', async t => {
  const app = await build(t)
  const idOf = async (id: string): Promise<unknown> => (await app.inject({ url: '/health/live', headers: { 'x-request-id': id } })).headers['x-request-id']
  t.equal(await idOf('abc-1.2:3'), 'abc-1.2:3')
  t.match(await idOf('has blanks'), /^[0-9a-f-]{36}$/)
  t.match(await idOf('x'.repeat(200)), /^[0-9a-f-]{36}$/)
  await app.close()
})

t.test('a long model name is a model that is not there, not a route that is not there', async t => {
  const app = await build(t)
  t.match((await app.inject({ url: `/models/${'n'.repeat(500)}` })).json(), { code: 'MODEL_NOT_FOUND' })
  await app.close()
})
