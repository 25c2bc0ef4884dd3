// POST /shutdown, POST /models/{m}/reload, PUT /models/{m}/labels/{l} and POST /engines/{e}/replace, and the rule that closes it to everybody but the operator.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import type { Service } from '../../service.js'
import { adminFault } from './access.js'
import { readMode, readVersion } from './body.js'

export interface AdminOptions {
  readonly service: Pick<Service, 'shutdown' | 'reload' | 'replaceEngine' | 'moveLabel' | 'log'>
  readonly allowLocalAdmin: () => boolean
}

/** An order is a few bytes. */
const bodyLimit = 4096
/** Names as model.yaml allows them. */
const labelName = /^[A-Za-z0-9_.-]{1,128}$/

export default async function admin (app: FastifyInstance, { service, allowLocalAdmin }: AdminOptions): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })
  // Before the body is read: who may not does not get to send one.
  app.addHook('onRequest', async request => {
    request.outcome.api = 'admin'
    const { socket: connection, headers } = request.raw
    const { viaAdminSocket, identity } = request.caller
    // With tokens on, plugins/tokens.ts has asked for the scope.
    if (identity !== undefined) return
    const fault = adminFault({ viaAdminSocket, allowLocalAdmin: allowLocalAdmin(), peer: connection.remoteAddress, localPort: connection.localPort, headers })
    if (fault !== undefined) throw new OutriggerError('ADMIN_FORBIDDEN', fault)
  })
  const callerOf = ({ caller: { viaAdminSocket, address, identity } }: FastifyRequest): string =>
    viaAdminSocket ? 'the admin socket' : identity?.subject === undefined ? address : `${identity.subject} (${address})`

  app.post('/shutdown', { bodyLimit }, async (request, reply) => {
    const mode = readMode(request.body)
    const by = callerOf(request)
    request.log.warn({ mode, by }, 'shutdown was asked for')
    // The answer goes out before the service begins to close its connections.
    reply.raw.once('close', () => { service.shutdown(mode, `POST /shutdown by ${by}`) })
    return reply.code(202).header('connection', 'close').send({ status: 'shutting-down', mode })
  })
  app.post('/models/:model/reload', { bodyLimit }, async (request, reply) => {
    const { model } = request.params as { model: string }
    await service.reload(model, `POST reload by ${callerOf(request)}`)
    request.outcome.model = model
    return await reply.code(202).send({ status: 'reloading', model })
  })
  app.post('/engines/:engine/replace', { bodyLimit }, async (request, reply) => {
    const { engine } = request.params as { engine: string }
    service.replaceEngine(engine, `POST replace by ${callerOf(request)}`)
    return await reply.code(202).send({ status: 'replacing', engine })
  })
  app.put('/models/:model/labels/:label', { bodyLimit }, async request => {
    const { model, label } = request.params as { model: string, label: string }
    if (!labelName.test(label)) throw new OutriggerError('REQUEST_INVALID', 'A label has letters, digits, "_", "." and "-", at most 128', { model })
    const version = readVersion(request.body)
    const { from } = await service.moveLabel(model, label, version, `PUT label by ${callerOf(request)}`)
    request.outcome.model = model
    return { model, label, version: version.toString(), from: from?.toString() ?? null }
  })
}
