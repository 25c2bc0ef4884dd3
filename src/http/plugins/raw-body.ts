// Hands every body to the routes as the bytes that came, whatever its media type says: each API decodes for itself, a large body already while it arrives where its route wants to. The limit is Fastify's bodyLimit.
import { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { OutriggerError } from '../../errors.js'
import { release } from '../../release.js'
import type { Tensor, Tensors } from '../../tensor/tensor.js'
import { BodyRoom } from '../body-room.js'
import { joined } from '../joined.js'
import { MemoryPool } from '../memory-pool.js'
import { Turns } from '../turns.js'

/** Looks at a body while it arrives. */
export interface BodyScan {
  /** `bytes`: all that is there, from the first byte on, as a view that holds during this call. `whole`: nothing comes after it. False when it has seen enough. */
  look (bytes: Buffer, whole: boolean): boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked before a large body is read, by the length that it will have: what shall look at it while it arrives. */
    scanBody?: (request: FastifyRequest, announcedBytes: number) => BodyScan | undefined
  }
  interface FastifyRequest {
    /** What the route's `scanBody` gave, once the body is there. */
    bodyScan: BodyScan | undefined
    /** The body for somebody who takes its memory along; it is gone here. */
    takeBody: () => Buffer
    /** Says that these tensors are all that is left of the body. It is gone then: its memory holds the next one, unless they lie in it. */
    freeBody: (left: Tensors) => void
    /** Says that nobody looks at these tensors again, which were read from the body, nor at the body. Their memory may be gone then. */
    freeTensors: (tensors: Tensors) => void
  }
}

/** From here on a body gets memory of its own for all its chunks. */
const largeBytes = 64 * 1024
/** From here on nobody looks at it while it arrives: it is read in a thread of its own once it is there (aside/). */
const giantBytes = 4 * 1024 * 1024
/** So many bytes are waited for between two looks: each stops the connection and starts it again, which takes as long as a look at 10 KB, and a look at so much a quarter of a millisecond. */
const lookBytes = 128 * 1024

/** Methods whose body Fastify does not read. */
const withoutBody = new Set(['GET', 'HEAD', 'TRACE'])

const announcesBody = ({ headers }: FastifyRequest): boolean => headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** Reads a body that nobody asked for and throws it away: a connection that ends with unread bytes takes the end of its answer with it. Throws REQUEST_TOO_LARGE. */
async function discard (request: FastifyRequest): Promise<void> {
  const limit = request.route.bodyLimit ?? 0
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new OutriggerError('REQUEST_TOO_LARGE', `A ${request.method} needs no body, and this one is larger than ${limit} bytes`)
  await finished(request.raw.resume(), { writable: false }).catch(() => { throw new OutriggerError('REQUEST_TRUNCATED', 'The connection ended before the body did') })
}

/** Whether a chunk is a copy that Node's parser made for us alone, and nothing else lies in its memory. */
const isOwn = (payload: IncomingMessage, chunk: Buffer): boolean => payload instanceof IncomingMessage && chunk.length === chunk.buffer.byteLength

/** The memory of large bodies that are looked at while they arrive. */
const rooms = new WeakMap<FastifyRequest, BodyRoom>()

/** What all bodies of a server share. */
interface Shared { readonly pool: MemoryPool, readonly turns: Turns }

type Done = (error: Error | null, body?: Buffer) => void

/** Reads a body to its end. `done` is called once, with Fastify's own errors: framework-errors.ts is the one place that words them. */
function read (request: FastifyRequest, payload: IncomingMessage, { pool, turns }: Shared, done: Done): void {
  const { bodyLimit: limit = 0, config } = request.route
  const header = request.headers['content-length']
  const announced = header === undefined ? undefined : Number(header)
  if (announced !== undefined && announced > limit) { done(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE()); return }
  const isLarge = announced !== undefined && announced >= largeBytes
  let scan = isLarge && announced < giantBytes ? config.scanBody?.(request, announced) : undefined
  if (scan !== undefined) request.bodyScan = scan
  const room = isLarge ? new BodyRoom(announced, scan === undefined ? undefined : pool) : undefined
  const chunks: Buffer[] = []
  let length = 0
  let seen = 0
  let ended = false

  function end (error: Error | null, body?: Buffer): void {
    ended = true
    payload.off('data', onData).off('end', onEnd).off('error', onError)
    if (error !== null) room?.free()
    done(error, body)
  }
  function onData (chunk: Buffer): void {
    length += chunk.length
    if (length > limit) { end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE()); return }
    if (announced !== undefined && length > announced) { end(new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH()); return }
    if (room === undefined) { chunks.push(chunk); return }
    room.add(chunk)
    if (isOwn(payload, chunk)) release(chunk)
    if (scan === undefined || length - seen < lookBytes) return
    // A connection that always has more would be read on and on: after each look the others have their turn.
    payload.pause()
    turns.add(() => {
      if (!ended && look(false)) payload.resume()
    })
  }
  /** False where it failed, which ends the reading. */
  function look (whole: boolean): boolean {
    seen = length
    try {
      if (scan?.look(room!.arrived, whole) === false) scan = undefined
      return true
    } catch (error) {
      end(error as Error)
      return false
    }
  }
  function onEnd (): void {
    if (announced !== undefined && length !== announced) { end(new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH()); return }
    if (room === undefined) {
      const body = joined(chunks, length)
      if (Buffer.isBuffer(body)) end(null, body)
      else body.then(whole => { end(null, whole) }, end)
      return
    }
    if (!look(true)) return
    if (request.bodyScan !== undefined) rooms.set(request, room)
    end(null, room.arrived)
  }
  function onError (error: Error): void { end(Object.assign(error, { statusCode: 400 })) }

  payload.on('data', onData).on('end', onEnd).on('error', onError)
}

/** Nothing else can lie in a room: numbers are views or arrays of their own, strings views of their bytes. */
function liesIn (room: BodyRoom, { data }: Tensor): boolean {
  return ArrayBuffer.isView(data) ? room.holds(data) : data.some(bytes => room.holds(bytes))
}

function freeBody (this: FastifyRequest, left: Tensors): void {
  const room = rooms.get(this)
  if (room === undefined || Object.values(left).some(tensor => liesIn(room, tensor))) return
  rooms.delete(this)
  this.body = undefined
  room.free()
}

function freeTensors (this: FastifyRequest, tensors: Tensors): void {
  const room = rooms.get(this)
  for (const { data } of Object.values(tensors)) {
    // Strings are not worth it: each lies in memory of its own, or all of them in the body's.
    if (ArrayBuffer.isView(data) && room?.holds(data) !== true) release(data)
  }
  this.freeBody({})
}

function takeBody (this: FastifyRequest): Buffer {
  const body = Buffer.isBuffer(this.body) ? this.body : Buffer.alloc(0)
  this.body = undefined
  rooms.delete(this)
  return body
}

export default fp(async function rawBody (app: FastifyInstance) {
  const shared: Shared = { pool: new MemoryPool(), turns: new Turns() }
  app.decorateRequest('bodyScan')
  app.decorateRequest('freeBody', freeBody)
  app.decorateRequest('freeTensors', freeTensors)
  app.decorateRequest('takeBody', takeBody)
  app.removeAllContentTypeParsers()
  // Those that are named are looked up once.
  app.addContentTypeParser(['application/json', 'application/octet-stream', '*'], (request, payload, done) => { read(request, payload, shared, done) })
  app.addHook('onRequest', (request, _reply, done) => {
    if (withoutBody.has(request.method) && announcesBody(request)) discard(request).then(() => { done() }, done)
    else done()
  })
}, { name: 'raw-body' })
