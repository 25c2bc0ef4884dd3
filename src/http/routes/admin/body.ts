// The bodies of admin requests: small JSON objects, checked by hand. Knows no routes.
import { OutriggerError } from '../../../errors.js'

const modes = ['graceful', 'force'] as const
const largestVersion = 2n ** 63n - 1n

function member (body: unknown, name: string, example: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(body instanceof Uint8Array ? Buffer.from(body).toString() : '')
  } catch (cause) {
    throw new OutriggerError('REQUEST_NOT_JSON', `The body must be JSON: ${example}`, { cause })
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function refuse (name: string, detail: string): never {
  throw new OutriggerError('REQUEST_INVALID', `${name} ${detail}`, { errors: [{ pointer: `/${name}`, detail }] })
}

/** Reads `{"mode": "graceful" | "force"}`. Throws REQUEST_NOT_JSON and REQUEST_INVALID. */
export function readMode (body: unknown): (typeof modes)[number] {
  const given = member(body, 'mode', '{"mode": "graceful"} or {"mode": "force"}')
  return modes.find(one => one === given) ?? refuse('mode', 'must be "graceful" or "force"')
}

/** Reads `{"version": "3"}`; a number is taken as well where it is exact. Throws REQUEST_NOT_JSON and REQUEST_INVALID. */
export function readVersion (body: unknown): bigint {
  const given = member(body, 'version', '{"version": "3"}')
  const digits = typeof given === 'string' || (typeof given === 'number' && Number.isSafeInteger(given)) ? String(given) : ''
  if (!/^\d{1,19}$/.test(digits) || BigInt(digits) > largestVersion) refuse('version', 'must be the number of a version, as text')
  return BigInt(digits)
}
