// A body, however it came → the one request shape that a handler gets: a value checked by its `input` schema. Knows no HTTP.
import { OutriggerError, type FieldError } from '../errors.js'
import { readBase64 } from '../tensor/evaluate/element.js'
import { parseJson } from '../tensor/evaluate/json.js'
import { pointerStep } from '../tensor/evaluate/nested.js'
import { formObject } from './form.js'
import { isJsonType } from './json-type.js'
import { isBytes, isSchema, mediaTypesOf, planBodies, takesType, type BodyPlan, type Schema } from './request-schema.js'
import { compileSchema, type Checker } from './schema.js'
import type { HandlerRequest } from './version-handler.js'

/** Reads requests for one handler. */
export interface RequestReader {
  readonly mediaTypes: readonly string[]
  /** Throws HANDLER_INPUT with every fault by pointer, REQUEST_NOT_JSON, or REQUEST_MEDIA_TYPE. */
  read (request: HandlerRequest): unknown
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function wholeNumber (digits: string): number {
  const number = Number(digits)
  if (Number.isFinite(number) && BigInt(number) === BigInt(digits)) return number
  throw new OutriggerError('HANDLER_INPUT', `The whole number ${digits.slice(0, 40)} is beyond what a handler's number holds exactly; send it as a string`)
}

const place = (member: string, value: unknown): unknown => member === '' ? value : { [member]: value }

function readBody ({ mediaType, body, parts }: HandlerRequest, plan: BodyPlan, schema: Schema | undefined, mediaTypes: readonly string[]): unknown {
  if (mediaType === '' || isJsonType(mediaType)) return parseJson(body, wholeNumber)
  if (mediaType === 'multipart/form-data' && plan.form) return formObject(parts ?? [], schema)
  if (mediaType === 'text/plain' && plan.text !== undefined) {
    try {
      return place(plan.text.member, utf8.decode(body))
    } catch {
      throw new OutriggerError('HANDLER_INPUT', 'The text is not valid UTF-8')
    }
  }
  const named = mediaType !== 'multipart/form-data' && mediaType !== 'application/x-www-form-urlencoded'
  if (plan.bytes !== undefined && named && takesType(plan.bytes.types, mediaType)) return place(plan.bytes.member, body)
  throw new OutriggerError('REQUEST_MEDIA_TYPE', `The media type ${mediaType} is not taken here; taken are ${mediaTypes.join(', ')}`)
}

/** Stands for bytes while the rest is checked, since no JSON Schema knows them. */
const placeholder = ''

interface Lifted { readonly value: unknown, readonly restore: readonly (() => void)[] }

function bytesOf (value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  const text = isSchema(value) && Object.keys(value).length === 1 ? value.b64 : value
  return typeof text === 'string' ? readBase64(text.replace(/^data:[^,]{0,100};base64,/, '')) : undefined
}

/** Replaces the bytes members of a value by placeholders, and tells how to put the bytes there afterwards. */
function lift (value: unknown, schema: unknown, pointer: string, faults: FieldError[], put: (value: unknown) => void): Lifted {
  if (isBytes(schema)) {
    const bytes = bytesOf(value)
    if (bytes === undefined) {
      faults.push({ pointer, detail: 'must be base64 text or {"b64": "…"}' })
      return { value: placeholder, restore: [] }
    }
    if (bytes.length === 0) faults.push({ pointer, detail: 'is empty' })
    return { value: placeholder, restore: [() => put(bytes)] }
  }
  if (!isSchema(schema)) return { value, restore: [] }
  const restore: (() => void)[] = []
  const visit = (container: Record<string | number, unknown>, key: string | number, inner: unknown): void => {
    const lifted = lift(container[key], inner, pointer + pointerStep(key), faults, bytes => { container[key] = bytes })
    container[key] = lifted.value
    restore.push(...lifted.restore)
  }
  if (Array.isArray(value) && hasBytes(schema.items)) value.forEach((_item, i) => visit(value as unknown as Record<number, unknown>, i, schema.items))
  else if (isSchema(value) && isSchema(schema.properties)) {
    for (const [key, inner] of Object.entries(schema.properties)) if (Object.hasOwn(value, key) && hasBytes(inner)) visit(value as Record<string, unknown>, key, inner)
  }
  return { value, restore }
}

/** Whether bytes stand anywhere in a schema of lists and objects; spares the walk through long lists of numbers. */
const hasBytes = (schema: unknown): boolean => isBytes(schema) || (isSchema(schema) && (hasBytes(schema.items) || (isSchema(schema.properties) && Object.values(schema.properties).some(hasBytes))))

function check (value: unknown, schema: Schema, checker: Checker): unknown {
  const faults: FieldError[] = []
  let result = checker.withDefaults(value)
  const lifted = lift(result, schema, '', faults, bytes => { result = bytes })
  if (!checker.fits(lifted.value)) faults.push(...checker.faults(lifted.value))
  if (faults.length > 0) {
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
    throw new OutriggerError('HANDLER_INPUT', `${faults[0]!.pointer === '' ? 'The request' : faults[0]!.pointer} ${faults[0]!.detail}${more}`, { errors: faults })
  }
  for (const put of lifted.restore) put()
  return result
}

/** A reader for the schema that a handler exports as `input`; without one, JSON is parsed, forms become objects, texts strings, and all else bytes. Throws what TypeBox throws for a schema that is none. */
export function requestReader (schema: Schema | undefined): RequestReader {
  const plan = planBodies(schema)
  const mediaTypes = mediaTypesOf(plan)
  const checker = schema === undefined ? undefined : compileSchema(schema)
  return {
    mediaTypes,
    read: request => {
      const value = readBody(request, plan, schema, mediaTypes)
      return checker === undefined ? value : check(value, schema!, checker)
    }
  }
}
