// The document and the routes agree both ways.
import { pino } from 'pino'
import t from 'tap'
import { buildServer } from '../../../src/http/server.js'
import type { Service } from '../../../src/http/service.js'
import { readable } from '../../../src/http/plugins/nearest-routes.js'
import { Registry } from '../../../src/inference/registry.js'
import { accessTable } from '../../../src/http/access.js'
import { createMetrics } from '../../../src/metrics.js'
import { asideOf } from '../../helpers/aside.js'
import { authOf } from '../../helpers/auth.js'

t.test('every route is declared, every declared path is a route', async t => {
  const registry = new Registry()
  const service: Service = {
    log: pino({ level: 'silent' }), registry, engines: () => [], phase: () => 'serving', batching: () => new Map(), repositoryFaults: () => [], shutdown () {}, changes: () => [], async reload () {}, replaceEngine () {}, moveLabel: async () => ({ from: undefined }),
    metrics: createMetrics({ build: { version: '1', commit: null }, engines: () => [], models: () => [], processMetrics: false }),
    predict: () => new Promise(() => {}),
    ...asideOf(() => new Promise(() => {}))
  }
  const app = await buildServer({
    service, auth: await authOf(t), bodyLimitBytes: 1000, requestTimeoutMs: () => 1000, cors: () => undefined, logRequests: () => false, admin: { allowLocalAdmin: () => false }, version: { build: { version: '1', commit: null, builtAt: null } }
  })
  t.teardown(() => app.close())
  await app.ready()
  const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, object> }>()
  // One wildcard serves all of /v1; its own suite holds it to its grammar.
  const declared = Object.entries(paths).filter(([path]) => !path.startsWith('/v1/')).flatMap(([path, item]) => Object.keys(item).map(method => `${method.toUpperCase()} ${path}`))
  const routes = app.declaredRoutes.filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS').map(({ method, pattern }) => `${method} ${readable(pattern)}`)
  t.same([...new Set(routes)].sort(), declared.sort())

  const inTable = (method: string, pattern: string): boolean => accessTable.some(([rowMethod, row]) => rowMethod === method && row === pattern)
  for (const { method, pattern } of app.declaredRoutes) if (!['HEAD', 'OPTIONS'].includes(method)) t.ok(inTable(method, pattern), `${method} ${pattern} stands in the table of who may call`)
  for (const [method, pattern] of accessTable) {
    const declared = app.declaredRoutes.some(route => route.method === method && route.pattern === pattern)
    t.ok(declared || /^\/(v1|V1|docs)\b/.test(pattern), `${method} ${pattern} is a route`)
  }
})
