// What the document says of who may call: the scheme of tokens, the scope that each operation needs, and how refusals look. Pure.
import type { AuthArea } from '../../auth/grants.js'
import { accessOf } from '../access.js'
import type { OpenApiDocument, Operation, Paths } from './document-types.js'
import { errorResponses, problems, tensorflowErrors, type ErrorStatus } from './errors.js'

export interface Guards {
  readonly tokens: boolean
  /** Whether a part of the service needs no token. */
  readonly isOpen: (area: AuthArea) => boolean
  /** Whether a list of addresses, and whether a quota, can refuse a caller. */
  readonly lists: boolean
  readonly quota: boolean
}

function guardedOperation (method: string, path: string, operation: Operation, { tokens, isOpen, lists, quota }: Guards): Operation {
  const { access, area } = accessOf(method.toUpperCase(), path)
  const asked = tokens && access !== 'open' && (area === undefined || !isOpen(area))
  const statuses: ErrorStatus[] = [...(asked ? [400, 401, 403, 503] as const : []), ...(lists ? [403] as const : []), ...(quota && area !== 'health' && area !== 'metrics' && access !== 'admin' ? [429] as const : [])]
  const refusals = path.startsWith('/v1/') ? tensorflowErrors(...statuses) : problems(...statuses)
  return { ...operation, responses: { ...refusals, ...operation.responses }, ...(tokens ? { security: asked ? [{ bearer: access === 'read' ? [] : [access] }] : [] } : {}) }
}

/** The document of a service whose callers are looked at; the same one where nobody is. */
export function guarded (document: OpenApiDocument, guards: Guards): OpenApiDocument {
  if (!guards.tokens && !guards.lists && !guards.quota) return document
  const paths: Paths = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [
    path, Object.fromEntries(Object.entries(item).map(([method, operation]) => [method, guardedOperation(method, path, operation, guards)]))
  ]))
  const used = JSON.stringify(paths)
  const responses = Object.fromEntries(Object.entries(errorResponses).filter(([name]) => used.includes(`"#/components/responses/${name}"`)))
  const securitySchemes = { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token of the configured issuer. Scopes: predict, explain and admin for all models, or predict:NAME and so on for one.' } } as const
  return { ...document, paths, components: { ...document.components, responses: { ...document.components.responses, ...responses }, ...(guards.tokens ? { securitySchemes } : {}) } }
}
