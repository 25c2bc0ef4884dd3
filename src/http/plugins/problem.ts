// The bodies of errors: RFC 9457 for our own routes, `{"error": …}` for the APIs under /v1 and /v2. Knows no framework.
import { errorTable, type OutriggerError, type FieldError } from '../../errors.js'

/** RFC 9457 problem details with our members; names in snake case, absent where unknown. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  error: string
  code: string
  model?: string
  version?: string
  errors?: readonly FieldError[]
  retry_after_ms?: number
  routes?: readonly string[]
  request_id: string
}

/** What is known of the request when its error is told. */
export interface ProblemContext {
  requestId: string
  model?: string | undefined
  version?: bigint | undefined
  /** Routes near to the one that was asked for. */
  routes?: readonly string[] | undefined
}

/** Which form an error takes: `problem`, or the form of the API that the path belongs to. */
export type ErrorForm = 'problem' | 'tensorflow' | 'open-inference'

/** A second is worth a wait for whatever is unavailable and does not say when it will be back. */
const defaultRetryAfterMs = 1000

/** The form by the raw path of the request: the answers under /v1 and /v2 are their own APIs', whoever writes them. */
export function errorForm (url: string): ErrorForm {
  if (/^\/v1([/?]|$)/i.test(url)) return 'tensorflow'
  if (/^\/v2([/?]|$)/i.test(url)) return 'open-inference'
  return 'problem'
}

/** Milliseconds after which it is worth coming back; undefined where the error says nothing of it. */
export function retryAfterMs (error: OutriggerError): number | undefined {
  if (error.status !== 503 && error.status !== 429) return undefined
  return error.retryAfterMs ?? (error.status === 503 ? defaultRetryAfterMs : undefined)
}

/** The stable identifier of a code, the member `type`. */
export const problemType = (code: string): string => `urn:outrigger:error:${code}`

/** The problem that tells this error. It holds what the error was made for the caller with, and nothing of its cause or stack. */
export function problemOf (error: OutriggerError, context: ProblemContext): Problem {
  const version = error.version ?? context.version
  const model = error.model ?? context.model
  const retry = retryAfterMs(error)
  return {
    type: problemType(error.code),
    title: errorTable[error.code].title,
    status: error.status,
    detail: error.message,
    instance: `urn:outrigger:request:${encodeURIComponent(context.requestId)}`,
    error: error.message,
    code: error.code,
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version: version.toString() }),
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    ...(retry === undefined ? {} : { retry_after_ms: retry }),
    ...(context.routes === undefined || context.routes.length === 0 ? {} : { routes: context.routes }),
    request_id: context.requestId
  }
}

/** Body and media type of this error in this form. TensorFlow Serving indents its JSON by four blanks. */
export function errorBody (form: ErrorForm, error: OutriggerError, context: ProblemContext): { mediaType: string, body: string } {
  switch (form) {
    case 'problem': return { mediaType: 'application/problem+json', body: JSON.stringify(problemOf(error, context)) }
    case 'tensorflow': return { mediaType: 'application/json', body: JSON.stringify({ error: error.message }, null, 4) }
    case 'open-inference': return { mediaType: 'application/json', body: JSON.stringify({ error: error.message }) }
  }
}
