// Finds the token in a request's head: in one header Authorization and nowhere else (RFC 6750 section 2.1). Pure.
import { OutriggerError } from '../errors.js'

/** Larger ones are refused before anything of them is decoded; with scopes for a hundred models a token has about 4 KiB. */
const maxTokenBytes = 8192

/** The token; undefined where none was sent. `rawHeaders` has names and values in turn, as they came. Throws AUTH_REQUEST and AUTH_TOKEN_INVALID. */
export function bearerToken (rawHeaders: readonly string[]): string | undefined {
  // Not the parsed headers: these keep the first of two, and whoever stands before us may have looked at the second.
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === 'authorization')
  if (values.length === 0) return undefined
  if (values.length > 1) throw new OutriggerError('AUTH_REQUEST', 'The request carries more than one header Authorization')
  const value = values[0]!
  if (value.length > maxTokenBytes + 'Bearer '.length) throw new OutriggerError('AUTH_TOKEN_INVALID', `The token is longer than ${maxTokenBytes} bytes`)
  const token = /^bearer +(\S+)$/i.exec(value.trim())?.[1]
  if (token === undefined) throw new OutriggerError('AUTH_REQUEST', 'The header Authorization must be the word Bearer and a token')
  return token
}
