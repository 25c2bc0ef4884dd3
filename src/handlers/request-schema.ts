// What a handler's `input` schema says of bodies: which members are bytes, and which media types fill it. Reads no body.
import { mediaTypesKeyword } from './bytes.js'

export type Schema = Readonly<Record<string, unknown>>

export const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member that the handler gets as bytes. */
export const isBytes = (schema: unknown): schema is Schema => isSchema(schema) && schema.type === 'string' && schema.contentEncoding === 'base64'

const isText = (schema: unknown): boolean => isSchema(schema) && schema.type === 'string' && !isBytes(schema)

/** Members by name; empty for anything but an object. */
export const membersOf = (schema: Schema): Readonly<Record<string, Schema>> => isSchema(schema.properties) ? schema.properties as Record<string, Schema> : {}

const requiredOf = (schema: Schema): readonly string[] => Array.isArray(schema.required) ? schema.required as string[] : []

/** The media types that a bytes member takes, e.g. `image/png`, `image/*`; undefined for any. */
export function typesOf (schema: Schema): readonly string[] | undefined {
  const own = schema[mediaTypesKeyword]
  if (Array.isArray(own)) return own as string[]
  return typeof schema.contentMediaType === 'string' ? [schema.contentMediaType] : undefined
}

/** The one member of a kind that a whole body can fill: it is the only one, or the only required one, and nothing else is required. */
function sole (schema: Schema, fits: (member: Schema) => boolean): string | undefined {
  const members = Object.entries(membersOf(schema)).filter(([, member]) => fits(member)).map(([name]) => name)
  const required = requiredOf(schema)
  const needed = members.filter(name => required.includes(name))
  const one = needed.length === 1 ? needed[0] : members.length === 1 ? members[0] : undefined
  return one !== undefined && required.every(name => name === one) ? one : undefined
}

/** How bodies that are no JSON fill the request. `''` as a member means the request itself. */
export interface BodyPlan {
  readonly bytes: { readonly member: string, readonly types: readonly string[] | undefined } | undefined
  readonly text: { readonly member: string } | undefined
  readonly form: boolean
}

/** Without a schema everything is taken: the handler looks for itself. */
export function planBodies (schema: Schema | undefined): BodyPlan {
  if (schema === undefined) return { bytes: { member: '', types: undefined }, text: { member: '' }, form: true }
  if (isBytes(schema)) return { bytes: { member: '', types: typesOf(schema) }, text: undefined, form: false }
  if (isText(schema)) return { bytes: undefined, text: { member: '' }, form: false }
  const bytes = sole(schema, isBytes)
  const text = sole(schema, isText)
  return {
    bytes: bytes === undefined ? undefined : { member: bytes, types: typesOf(membersOf(schema)[bytes]!) },
    text: text === undefined ? undefined : { member: text },
    form: Object.keys(membersOf(schema)).length > 0
  }
}

/** The media types that a plan takes, for descriptions and for the answer to others. */
export function mediaTypesOf (plan: BodyPlan): string[] {
  return [
    'application/json',
    ...plan.form ? ['multipart/form-data'] : [],
    ...plan.bytes === undefined ? [] : plan.bytes.types ?? ['application/octet-stream', 'image/png', 'image/jpeg'],
    ...plan.text === undefined ? [] : ['text/plain']
  ]
}

/** True when a media type is one of a list that may hold `image/*`; a list left out takes all. */
export const takesType = (types: readonly string[] | undefined, mediaType: string): boolean =>
  types === undefined || types.some(type => type === mediaType || type === '*/*' || (type.endsWith('/*') && mediaType.startsWith(type.slice(0, -1))))
