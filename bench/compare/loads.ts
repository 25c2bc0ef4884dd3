// What is asked in the comparison: five kinds of requests, each with numbers of its own, and the answer that each must get. The default export is the traffic that a generator's process loads.
import sharp from 'sharp'
import type { Answer, Shot, Traffic } from '../load/traffic.js'
import { classes, features, side, weightOf } from './models.js'

/** Rows of one medium request. */
const rows = 32
/** Numbers are whole 64ths below 2^14, in six decimals: exact in float32, as are their sums here. */
const unit = 64
const distinct = 2 ** 20
const slotLength = 12
/** JSON takes blanks before a number, so that the own number of each request has its place in a text that is made once. */
const slotText = (index: number): string => ((index % distinct) / unit).toFixed(6).padStart(slotLength)
const noise = (i: number): number => (i * 29 + (i >> 5) * 13) % unit / unit

interface Kind {
  readonly model: string
  readonly path: string
  readonly type: string
  readonly headers?: string
  /** The body of the nth request, owned by the caller. */
  readonly body: (index: number) => Buffer
  /** All numbers of its answer, in their order. */
  readonly right: (index: number) => readonly number[]
  /** How far each may be off. */
  readonly tolerance?: number
}

const json = 'application/json'
const predict = (model: string): string => `/v1/models/${model}:predict`

/** A body that is made once, and copied with the request's own bytes in some places. */
function template (whole: Buffer, places: readonly number[], own: (index: number, place: number) => Buffer): (index: number) => Buffer {
  return index => {
    const body = Buffer.from(whole)
    for (const [i, place] of places.entries()) own(index, i).copy(body, place)
    return body
  }
}

const ownText = (index: number, place: number): Buffer => Buffer.from(slotText(index + place * 7919), 'latin1')

/** A JSON text in which `@` stands for the places of own numbers. */
function jsonTemplate (text: string): (index: number) => Buffer {
  const parts = text.split('@')
  const places: number[] = []
  let at = 0
  for (const part of parts.slice(0, -1)) {
    places.push(at += part.length)
    at += slotLength
  }
  return template(Buffer.from(parts.join(' '.repeat(slotLength)), 'latin1'), places, ownText)
}

function tiny (): Kind {
  const numbers = (index: number): number[] => [index % distinct, (index * 3) % distinct, 5]
  return { model: 'tiny', path: predict('tiny'), type: json, body: index => Buffer.from(`{"instances":[${numbers(index).join()}]}`), right: index => numbers(index).map(x => x / 2 + 2) }
}

function medium (): Kind {
  const rest = Array.from({ length: features - 1 }, (_, i) => noise(i + 1))
  const base = Array.from({ length: classes }, (_, of) => rest.reduce((sum, x, i) => sum + x * weightOf(i + 1, of), 0))
  const row = `[@,${rest.map(x => x.toFixed(6)).join()}]`
  return {
    model: 'medium', path: predict('medium'), type: json,
    body: jsonTemplate(`{"instances":[${Array.from({ length: rows }, () => row).join()}]}`),
    right: index => Array.from({ length: rows }, (_, place) => base.map((sum, of) => of === 0 ? sum + (index + place * 7919) % distinct / unit : sum)).flat()
  }
}

const pixels = side * side * 3
/** The sums of the three colours without the first pixel's red. */
const colours = (): number[] => {
  const sums = [0, 0, 0]
  for (let i = 1; i < pixels; i++) sums[i % 3] += noise(i)
  return sums
}
const withOwn = (sums: readonly number[], index: number): number[] => [sums[0] + index % distinct / unit, sums[1], sums[2]]

function image (): Kind {
  const text = (i: number): string => i === 0 ? '@' : noise(i).toFixed(6)
  const pixel = (at: number): string => `[${text(at)},${text(at + 1)},${text(at + 2)}]`
  const line = (y: number): string => `[${Array.from({ length: side }, (_, x) => pixel((y * side + x) * 3)).join()}]`
  const sums = colours()
  return { model: 'image', path: predict('image'), type: json, body: jsonTemplate(`{"instances":[[${Array.from({ length: side }, (_, y) => line(y)).join()}]]}`), right: index => withOwn(sums, index) }
}

function raw (): Kind {
  const whole = Buffer.from(Float32Array.from({ length: pixels }, (_, i) => noise(i)).buffer)
  const own = Buffer.alloc(4)
  const sums = colours()
  return {
    model: 'image', path: '/models/image/evaluate', type: 'application/octet-stream',
    body: template(whole, [0], index => { own.writeFloatLE(index % distinct / unit); return own }), right: index => withOwn(sums, index)
  }
}

/** How many pictures there are; their greys lie apart by more than a decoder may err. */
const pictures = 48

/** JPEGs of one grey each. Grey survives the compression of a JPEG all but unchanged. */
async function greys (): Promise<Buffer[]> {
  return await Promise.all(Array.from({ length: pictures }, async (_, i) => await sharp({ create: { width: side, height: side, channels: 3, background: { r: i * 5, g: i * 5, b: i * 5 } } }).jpeg({ quality: 90 }).toBuffer()))
}

/** A JPEG of a camera's size in bytes, with a comment of so many more: its length is its request's own. */
function padded (jpeg: Buffer, more: number): Buffer {
  const comments: Buffer[] = []
  for (let left = more; left > 0;) {
    const length = Math.min(left, 60_000)
    const head = Buffer.from([0xff, 0xfe, 0, 0])
    head.writeUInt16BE(length + 2, 2)
    comments.push(head, Buffer.alloc(length, 7))
    left -= length
  }
  return Buffer.concat([jpeg.subarray(0, 2), ...comments, jpeg.subarray(2)])
}

/** About what a photograph of this size takes. */
const photographBytes = 20_000

async function jpeg (): Promise<Kind> {
  const all = (await greys()).map(picture => padded(picture, photographBytes))
  return { model: 'image', path: '/models/image/evaluate', type: 'image/jpeg', body: index => all[index % pictures], right: index => Array.from({ length: 3 }, () => index % pictures * 5 * side * side), tolerance: side * side * 1.5 }
}

async function base64 (): Promise<Kind> {
  const [picture] = await greys()
  const lengths = 512
  const all = Array.from({ length: lengths }, (_, i) => padded(picture, photographBytes + i))
  const bodies = all.map(one => Buffer.from(`{"instances":[{"b64":"${one.toString('base64')}"}]}`))
  return { model: 'bytes', path: predict('bytes'), type: json, body: index => bodies[index % lengths], right: index => [all[index % lengths].length] }
}

const kinds = { tiny, medium, image, raw, jpeg, base64 } as const
export type LoadName = keyof typeof kinds
export const loadNames = Object.keys(kinds) as LoadName[]

/** What each load is, in a line. */
export const loadTitles: Readonly<Record<LoadName, string>> = {
  tiny: 'three numbers as JSON, /v1 predict',
  medium: `${rows}×${features} floats as JSON (200 KB), /v1 predict`,
  image: `${side}×${side}×3 floats as JSON (1.4 MB), /v1 predict`,
  raw: 'the same picture as raw tensor (600 KB), evaluate',
  jpeg: 'a JPEG of the same size (20 KB), decoded by the gateway, evaluate',
  base64: 'a JPEG as base64 in JSON (27 KB), carried to the model and not decoded, /v1 predict'
}

/** All numbers in a value, in their order. */
const numbersOf = (value: unknown): number[] => typeof value === 'number' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : []

function faultOf ({ right, tolerance = 0 }: Kind, index: number, { body }: Answer): string | undefined {
  const text = body.toString()
  let given: number[]
  try {
    given = numbersOf(JSON.parse(text))
  } catch {
    return `no JSON: ${text}`
  }
  const wanted = right(index)
  const same = given.length === wanted.length && wanted.every((value, i) => Math.abs(value - Math.fround(given[i])) <= tolerance)
  return same ? undefined : `must be ${wanted.join()} and is ${text}`
}

export interface LoadOptions {
  readonly load: LoadName
  readonly host: string
  /** False for a server that stands for no model. */
  readonly checked: boolean
  /** The caller's own limit, in milliseconds, told to the service. */
  readonly timeoutMs?: number | undefined
}

/** Bodies are made once for all traffics of a process. */
const made = new Map<LoadName, Kind | Promise<Kind>>()

export default async function trafficOf ({ load, host, checked, timeoutMs }: LoadOptions): Promise<Traffic> {
  if (!made.has(load)) made.set(load, kinds[load]())
  const kind = await made.get(load)!
  const limit = timeoutMs === undefined ? '' : `x-request-timeout-ms: ${timeoutMs}\r\n`
  const head = `POST ${kind.path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${kind.type}\r\n${limit}Content-Length: `
  return (index): Shot => {
    const body = kind.body(index)
    return { bytes: Buffer.concat([Buffer.from(`${head}${body.length}\r\n\r\n`, 'latin1'), body]), model: kind.model, check: answer => checked ? faultOf(kind, index, answer) : undefined }
  }
}
