// Finds out who is at the other end of a request, through trusted proxies and the admin socket, and refuses addresses that are not on the list. Before the body is read.
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Auth } from '../../auth/auth.js'
import type { Identity } from '../../auth/tokens.js'
import { OutriggerError } from '../../errors.js'
import { isProbe, routeAccess } from '../access.js'
import { listenAdminSocket, type AdminSocket } from '../admin-socket.js'
import { clientCertificate, type ClientCertificate } from '../client-certificate.js'

export interface Caller {
  /** The caller's own address; `admin-socket` for those who came in through it, whose folder only our own user can enter. */
  readonly address: string
  readonly viaAdminSocket: boolean
  /** The certificate that the connection was made with; behind a proxy it is the proxy's. */
  readonly certificate: ClientCertificate | undefined
  /** Whose token was found good, by plugins/tokens.ts; undefined where tokens are off or the route needs none. */
  identity: Identity | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
}

export interface CallerOptions {
  readonly auth: Pick<Auth, 'callerOf' | 'letsIn'>
  /** Path of the admin Unix socket; none when undefined. */
  readonly adminSocket?: string | undefined
}

export default fp(async function callerAddress (app: FastifyInstance, { auth, adminSocket }: CallerOptions) {
  let admin: AdminSocket | undefined
  if (adminSocket !== undefined) {
    app.addHook('onReady', async () => { admin = await listenAdminSocket(adminSocket, (request, response) => { app.routing(request, response) }) })
    app.addHook('onClose', async () => { await admin?.close() })
  }
  const viaAdminSocket = (socket: Socket): boolean => admin?.owns(socket) === true

  app.decorateRequest('caller')
  app.addHook('onRequest', (request, _reply, done) => {
    const { socket } = request.raw
    if (viaAdminSocket(socket)) {
      request.caller = { address: 'admin-socket', viaAdminSocket: true, certificate: undefined, identity: undefined }
      done()
      return
    }
    const found = auth.callerOf(socket.remoteAddress ?? '', request.headers)
    request.caller = { address: found.address, viaAdminSocket: false, certificate: clientCertificate(socket), identity: undefined }
    if (auth.letsIn(found, () => isProbe(routeAccess(request)))) done()
    else done(new OutriggerError('ADDRESS_FORBIDDEN', found.known ? `${found.address} is not among the addresses that may call this service` : 'The proxies that this request came through do not say who called'))
  })
}, { name: 'caller-address', dependencies: ['request-context'] })
