// Which route needs what: the one table of who may call. A route that does not stand here is an admin's alone.
import type { FastifyRequest } from 'fastify'
import type { Access, AuthArea } from '../auth/grants.js'
import type { Registry } from '../inference/registry.js'
import { defaultModel } from './model-target.js'
import { fits } from './plugins/nearest-routes.js'
import { readTarget } from './routes/tensorflow/url.js'

export interface RouteAccess {
  readonly access: Access
  /** The part of the service that the setting auth-open can take out of tokens. */
  readonly area?: AuthArea
}

/** Whether those ask who watch the service: it answers them also when it is full or busy, and counts none of them as callers. */
export const isProbe = ({ area }: RouteAccess): boolean => area === 'health' || area === 'metrics'

type Row = readonly [method: string, pattern: string, access: Access, area?: AuthArea]

/** In the order in which they are tried. `read` is any valid token's. */
export const accessTable: readonly Row[] = [
  ['GET', '/health', 'read', 'health'],
  ['GET', '/health/ready', 'read', 'health'],
  ['GET', '/health/live', 'read', 'health'],
  ['GET', '/metrics', 'read', 'metrics'],
  ['GET', '/openapi.json', 'read', 'docs'],
  ['GET', '/docs', 'read', 'docs'],
  ['GET', '/docs/*', 'read', 'docs'],
  ['GET', '/version', 'read'],
  ['GET', '/changes', 'read'],
  ['GET', '/models', 'read'],
  ['GET', '/describe', 'read'],
  ['GET', '/models/:model', 'read'],
  ['GET', '/models/:model/versions/:version', 'read'],
  ['GET', '/models/:model/labels/:label', 'read'],
  ['POST', '/evaluate', 'predict'],
  ['POST', '/models/:model/evaluate', 'predict'],
  ['POST', '/models/:model/versions/:version/evaluate', 'predict'],
  ['POST', '/models/:model/labels/:label/evaluate', 'predict'],
  // The router knows the API by its first letters only; its own grammar says which model is meant.
  ...['/v1/*', '/V1/*'].flatMap((pattern): Row[] => [['POST', pattern, 'predict'], ['OPTIONS', pattern, 'open'], ['*', pattern, 'read']]),
  ['POST', '/shutdown', 'admin'],
  ['POST', '/models/:model/reload', 'admin'],
  ['POST', '/engines/:engine/replace', 'admin'],
  ['PUT', '/models/:model/labels/:label', 'admin']
]

/** What a route or a path needs, by method. Browsers ask by OPTIONS before they may send a token; the answer says nothing. */
export function accessOf (method: string, path: string): RouteAccess {
  const asked = method === 'HEAD' ? 'GET' : method
  const row = accessTable.find(([rowMethod, pattern]) => (rowMethod === asked || rowMethod === '*') && fits(pattern, path))
  return row === undefined ? { access: 'admin' } : { access: row[2], ...(row[3] === undefined ? {} : { area: row[3] }) }
}

const byRoute = new Map<string, RouteAccess>()

/** What the route of a request needs. Whether there is no such route is told to those who may know what there is. */
export function routeAccess (request: FastifyRequest): RouteAccess {
  const pattern = request.route.url
  if (request.is404 || pattern === undefined) return { access: 'read' }
  const key = `${request.method} ${pattern}`
  let found = byRoute.get(key)
  // Both are the router's: the methods that it knows and the patterns that were declared.
  if (found === undefined) byRoute.set(key, found = accessOf(request.method, pattern))
  return found
}

export interface Wanted extends RouteAccess { readonly model: string | undefined }

/** What a request needs: by the route that takes it, and the model by the very parts that the route itself will read. */
export function wantedBy (request: FastifyRequest, registry: Registry): Wanted {
  const wanted = routeAccess(request)
  if (wanted.access === 'open' || wanted.access === 'read') return { ...wanted, model: undefined }
  if (/^\/v1\//i.test(request.route.url ?? '')) {
    try {
      return { ...wanted, model: readTarget(request.method, request.raw.url ?? '/').model }
    } catch {
      // The route refuses it in the same words for everybody.
      return { access: 'read', model: undefined }
    }
  }
  const { model } = request.params as { model?: string }
  return { ...wanted, model: model ?? (wanted.access === 'admin' ? undefined : defaultModel(registry)) }
}
