// Makes one request of chance from valid ones: mutates the JSON, the bytes, the head and the framing. Pure; the same source of chance gives the same bytes.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { framingLines, framingMethods, headerLines, methods, names, pathPieces, tokens, wholeTargets } from './nasty.js'
import type { Random } from '../helpers/random.js'
import type { Header, Request } from './requests.js'

export interface Shot {
  /** The bytes, in the pieces in which they are sent. */
  readonly pieces: readonly Buffer[]
  /** The requests as they were meant, one as a rule. */
  readonly requests: readonly Request[]
  /** True when the framing is sound: then every request must be answered without the caller ending the connection. */
  readonly sound: boolean
  /** True when the caller goes away right after sending. */
  readonly leaves: boolean
  /** What was done, for people. */
  readonly how: readonly string[]
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Stands for a token that JSON.stringify cannot write, while the tree is changed. */
const rawMark = (token: string): string => `\u0001raw:${Buffer.from(token).toString('base64')}:`
const rawMarks = /"\\u0001raw:([A-Za-z0-9+/=]*):"/g
const textOf = (value: Json): string => JSON.stringify(value).replace(rawMarks, (_, token: string) => Buffer.from(token, 'base64').toString())

interface Place { readonly parent: Json[] | Record<string, Json>, readonly key: string | number }

function placesIn (value: Json, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null || found.length > 500) return found
  const keys: (string | number)[] = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value)
  for (const key of keys) {
    found.push({ parent: value, key })
    placesIn((value as Record<string | number, Json>)[key], found)
  }
  return found
}

/** Lists whose first elements promise many more values than there are. */
function promising (random: Random): string {
  const size = random.pick([10, 300, 3000])
  let text = random.pick(['0', '"a"', '1.5'])
  for (let depth = random.int(3) + 2; depth > 0; depth--) text = `[${text}${`,${random.pick(['0', '[]', '[0]', '"a"'])}`.repeat(size)}]`
  return text
}

function deep (random: Random): string {
  const depth = random.pick([100, 254, 255, 300, 499, 1000, 6000, 30_000])
  const [open, close] = random.pick([['[', ']'], ['{"a":', '}'], ['[{"b64":', '}]'], ['[[],', ']']])
  return open.repeat(depth) + random.pick(['1', '"a"', '12345678901234567890', '']) + (random.oneIn(4) ? '' : close.repeat(depth))
}

function replacement (random: Random): Json {
  switch (random.int(8)) {
    case 0: return rawMark(deep(random))
    case 1: return rawMark(promising(random))
    case 2: return random.int(1000) - 500
    case 3: return random.pick(names)
    default: return rawMark(random.pick(tokens))
  }
}

function changeJson (random: Random, value: Json): string {
  const root: Record<string, Json> = { root: value }
  for (let count = random.int(3) + 1; count > 0; count--) {
    const { parent, key } = random.pick(placesIn(root))
    const at = parent as Record<string | number, Json>
    switch (random.int(7)) {
      case 0: case 1: at[key] = replacement(random); break
      case 2: if (parent !== root) { if (Array.isArray(parent)) parent.splice(key as number, 1); else Reflect.deleteProperty(parent, key) } break
      case 3: if (Array.isArray(parent)) parent.splice(key as number, 0, ...Array<Json>(random.pick([1, 2, 50])).fill(at[key])); else Object.defineProperty(parent, random.pick(names), { value: at[key], enumerable: true, configurable: true, writable: true }); break
      case 4: at[key] = [at[key]]; break
      case 5: at[key] = { [random.pick(names)]: at[key] }; break
      default: {
        const other = random.pick(placesIn(root))
        at[key] = structuredClone((other.parent as Record<string | number, Json>)[other.key])
      }
    }
  }
  let text = textOf(root.root)
  // A member twice, or with a key that only a text can hold twice.
  if (random.oneIn(8) && text.startsWith('{') && text.length > 2) text = `{${JSON.stringify(random.pick([...names, ...Object.keys(typeof value === 'object' && value !== null ? value : {})]))}:${random.pick(tokens)},${text.slice(1)}`
  return text
}

const cut = (bytes: Buffer, from: number, to: number): Buffer => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
const put = (bytes: Buffer, at: number, piece: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])

const scraps: readonly Buffer[] = [Buffer.from([0]), Buffer.from([0xff, 0xfe]), Buffer.from([0xc3]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xf8, 0x88, 0x80, 0x80, 0x80]), Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('\r\n\r\n'), Buffer.from('--fuzz-boundary\r\n'), Buffer.from('--fuzz-boundary--'), Buffer.from('"'), Buffer.from('\\'), Buffer.from(','), Buffer.from('[['), Buffer.from('}}'), Buffer.alloc(5000, 0x5b), Buffer.alloc(3000, 0x20), Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])]

/** Changes of bytes as bytes: what a broken client or line makes of them. */
export function changeBytes (random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer {
  let out: Buffer = Buffer.from(bytes)
  for (let count = random.int(4) + 1; count > 0; count--) {
    const at = random.int(out.length + 1)
    const to = Math.min(out.length, at + random.int(random.pick([2, 8, 64, 1000])) + 1)
    switch (random.int(8)) {
      case 0: if (at < out.length) out[at] = out[at] ^ 1 << random.int(8); break
      case 1: if (at < out.length) out[at] = random.int(256); break
      case 2: out = cut(out, at, to); break
      case 3: out = put(out, at, Buffer.concat(Array<Buffer>(random.pick([1, 1, 3, 40])).fill(out.subarray(at, to)))); break
      case 4: out = put(out, at, random.pick(scraps)); break
      case 5: out = put(out, at, Buffer.from(random.pick(tokens))); break
      case 6: { const other = random.pick(others); out = Buffer.concat([out.subarray(0, at), other.subarray(random.int(other.length + 1))]); break }
      default: out = out.subarray(0, at)
    }
    if (out.length > 400_000) out = out.subarray(0, 400_000)
  }
  return out
}

/** The JSON of a body; undefined for what is none, or was made too deep already to be walked. */
function parsed (body: Buffer): Json | undefined {
  const text = body.toString()
  if ((text.match(/[[{]/g) ?? []).length > 5000) return undefined
  try { return JSON.parse(text) as Json } catch { return undefined }
}

const pieceOf = (random: Random, text: string): string => {
  const at = random.int(text.length) + 1
  return text.slice(0, at) + random.pick(pathPieces) + text.slice(random.oneIn(2) ? at : Math.min(text.length, at + random.int(12)))
}

type Step = (random: Random, request: Request, others: readonly Request[]) => Request

const withHeader = (request: Request, line: string): Request => {
  const colon = line.indexOf(':')
  const header: Header = [line.slice(0, colon), line.slice(colon + 1).trim()]
  const kept = request.headers.filter(([name]) => name.toLowerCase() !== header[0].toLowerCase())
  return { ...request, headers: [...kept, header] }
}

const steps: Readonly<Record<string, Step>> = {
  json: (random, request) => {
    const value = parsed(request.body)
    return value === undefined ? { ...request, body: changeBytes(random, request.body, [request.body]) } : { ...request, body: Buffer.from(changeJson(random, value)) }
  },
  bytes: (random, request, others) => ({ ...request, body: changeBytes(random, request.body, [request.body, random.pick(others).body]) }),
  token: (random, request) => ({ ...request, body: Buffer.from(random.pick([() => random.pick(tokens), () => deep(random), () => promising(random), () => ''])()) }),
  number: (random, request) => {
    const numbers = [...request.body.toString('latin1').matchAll(/-?\d+(\.\d+)?/g)]
    if (numbers.length === 0) return request
    const found = random.pick(numbers)
    return { ...request, body: Buffer.concat([request.body.subarray(0, found.index), Buffer.from(random.pick(tokens)), request.body.subarray(found.index + found[0].length)]) }
  },
  header: (random, request) => withHeader(request, random.pick(headerLines)),
  swap: (random, request, others) => ({ ...request, body: random.pick(others).body }),
  move: (random, request, others) => ({ ...request, target: random.pick(others).target }),
  type: (random, request, others) => ({ ...request, headers: random.pick(others).headers }),
  path: (random, request) => ({ ...request, target: pieceOf(random, request.target) }),
  target: (random, request) => ({ ...request, target: random.pick(wholeTargets) }),
  method: (random, request) => ({ ...request, method: random.pick(methods) }),
  compress: (random, request) => {
    const [name, pack] = random.pick([['gzip', gzipSync], ['deflate', deflateSync], ['br', (bytes: Buffer) => brotliCompressSync(bytes)]] as const)
    const packed = pack(request.body)
    return withHeader({ ...request, body: random.oneIn(3) ? changeBytes(random, packed, [packed]) : packed }, `Content-Encoding: ${name}`)
  }
}
const stepNames = Object.keys(steps)
/** Most requests are wrong in their body: it is where the code is. */
const weighted = [...stepNames, ...Array<string[]>(4).fill(['json', 'bytes', 'token', 'number']).flat()]

/** What cannot stand in a request line or header of a sound request. */
const unsound = /[\u0000-\u0020\u007f-\uffff]/
const headOf = (request: Request): Buffer => Buffer.from(`${request.method} ${request.target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${request.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`, 'latin1')

function chunked (random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const size = random.int(random.pick([3, 100, 5000])) + 1
    const piece = body.subarray(at, at + size)
    parts.push(Buffer.from(`${piece.length.toString(16)}${random.oneIn(10) ? ';ext=1' : ''}\r\n`), piece, Buffer.from('\r\n'))
    at += piece.length
    if (parts.length > 3000) { const rest = body.subarray(at); if (rest.length > 0) parts.push(Buffer.from(`${rest.length.toString(16)}\r\n`), rest, Buffer.from('\r\n')); break }
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const framed = (request: Request, last: boolean): Buffer => Buffer.concat([headOf(request), Buffer.from(`Content-Length: ${request.body.length}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`), request.body])

function pieces (random: Random, bytes: Buffer): Buffer[] {
  if (!random.oneIn(6)) return [bytes]
  const cuts = Array.from({ length: random.int(4) + 1 }, () => random.int(bytes.length)).sort((a, b) => a - b)
  return [0, ...cuts].map((from, i) => bytes.subarray(from, [...cuts, bytes.length][i])).filter(piece => piece.length > 0)
}

/** Makes the shot. */
export function mutate (random: Random, valid: readonly Request[]): Shot {
  const how: string[] = []
  const one = (): Request => {
    let request = random.pick(valid)
    for (let count = random.oneIn(12) ? 0 : random.pick([1, 1, 1, 2, 3]); count > 0; count--) {
      const name = random.pick(weighted)
      how.push(name)
      request = steps[name](random, request, valid)
    }
    return request
  }
  const request = one()
  const canBeSound = (each: Request): boolean => /^(\/|http:\/\/)/.test(each.target) && !unsound.test(each.target) && !each.target.includes('\\') && headOf(each).length < 15_000 && /^[\x20-\xff]*$/.test(each.headers.flat().join('')) && each.method !== 'HEAD'
  const shot = (bytes: Buffer, sound: boolean, requests: readonly Request[] = [request], leaves = false): Shot => ({ pieces: pieces(random, bytes), requests, sound: sound && requests.every(canBeSound) && !leaves, leaves, how })
  switch (random.int(16)) {
    case 0: how.push('chunked'); return shot(Buffer.concat([headOf(request), Buffer.from('Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n'), chunked(random, request.body)]), true)
    case 1: {
      how.push('pipelined')
      const all = [request, ...Array.from({ length: random.int(4) + 1 }, one)]
      return shot(Buffer.concat(all.map((each, i) => framed(each, i === all.length - 1))), true, all)
    }
    case 2: { how.push('truncated'); const bytes = framed(request, true); return shot(bytes.subarray(0, random.int(bytes.length)), false) }
    case 3: {
      how.push('wrong length')
      const length = Math.max(0, request.body.length + random.pick([-1000, -1, 1, 7, 100_000]))
      return shot(Buffer.concat([headOf(request), Buffer.from(`Content-Length: ${length}\r\nConnection: close\r\n\r\n`), request.body]), false)
    }
    case 4: {
      how.push('framing header')
      return shot(Buffer.concat([headOf(request), Buffer.from(`${random.pick(framingLines)}\r\n`, 'latin1'), Buffer.from(random.oneIn(2) ? `Content-Length: ${request.body.length}\r\n\r\n` : '\r\n'), request.body]), false)
    }
    case 5: how.push('raw bytes'); return shot(changeBytes(random, framed(request, true), [request.body, framed(random.pick(valid), true)]), false)
    case 6: {
      if (random.oneIn(2)) return shot(framed({ ...request, method: random.pick(framingMethods) }, true), false)
      how.push('leaves')
      return shot(framed(request, true), false, [request], true)
    }
    default: return shot(framed(request, true), true)
  }
}
