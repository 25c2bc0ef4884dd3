// The parts of a multipart/form-data body → the members of a request, by the handler's schema. Knows no HTTP.
import { OutriggerError, type FieldError } from '../errors.js'
import { parseJson } from '../tensor/evaluate/json.js'
import { pointerStep } from '../tensor/evaluate/nested.js'
import { isJsonType } from './json-type.js'
import { isBytes, isSchema, membersOf, takesType, typesOf, type Schema } from './request-schema.js'
import type { FormPart } from './version-handler.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf (part: FormPart): string {
  try {
    return utf8.decode(part.data)
  } catch {
    throw new OutriggerError('HANDLER_INPUT', `The form field ${part.name} is not valid UTF-8`, { errors: [{ pointer: pointerStep(part.name), detail: 'is not valid UTF-8' }] })
  }
}

/** A field's text as its schema has it: numbers and booleans are read, texts are left, all else is JSON. What cannot be read stays a text, for the schema to refuse. */
function fieldValue (text: string, schema: Schema | undefined): unknown {
  switch (schema?.type) {
    case undefined: return schema === undefined || !('anyOf' in schema || 'oneOf' in schema) ? text : tryJson(text)
    case 'string': return text
    case 'number': case 'integer': return /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(text) ? Number(text) : text
    case 'boolean': return text === 'true' ? true : text === 'false' ? false : text
    default: return tryJson(text)
  }
}

function tryJson (text: string): unknown {
  try {
    return parseJson(Buffer.from(text), Number)
  } catch {
    return text
  }
}

function partValue (part: FormPart, schema: Schema | undefined, faults: FieldError[]): unknown {
  if (isBytes(schema)) {
    const types = typesOf(schema)
    if (part.mediaType !== undefined && part.mediaType !== 'application/octet-stream' && !takesType(types, part.mediaType)) {
      faults.push({ pointer: pointerStep(part.name), detail: `is ${part.mediaType}; taken are ${types!.join(', ')}` })
    }
    return part.data
  }
  if (isJsonType(part.mediaType)) return parseJson(part.data)
  if (schema === undefined && part.filename !== undefined) return part.data
  return fieldValue(textOf(part), schema)
}

/**
 * One object of all parts. A member whose schema is a list gets every part of its name; for others a second part is a fault.
 * Throws HANDLER_INPUT.
 */
export function formObject (parts: readonly FormPart[], schema: Schema | undefined): Record<string, unknown> {
  const members = schema === undefined ? {} : membersOf(schema)
  const object = new Map<string, unknown>()
  const faults: FieldError[] = []
  for (const part of parts) {
    const member = Object.hasOwn(members, part.name) ? members[part.name] : undefined
    if (member?.type === 'array' && (part.filename !== undefined || !isJsonList(part))) {
      const list = (object.get(part.name) ?? []) as unknown[]
      list.push(partValue(part, isSchema(member.items) ? member.items : undefined, faults))
      object.set(part.name, list)
    } else if (object.has(part.name)) {
      faults.push({ pointer: pointerStep(part.name), detail: 'is given more than once' })
    } else {
      object.set(part.name, partValue(part, member, faults))
    }
  }
  if (faults.length > 0) throw new OutriggerError('HANDLER_INPUT', `The form field ${faults[0]!.pointer.slice(1)} ${faults[0]!.detail}`, { errors: faults })
  return Object.fromEntries(object)
}

/** A list member may come as one field that holds a JSON list. */
const isJsonList = (part: FormPart): boolean => part.data[0] === 0x5b
