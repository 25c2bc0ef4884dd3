// Counts a caller's requests and refuses those beyond its quota, with the headers that tell how much is left. Before the body is read.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Auth } from '../../auth/auth.js'
import { quotaKey } from '../../auth/quota.js'
import { OutriggerError } from '../../errors.js'
import { isProbe, routeAccess } from '../access.js'

const seconds = (ms: number): number => Math.ceil(ms / 1000)

export default fp(async function quota (app: FastifyInstance, { auth }: { auth: Pick<Auth, 'quota' | 'hasQuota'> }) {
  app.addHook('onRequest', (request, reply, done) => {
    if (!auth.hasQuota()) { done(); return }
    const { address, viaAdminSocket, certificate, identity } = request.caller
    const wanted = routeAccess(request)
    // Probes and operators are not callers of models: who has used up its quota can still be watched and ended.
    const free = viaAdminSocket || isProbe(wanted) || wanted.access === 'open' || wanted.access === 'admin'
    const state = free ? undefined : auth.quota.take(quotaKey({ subject: identity?.subject, certificate: certificate?.subject, address }))
    if (state === undefined) { done(); return }
    // As in draft-ietf-httpapi-ratelimit-headers.
    reply.header('ratelimit-policy', `"caller";q=${state.requests};w=${seconds(state.windowMs)}`).header('ratelimit', `"caller";r=${state.remaining};t=${seconds(state.resetMs)}`)
    done(state.allowed ? undefined : new OutriggerError('QUOTA_EXCEEDED', `More than ${state.requests} requests in ${seconds(state.windowMs)} s`, { retryAfterMs: state.retryAfterMs }))
  })
}, { name: 'quota', dependencies: ['caller-address'] })
