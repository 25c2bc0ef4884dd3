// Asks for a good client certificate on every route but health and metrics, for probes that have none. Registered where the handshake itself does not ask.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { OutriggerError } from '../../errors.js'
import { isProbe, routeAccess } from '../access.js'

export default fp(async function clientCertificateNeeded (app: FastifyInstance) {
  app.addHook('onRequest', (request, _reply, done) => {
    const { certificate, viaAdminSocket } = request.caller
    if (certificate !== undefined || viaAdminSocket || isProbe(routeAccess(request))) done()
    else done(new OutriggerError('AUTH_CERTIFICATE', 'This needs a client certificate from an authority that this service trusts'))
  })
}, { name: 'client-certificate', dependencies: ['caller-address'] })
