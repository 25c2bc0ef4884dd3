// Checks values against a handler's JSON Schema and names every fault by JSON Pointer. Knows no requests.
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FieldError } from '../errors.js'
import { pointerStep } from '../tensor/evaluate/nested.js'

export interface Checker {
  /** True when the value fits. */
  fits (value: unknown): boolean
  /** All faults, at most some twenty. */
  faults (value: unknown): FieldError[]
  /** The value with the schema's defaults where members are missing. */
  withDefaults (value: unknown): unknown
}

type Found = ReturnType<ReturnType<typeof Compile>['Errors']>[number]

const maxFaults = 20

/** A choice that fails is told once, with the choices where they are constants, and not once per branch. */
function detailOf (error: Found, all: readonly Found[]): FieldError[] {
  const { keyword, instancePath: pointer, message } = error
  if (keyword === 'required') return error.params.requiredProperties.map(name => ({ pointer: pointer + pointerStep(name), detail: 'is missing' }))
  if (keyword === 'additionalProperties') return error.params.additionalProperties.map(name => ({ pointer: pointer + pointerStep(name), detail: 'is not known' }))
  if (keyword === 'boolean') return []
  if (keyword === 'anyOf' || keyword === 'oneOf') {
    const constants = all.filter(other => other.keyword === 'const' && other.instancePath === pointer)
    return [{ pointer, detail: constants.length > 0 ? `must be one of ${constants.map(other => JSON.stringify((other.params as { allowedValue: unknown }).allowedValue)).join(', ')}` : 'fits none of the forms that it may have' }]
  }
  if (/\/(anyOf|oneOf)\/\d+/.test(error.schemaPath)) return []
  if (keyword === 'const') return [{ pointer, detail: `must be ${JSON.stringify(error.params.allowedValue)}` }]
  if (keyword === 'enum') return [{ pointer, detail: `must be one of ${error.params.allowedValues.map(value => JSON.stringify(value)).join(', ')}` }]
  return [{ pointer, detail: message }]
}

/** Compiles a schema once. Throws what TypeBox throws for a schema that is none. */
export function compileSchema (schema: object): Checker {
  const compiled = Compile(schema as TSchema)
  return {
    fits: value => compiled.Check(value),
    withDefaults: value => compiled.Default(value),
    faults: value => {
      const all = compiled.Errors(value)
      const faults = all.flatMap(error => detailOf(error, all))
      return (faults.length > 0 ? faults : [{ pointer: '', detail: 'does not fit the schema' }]).slice(0, maxFaults)
    }
  }
}
