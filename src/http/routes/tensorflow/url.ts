// The grammar of TensorFlow Serving's URLs: method and raw URL into what is asked for. Source: section 2 of the case-by-case reference. Knows no framework.
import { OutriggerError } from '../../../errors.js'
import type { VersionChoice } from '../../../inference/registry.js'

export type Verb = 'predict' | 'classify' | 'regress'

export interface Target {
  readonly api: Verb | 'status' | 'metadata'
  /** Decoded; may hold any character. */
  readonly model: string
  readonly choice: VersionChoice
}

/** The fixed words match in any letter case, names keep theirs. */
const version = '(?:/versions/(?<version>[0-9]+)|/labels/(?<label>[^/:]+))?'
const post = new RegExp(`^/v1/models/(?<model>[^/:]+)${version}:(?<verb>[a-z]+)$`, 'i')
const get = new RegExp(`^/v1/models(?:/(?<model>[^/:]+))?${version}(?<metadata>/metadata)?$`, 'i')

const largestVersion = 2n ** 63n - 1n

/** Each %XX once; `+` stays. Bytes that are no UTF-8 become U+FFFD. */
function decode (name: string): string {
  if (!name.includes('%')) return name
  const bytes = name.replace(/%([0-9a-f]{2})|[^]/gi, (found, hex: string | undefined) =>
    hex === undefined ? Buffer.from(found).toString('latin1') : String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

/** Path of an origin-form or absolute-form request target, without its query. */
const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/]*/i, '').split('?', 1)[0]

function versionOf (digits: string): bigint {
  const number = digits.replace(/^0+(?=.)/, '')
  if (number.length > 19 || BigInt(number) > largestVersion) throw new OutriggerError('REQUEST_INVALID', `Failed to convert version: ${digits} to numeric.`)
  return BigInt(number)
}

/** Callers ask for the same few URLs over and over. Those that were understood, by method and raw URL; emptied when it is full, so that made-up URLs cost no memory. */
const known = new Map<string, Target>()
const maxKnown = 1000
/** Longer ones are read each time: what the map holds is bounded in bytes as well. */
const longestKnown = 256

/** What the request asks for; a query is not looked at. The same object may be given again. Throws REQUEST_INVALID with TensorFlow Serving's texts. */
export function readTarget (method: string, url: string): Target {
  if (url.length > longestKnown) return parseTarget(method, url)
  const key = `${method} ${url}`
  let target = known.get(key)
  if (target !== undefined) return target
  target = parseTarget(method, url)
  if (known.size === maxKnown) known.clear()
  known.set(key, target)
  return target
}

function parseTarget (method: string, url: string): Target {
  const path = pathOf(url)
  const found = method === 'POST' ? post.exec(path) : method === 'GET' ? get.exec(path) : null
  const { model, version, label, verb, metadata } = found?.groups ?? {}
  const malformed = found === null || (method === 'POST' && verb !== 'predict' && verb !== 'classify' && verb !== 'regress')
  if (malformed) throw new OutriggerError('REQUEST_INVALID', `Malformed request: ${method} ${path}`)
  if (model === undefined) throw new OutriggerError('REQUEST_INVALID', 'Missing model name in request.')
  const choice: VersionChoice = version !== undefined ? { version: versionOf(version) } : label !== undefined ? { label: decode(label) } : {}
  return { api: method === 'POST' ? verb as Verb : metadata === '/metadata' ? 'metadata' : 'status', model: decode(model), choice }
}
