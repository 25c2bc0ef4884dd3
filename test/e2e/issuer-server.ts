// An issuer's key set over http or https: its keys are changed, it is cut off, and it counts how often it is asked. No tests here.
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { jwksOf, type IssuerKey } from '../helpers/issuer.js'
import type { Made } from '../helpers/authority.js'
import type { Closing } from './service.js'

export interface IssuerServer {
  readonly url: string
  keys: readonly IssuerKey[]
  /** silent: takes requests and answers none. cut: ends every connection at once. */
  state: 'answers' | 'silent' | 'cut'
  /** Requests, and connections that were cut. */
  readonly asked: () => number
}

/** Listens on a free port of the loopback; over https where there is a certificate. */
export async function issuerServer (t: Closing, keys: readonly IssuerKey[], certificate?: Made): Promise<IssuerServer> {
  let asked = 0
  const listener: RequestListener = (_, response) => {
    asked++
    if (issuer.state === 'answers') response.setHeader('connection', 'close').end(jwksOf(...issuer.keys))
  }
  const server = certificate === undefined ? createServer(listener) : createTlsServer({ cert: certificate.cert, key: certificate.key }, listener)
  server.on('connection', (socket: Socket) => { if (issuer.state === 'cut') { asked++; socket.destroy() } })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  const issuer: IssuerServer = { url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`, keys, state: 'answers', asked: () => asked }
  return issuer
}
