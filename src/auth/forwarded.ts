// Who is calling when proxies stand between: walks the addresses that they noted from the right, over trusted hops only. Pure.
import { canonicalAddress, type AddressList } from './address-list.js'

export const forwardedHeaders = ['x-forwarded-for', 'forwarded'] as const
export type ForwardedHeader = (typeof forwardedHeaders)[number]

export interface CallerAddress {
  /** The first address from the right that is no trusted proxy. Where that one cannot be read: the last proxy that can be. */
  readonly address: string
  /** False where a trusted proxy passed on something that is no address: nobody knows who called. */
  readonly known: boolean
}

/** An address with or without a port, a v6 one with or without brackets. */
function readHop (text: string): string | undefined {
  const [, bracketed, v4] = /^(?:\[([^\]]+)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5})$/.exec(text) ?? []
  return canonicalAddress(bracketed ?? v4 ?? text)
}

/** Parts at a separator that stands in no quoted text; undefined where a quote is left open. */
function parts (text: string, separator: ',' | ';'): string[] | undefined {
  const found = ['']
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!
    if (quoted && letter === '\\') { found[found.length - 1] += letter + (text[++i] ?? ''); continue }
    if (letter === '"') quoted = !quoted
    if (letter === separator && !quoted) found.push('')
    else found[found.length - 1] += letter
  }
  return quoted ? undefined : found
}

/** The `for` of one element of RFC 7239's header; undefined where there is none, or more than one. */
function forOf (element: string): string | undefined {
  const values = parts(element, ';')?.flatMap(pair => {
    const [, value] = /^\s*for\s*=\s*(.*?)\s*$/i.exec(pair) ?? []
    return value === undefined ? [] : [value]
  }) ?? []
  return values.length === 1 ? values[0]!.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1') : undefined
}

/** What the header names, the nearest hop last; undefined for what cannot be read. */
function hops (header: ForwardedHeader, text: string): (string | undefined)[] {
  if (header === 'x-forwarded-for') return text.split(',').map(entry => readHop(entry.trim()))
  return parts(text, ',')?.map(element => readHop(forOf(element) ?? '')) ?? [undefined]
}

/**
 * The caller of a request: `peer` is the other end of the connection itself. The header counts only as far as trusted proxies wrote it,
 * so a caller who makes one up is found all the same. `text` is the header's value, several lines joined by commas.
 */
export function callerAddress (peer: string, header: ForwardedHeader, text: string | undefined, trusted: AddressList | undefined): CallerAddress {
  let address = canonicalAddress(peer)
  if (address === undefined) return { address: peer, known: false }
  if (trusted === undefined || text === undefined) return { address, known: true }
  const noted = hops(header, text)
  while (trusted.has(address) && noted.length > 0) {
    const before = noted.pop()
    if (before === undefined) return { address, known: false }
    address = before
  }
  return { address, known: true }
}
