// What the document says of one loaded version: names for its schemas, the schemas themselves, its examples.
import type { ModelEntry, VersionEntry } from '../../inference/registry.js'
import type { Example, Schema } from './document-types.js'
import type { GoldenCase } from './examples.js'
import { anyShapes, predictRequestSchema, predictResponseSchema } from './signature-schemas.js'

/** Schemas of evaluate for one version: requests by media type, and the JSON answer. */
export interface EvaluateSchemas { readonly request: Readonly<Record<string, Schema>>, readonly response: Schema }

export interface VersionDocument {
  readonly entry: VersionEntry
  /** Whether requests that name no version go here. */
  readonly newest: boolean
  /** The model's name as it stands in a path. */
  readonly pathName: string
  /** For operation ids. */
  readonly idWord: { readonly model: string, readonly version: string }
  readonly schemas: Readonly<Record<string, Schema>>
  /** Names of schemas by media type of the request. */
  readonly evaluateRequests: Readonly<Record<string, string>>
  readonly evaluateResponse: string
  readonly evaluateExamples: Readonly<Record<string, Example>>
  /** Whether the answer may have other media types than JSON. */
  readonly anyAnswer: boolean
  readonly hasPredict: boolean
  readonly predictRequest: string
  readonly predictResponse: string
  readonly predictExamples: Readonly<Record<string, Example>>
}

/** A word that operation ids and component names may hold; other characters become their code, so that no two names meet. */
const word = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, c => `.${c.codePointAt(0)?.toString(16) ?? ''}`)

/** Local references inside a handler's schema need a base of their own once it stands inside the document. */
function withBase (schema: Schema, name: string): Schema {
  if ('$id' in schema || !/"\$ref":"#(?!\/components\/)/.test(JSON.stringify(schema))) return schema
  return { $id: `urn:outrigger:schema:${name}`, ...schema }
}

/** Whether a golden case can be sent as it is to `:predict` in columnar form: its request names exactly the inputs. */
function fitsInputs (request: unknown, inputs: readonly string[]): request is Record<string, unknown> {
  return typeof request === 'object' && request !== null && !Array.isArray(request) && Object.keys(request).sort().join('\n') === [...inputs].sort().join('\n')
}

/** Puts a case's value into the shape `[batch, …]` of columnar form where it is plain. */
function batched (value: unknown, rank: number): unknown {
  let depth = 0
  for (let inner = value; Array.isArray(inner); inner = inner[0] as unknown) depth++
  let outer = value
  for (; depth < rank; depth++) outer = [outer]
  return outer
}

function predictExamples (entry: VersionEntry, cases: readonly GoldenCase[]): Record<string, Example> {
  const signature = entry.signatures.get('serving_default')
  // With a handler the cases are its requests, not the model's tensors.
  if (signature === undefined || entry.handler !== undefined) return {}
  return Object.fromEntries(cases.flatMap(({ name, request }) => {
    if (!fitsInputs(request, [...signature.inputs.keys()])) return []
    const inputs = Object.fromEntries(Object.entries(request).map(([key, value]) => [key, batched(value, signature.inputs.get(key)?.shape?.length ?? 0)]))
    return [[name, { value: { inputs } }]]
  }))
}

export function versionDocument (model: ModelEntry, entry: VersionEntry, evaluate: EvaluateSchemas, cases: readonly GoldenCase[]): VersionDocument {
  const idWord = { model: word(entry.model), version: `${word(entry.model)}_${entry.version}` }
  const base = `${word(entry.model)}-${entry.version}`
  const schemas: Record<string, Schema> = {}
  const add = (name: string, schema: Schema): string => { schemas[name] = withBase(schema, name); return name }
  const requests = Object.entries(evaluate.request).map(([mediaType, schema]) => [mediaType, add(`${base}-${mediaType === 'application/json' ? 'request' : mediaType.replace(/[^A-Za-z0-9]+/g, '-')}`, schema)] as const)
  const signature = entry.signatures.get('serving_default')
  const hasPredict = signature !== undefined
  if (hasPredict) Object.assign(schemas, anyShapes(signature))
  return {
    entry,
    newest: model.versions.find(v => v.state === 'available') === entry,
    pathName: encodeURIComponent(entry.model),
    idWord,
    evaluateRequests: Object.fromEntries(requests),
    evaluateResponse: add(`${base}-answer`, evaluate.response),
    evaluateExamples: Object.fromEntries(cases.map(({ name, request }) => [name, { value: request }])),
    anyAnswer: entry.handler?.description.postprocess === true,
    hasPredict,
    predictRequest: hasPredict ? add(`${base}-predict-request`, predictRequestSchema(signature)) : '',
    predictResponse: hasPredict ? add(`${base}-predict-answer`, predictResponseSchema(signature)) : '',
    predictExamples: predictExamples(entry, cases),
    schemas
  }
}
