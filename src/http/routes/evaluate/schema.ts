// JSON Schemas of evaluate for one version: what its bodies and its answer look like, from its handler or else from its signature. Pure.
import { chooseSignature, plainHandler } from '../../../handlers/plain.js'
import type { VersionEntry } from '../../../inference/registry.js'
import type { DType } from '../../../tensor/dtype.js'
import type { Signature, TensorInfo } from '../../../tensor/tensor.js'

export type Schema = Readonly<Record<string, unknown>>

const base64: Schema = { type: 'object', required: ['b64'], properties: { b64: { type: 'string', contentEncoding: 'base64' } }, additionalProperties: false }

/** What is not finite is written as one of these words, since JSON numbers cannot. */
const realNumber: Schema = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] }

function element (dtype: DType): Schema {
  switch (dtype) {
    case 'DT_STRING': return { anyOf: [{ type: 'string' }, base64] }
    case 'DT_BOOL': return { type: 'boolean' }
    case 'DT_FLOAT': case 'DT_DOUBLE': case 'DT_HALF': case 'DT_BFLOAT16': return realNumber
    case 'DT_INT64': return { type: 'integer', format: 'int64' }
    case 'DT_INT32': return { type: 'integer', format: 'int32' }
    default: return /^DT_Q?U?INT/.test(dtype) ? { type: 'integer', ...(dtype.includes('U') ? { minimum: 0 } : {}) } : {}
  }
}

/** Nested lists of these sizes; -1 takes any length. */
const nested = (dtype: DType, sizes: readonly number[]): Schema =>
  [...sizes].reverse().reduce<Schema>((items, size) => ({ type: 'array', items, ...(size < 0 ? {} : { minItems: size, maxItems: size }) }), element(dtype))

const hasBatch = (shape: readonly number[]): boolean => shape.length > 0 && (shape[0] === -1 || shape[0] === 1)

const full = ({ dtype, shape }: TensorInfo): Schema => shape === undefined ? {} : nested(dtype, shape)

/** One instance: without the batch, and without dimensions of size one. */
const instance = ({ dtype, shape }: TensorInfo): Schema =>
  shape === undefined ? {} : hasBatch(shape) ? nested(dtype, shape.slice(1).filter(size => size !== 1)) : nested(dtype, shape)

/** An answer drops every dimension that turns out to be of size one, which for a free size only the answer tells. */
const plainOutput = (info: TensorInfo): Schema =>
  info.shape === undefined || info.shape.slice(1).some(size => size < 0) ? { description: 'Lists as deep as there are dimensions of more than one.' } : nested(info.dtype, info.shape.filter((size, i) => size !== 1 && !(i === 0 && size < 0)))

function object (title: string, infos: ReadonlyMap<string, TensorInfo>, schemaOf: (info: TensorInfo) => Schema, closed: boolean): Schema {
  return {
    title,
    type: 'object',
    required: [...infos.keys()],
    properties: Object.fromEntries([...infos].map(([name, info]) => [name, schemaOf(info)])),
    ...(closed ? { additionalProperties: false } : {})
  }
}

function plainRequest ({ inputs }: Signature): Schema {
  const batch = object('Instances', inputs, full, true)
  return [...inputs.values()].some(({ shape }) => shape !== undefined && hasBatch(shape)) ? { anyOf: [object('One instance', inputs, instance, true), batch] } : batch
}

const plainResponse = ({ outputs }: Signature): Schema => ({ anyOf: [object('Answer to one instance', outputs, plainOutput, false), object('Answer to instances', outputs, full, false)] })

const isBytes = (schema: Schema): boolean => schema.contentEncoding === 'base64'

/** In a form, bytes are files as they are. */
function formSchema (schema: Schema): Schema {
  const { properties } = schema as { properties?: Record<string, Schema> }
  if (properties === undefined) return schema
  const members = Object.entries(properties).map(([name, member]) => {
    if (!isBytes(member)) return [name, member]
    const { contentEncoding: _, ...rest } = member
    return [name, { contentMediaType: 'application/octet-stream', ...rest }]
  })
  return { ...schema, properties: Object.fromEntries(members) as Record<string, Schema> }
}

function bodySchema (mediaType: string, json: Schema): Schema {
  if (mediaType === 'application/json') return json
  if (mediaType === 'multipart/form-data') return formSchema('properties' in json ? json : { type: 'object', description: 'A field or file for each input by its name.' })
  return mediaType === 'text/plain' ? { type: 'string' } : { type: 'string', contentMediaType: mediaType }
}

/** A JSON body as base64 text or `{"b64": …}` where the handler takes bytes. */
function handlerInput (schema: Schema): Schema {
  if (isBytes(schema)) return { anyOf: [schema, base64] }
  const { properties, items } = schema as { properties?: Record<string, Schema>, items?: Schema }
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, handlerInput(member)])) }),
    ...(typeof items === 'object' && !Array.isArray(items) ? { items: handlerInput(items) } : {})
  }
}

/** The default signature's schema, or one of the others'. */
function alsoOf (schemaOf: (signature: Signature) => Schema, usual: Signature, others: readonly Signature[]): Schema {
  return others.length === 0 ? schemaOf(usual) : { anyOf: [schemaOf(usual), ...others.map(one => ({ description: `With the signature ${one.name}.`, ...schemaOf(one) }))] }
}

/** The signature that a request means when it names none; undefined before the version has loaded, or when there are several and none is the default. */
export function usualSignature ({ signatures }: VersionEntry): Signature | undefined {
  try {
    return chooseSignature(signatures, '')
  } catch {
    return undefined
  }
}

/**
 * The request's schema by media type, and the JSON answer's. With a handler its `input` and `output`; where it has no such function, and without a handler, those of the tensors of the default signature first, then of the others, which a request can name.
 * Anything (`{}`) where nothing is known.
 */
export function evaluateSchemas (entry: VersionEntry): { request: Readonly<Record<string, Schema>>, response: Schema } {
  const { description } = entry.handler ?? plainHandler(entry.signatures)
  const signature = usualSignature(entry)
  const others = [...entry.signatures.values()].filter(one => one !== signature)
  const given = description.preprocess ? description.input ?? {} : signature === undefined ? {} : alsoOf(plainRequest, signature, others)
  const json = description.preprocess ? handlerInput(given) : given
  const request = Object.fromEntries(description.mediaTypes.map(mediaType => [mediaType, bodySchema(mediaType, mediaType === 'multipart/form-data' ? given : json)]))
  const response = description.postprocess ? description.output ?? {} : signature === undefined ? {} : alsoOf(plainResponse, signature, others)
  return { request, response }
}
