// An answer's bytes on their way out: large ones piece by piece, since the connection would copy as much of them at once as its caller takes. Knows no API.
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Well above what a connection buffers of its own accord, and less than a millisecond's work. */
const pieceBytes = 256 * 1024

function * piecesOf (bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** Sends the bytes, which must not change any more. */
export function sendBytes (reply: FastifyReply, bytes: Buffer): FastifyReply {
  if (bytes.length <= 2 * pieceBytes) return reply.send(bytes)
  return reply.header('content-length', bytes.length).send(Readable.from(piecesOf(bytes), { highWaterMark: 1 }))
}
