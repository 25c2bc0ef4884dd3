// What a gRPC status of the model server means here: status → error code, CallError → OutriggerError. The only such table.
import { OutriggerError, type ErrorCode, type ErrorOptions } from '../errors.js'
import type { CallError } from './channel.js'

/** By canonical status number, 0 to 16; what the server itself answered. */
const codeOfStatus: readonly ErrorCode[] = [
  'MODEL_FAILED', // OK is no error; a server that says so here has failed
  'MODEL_CANCELLED',
  'MODEL_FAILED', // UNKNOWN
  'MODEL_INVALID_ARGUMENT',
  'MODEL_TIMEOUT',
  'MODEL_MISSING',
  'MODEL_ALREADY_EXISTS',
  'MODEL_PERMISSION_DENIED',
  'MODEL_RESOURCE_EXHAUSTED',
  'MODEL_FAILED_PRECONDITION',
  'MODEL_ABORTED',
  'MODEL_OUT_OF_RANGE',
  'MODEL_UNIMPLEMENTED',
  'MODEL_FAILED', // INTERNAL
  'MODEL_UNAVAILABLE',
  'MODEL_FAILED', // DATA_LOSS
  'MODEL_UNAUTHENTICATED'
]

/** The code of a status that the server sent; MODEL_FAILED for numbers that gRPC does not have. */
export const errorCodeOf = (status: number): ErrorCode => codeOfStatus[status] ?? 'MODEL_FAILED'

/** A failed call as the error for the caller. A status of the server keeps the server's words unchanged; everything else is said in ours. */
export function errorOfCall (error: CallError, options: Omit<ErrorOptions, 'cause'> = {}): OutriggerError {
  const withCause = { ...options, cause: error }
  switch (error.origin) {
    case 'server': return new OutriggerError(errorCodeOf(error.status), error.details, withCause)
    case 'deadline': return new OutriggerError('MODEL_TIMEOUT', 'The model did not answer before the deadline', withCause)
    case 'aborted': return new OutriggerError('MODEL_CANCELLED', 'The call was cancelled by the caller', withCause)
    case 'transport': return new OutriggerError('MODEL_SERVER_UNREACHABLE', 'The connection to the model server was lost', withCause)
  }
}
