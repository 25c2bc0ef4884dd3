// What a token allows: scopes by kind of route, for all models or for one. Pure.

/** `read` is any valid token's. */
export type Access = 'open' | 'read' | 'predict' | 'explain' | 'admin'

/** What can stand outside tokens, by the setting. */
export const authAreas = ['health', 'metrics', 'docs', 'none'] as const
export type AuthArea = (typeof authAreas)[number]

/** Scopes as `kind` or `kind:model`, the model's name decoded. */
export type Grants = ReadonlySet<string>

/** A model's name in a scope is percent-encoded as in a path; a scope that cannot be decoded allows nothing. */
function decoded (scope: string): string[] {
  const colon = scope.indexOf(':')
  if (colon < 0) return [scope]
  try {
    return [`${scope.slice(0, colon)}:${decodeURIComponent(scope.slice(colon + 1))}`]
  } catch {
    return []
  }
}

/** The scopes in these claims: a text with blanks between (RFC 8693), or a list of texts. Anything else allows nothing. */
export function grantsOf (claims: Readonly<Record<string, unknown>>, names: readonly string[]): Grants {
  const scopes = names.flatMap(name => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    return typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value.filter(one => typeof one === 'string') : []
  })
  return new Set(scopes.filter(scope => scope !== '').flatMap(decoded))
}

/** The scope that a route needs, as a token would carry it; undefined where none is needed. */
export function neededScope (access: Access, model: string | undefined): string | undefined {
  if (access === 'open' || access === 'read') return undefined
  return model === undefined ? access : `${access}:${encodeURIComponent(model)}`
}

/** Whether these scopes allow the route for this model. Without a model only the scope for all models does. */
export const allows = (grants: Grants, access: Access, model: string | undefined): boolean =>
  access === 'open' || access === 'read' || grants.has(access) || (model !== undefined && grants.has(`${access}:${model}`))
