// POST /shutdown, and the rule that closes it to everybody but the operator.
import type { FastifyInstance } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import type { Service } from '../../service.js'
import { adminFault } from './access.js'
import { listenAdminSocket, type AdminSocket } from './socket.js'

export interface AdminOptions {
  readonly service: Pick<Service, 'shutdown' | 'log'>
  readonly allowLocalAdmin: boolean
  /** Path of the admin Unix socket; none when undefined. */
  readonly adminSocket?: string | undefined
}

/** A shutdown order is a few bytes. */
const bodyLimit = 4096
const modes = ['graceful', 'force'] as const

/** Reads `{"mode": "graceful" | "force"}`. Throws REQUEST_NOT_JSON and REQUEST_INVALID. */
export function readMode (body: Uint8Array): (typeof modes)[number] {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString())
  } catch (cause) {
    throw new OutriggerError('REQUEST_NOT_JSON', 'The body must be JSON: {"mode": "graceful"} or {"mode": "force"}', { cause })
  }
  const given = typeof value === 'object' && value !== null ? (value as { mode?: unknown }).mode : undefined
  const mode = modes.find(one => one === given)
  if (mode === undefined) {
    const detail = 'must be "graceful" or "force"'
    throw new OutriggerError('REQUEST_INVALID', `mode ${detail}`, { errors: [{ pointer: '/mode', detail }] })
  }
  return mode
}

export default async function admin (app: FastifyInstance, { service, allowLocalAdmin, adminSocket }: AdminOptions): Promise<void> {
  let socket: AdminSocket | undefined
  if (adminSocket !== undefined) {
    app.addHook('onReady', async () => { socket = await listenAdminSocket(adminSocket, (request, response) => { app.routing(request, response) }) })
    app.addHook('onClose', async () => { await socket?.close() })
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
  // Before the body is read: who may not does not get to send one.
  app.addHook('onRequest', async request => {
    request.outcome.api = 'admin'
    const { socket: connection, headers } = request.raw
    const fault = adminFault({ viaAdminSocket: socket?.owns(connection) === true, allowLocalAdmin, peer: connection.remoteAddress, localPort: connection.localPort, headers })
    if (fault !== undefined) throw new OutriggerError('ADMIN_FORBIDDEN', fault)
  })
  app.post('/shutdown', { bodyLimit }, async (request, reply) => {
    const mode = readMode(request.body instanceof Uint8Array ? request.body : Buffer.alloc(0))
    const by = socket?.owns(request.raw.socket) === true ? 'the admin socket' : request.raw.socket.remoteAddress ?? 'an unknown peer'
    request.log.warn({ mode, by }, 'shutdown was asked for')
    // The answer goes out before the service begins to close its connections.
    reply.raw.once('close', () => { service.shutdown(mode, `POST /shutdown by ${by}`) })
    return reply.code(202).header('connection', 'close').send({ status: 'shutting-down', mode })
  })
}
