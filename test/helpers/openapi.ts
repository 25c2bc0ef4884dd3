// Holds answers against the OpenAPI document: whether a route, status and media type are declared, and whether the body fits its schema.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

interface Response { readonly $ref?: string, readonly content?: Readonly<Record<string, { readonly schema?: object }>> }
interface Operation { readonly responses: Readonly<Record<string, Response>> }
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>
  readonly components: { readonly responses: Readonly<Record<string, Response>>, readonly schemas: Readonly<Record<string, object>> }
}

const id = 'urn:outrigger:document'
const compiled = new WeakMap<object, { ajv: Ajv2020, validators: Map<string, ValidateFunction> }>()

/** One compiler per document; it holds the whole document, so that references resolve as they stand. */
function compiler (document: Document): { ajv: Ajv2020, validators: Map<string, ValidateFunction> } {
  const known = compiled.get(document)
  if (known !== undefined) return known
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ $id: id, components: document.components, paths: document.paths } as object)
  const made = { ajv, validators: new Map<string, ValidateFunction>() }
  compiled.set(document, made)
  return made
}

const escape = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

/** The declared path that a request path belongs to: itself, else the template with the most fixed segments; undefined when there is none. */
export function declaredPath (document: Document, path: string): string | undefined {
  if (path in document.paths) return path
  return Object.keys(document.paths)
    .filter(template => template.includes('{') && new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/:]+')}$`).test(path))
    .sort((a, b) => a.split('{').length - b.split('{').length)[0]
}

/**
 * What is wrong with an answer by the document; [] when nothing is. `path` is the request's path without its query, `mediaType` the
 * answer's Content-Type (parameters are dropped), `body` the parsed JSON, or anything for other media types.
 */
export function validateAnswer (document: Document, method: string, path: string, status: number, mediaType: string, body: unknown): string[] {
  const route = declaredPath(document, path)
  const verb = method.toLowerCase() === 'head' ? 'get' : method.toLowerCase()
  const operation = route === undefined ? undefined : document.paths[route][verb]
  if (route === undefined || operation === undefined) return [`${method} ${path} is not declared`]
  const key = [status.toString(), 'default'].find(one => one in operation.responses)
  if (key === undefined) return [`${method} ${route} does not declare status ${status}`]
  const inline = operation.responses[key]
  const shared = inline.$ref === undefined ? undefined : decodeURIComponent(inline.$ref.split('/').at(-1) ?? '')
  const content = (shared === undefined ? inline : document.components.responses[shared]).content ?? {}
  const plain = mediaType.split(';', 1)[0].trim().toLowerCase()
  const declared = [plain, '*/*'].find(one => one in content)
  if (declared === undefined) return [`${method} ${route} ${status} does not declare ${plain}, but ${Object.keys(content).join(', ')}`]
  if (content[declared].schema === undefined || !/[/+]json$/.test(plain)) return []
  const place = shared === undefined ? `/paths/${escape(route)}/${verb}/responses/${key}` : `/components/responses/${escape(shared)}`
  const pointer = `${id}#${place}/content/${escape(declared)}/schema`
  const { ajv, validators } = compiler(document)
  let validate = validators.get(pointer)
  if (validate === undefined) validators.set(pointer, validate = ajv.compile({ $ref: pointer }))
  return validate(body) ? [] : (validate.errors ?? []).map(error => `${method} ${route} ${status}: ${error.instancePath} ${error.message ?? ''}`)
}
