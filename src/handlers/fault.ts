// Whatever a handler threw → plain data that can cross threads, and back to an error of ours. Runs no getter of a foreign object.
import { inspect } from 'node:util'
import { OutriggerError, type ErrorCode, type FieldError } from '../errors.js'
import { ReturnFault } from './convert.js'
import { isInvalidInput } from './invalid-input.js'
import { SourceError } from './strip.js'

export type Stage = 'load' | 'preprocess' | 'postprocess'

export interface Fault {
  readonly code: ErrorCode
  /** For the caller. */
  readonly message: string
  readonly errors?: readonly FieldError[] | undefined
  readonly retryAfterMs?: number | undefined
  /** For the log only: stack or a description of what was thrown. */
  readonly detail?: string | undefined
}

/** Who failed, for messages. */
export interface Origin { readonly model: string, readonly version: bigint }

const ownText = (thrown: object, key: 'message' | 'stack'): string | undefined => {
  const value: unknown = Object.getOwnPropertyDescriptor(thrown, key)?.value
  return typeof value === 'string' ? value : undefined
}

/** A description for the log: the stack of an error, else what inspect shows of it. Never throws. */
export function describeThrown (thrown: unknown): string {
  try {
    // V8 gives `stack` as an accessor of its own in newer versions, so errors that are really errors are asked for it.
    if (thrown instanceof Error) return ownText(thrown, 'stack') ?? inspect(thrown, { customInspect: false, depth: 2 })
    return `threw ${inspect(thrown, { customInspect: false, getters: false, depth: 2, maxStringLength: 2000 })}`
  } catch {
    return 'threw something that cannot be shown'
  }
}

/** The first line of what went wrong, for the reason of a version that failed to load. Never throws. */
export function shortReason (thrown: unknown): string {
  try {
    if (thrown instanceof Error) return (ownText(thrown, 'message') ?? thrown.name).split('\n')[0]!
    return describeThrown(thrown)
  } catch {
    return 'unknown'
  }
}

const who = ({ model, version }: Origin): string => `The handler of model ${model} version ${version}`

/** The caller gets our words; the thrown ones may hold paths or secrets and go to the log. */
export function toFault (thrown: unknown, stage: Stage, origin: Origin): Fault {
  try {
    if (isInvalidInput(thrown)) {
      const message = ownText(thrown, 'message') ?? 'The input is invalid'
      const { pointer } = thrown
      return { code: 'HANDLER_INPUT', message, errors: [{ pointer: typeof pointer === 'string' ? pointer : '', detail: message }] }
    }
    if (thrown instanceof OutriggerError) return { code: thrown.code, message: thrown.message, errors: thrown.errors, retryAfterMs: thrown.retryAfterMs }
    if (thrown instanceof SourceError) return { code: 'HANDLER_LOAD', message: `${who(origin)} cannot be loaded: ${thrown.message}` }
    if (thrown instanceof ReturnFault) return { code: 'HANDLER_FAILED', message: `${who(origin)} failed: ${thrown.message}` }
  } catch {
    // A proxy that throws when asked for its prototype; it is described below like anything else.
  }
  if (stage === 'load') return { code: 'HANDLER_LOAD', message: `${who(origin)} cannot be loaded: ${shortReason(thrown)}`, detail: describeThrown(thrown) }
  return { code: 'HANDLER_FAILED', message: `${who(origin)} failed in ${stage}; the service's log has the reason`, detail: describeThrown(thrown) }
}

/** The error for the caller, with the description as its cause for the log. */
export function fromFault ({ code, message, errors, retryAfterMs, detail }: Fault, { model, version }: Origin): OutriggerError {
  return new OutriggerError(code, message, { model, version, ...(errors === undefined ? {} : { errors }), ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(detail === undefined ? {} : { cause: new Error(detail) }) })
}
