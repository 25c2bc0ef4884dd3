// Writes one line of the audit trail for each request but probes: who called what, and how it ended.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Auth } from '../../auth/auth.js'
import { routeOf } from './metrics.js'

/** Asked every few seconds from everywhere, and answered to everybody. */
const probes = new Set(['health', 'metrics'])

export default fp(async function audit (app: FastifyInstance, { auth: { audit } }: { auth: Pick<Auth, 'audit'> }) {
  if (audit === undefined) return
  app.requestEnds.push((request, _reply, status) => {
    const { api, model, version } = request.outcome
    if (probes.has(api)) return
    const { caller } = request as { caller?: typeof request.caller }
    audit.write({
      request_id: String(request.id), subject: caller?.identity?.subject ?? null, certificate: caller?.certificate?.subject ?? null, address: caller?.address ?? request.raw.socket.remoteAddress ?? '', method: request.method,
      route: routeOf(request), model: model ?? request.errorModel ?? null, version: version?.toString() ?? null, status, code: request.errorCode ?? null
    })
  })
}, { name: 'audit', dependencies: ['request-context'] })
