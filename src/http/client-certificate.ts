// Whose certificate a connection was made with. Knows no route.
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { oneLine } from './certificates.js'

export interface ClientCertificate {
  /** The subject's distinguished name, `CN=scorer,O=Example`; the alternative name where there is none, as in a mesh (`URI:spiffe://…`). */
  readonly subject: string
}

/** Reading one costs as much as parsing a request, and it is the same for all of a connection. */
const known = new WeakMap<Socket, ClientCertificate | null>()

function read (socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  return { subject: certificate.subject ? oneLine(certificate.subject) : certificate.subjectAltName ?? certificate.fingerprint256 }
}

/** The client's certificate where it was asked for, sent and found good; undefined otherwise. */
export function clientCertificate (socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  let found = known.get(socket)
  if (found === undefined) known.set(socket, found = read(socket) ?? null)
  return found ?? undefined
}
