// What callers see of the service's end: connections are not kept open while it drains, and what comes after it stopped accepting is told to go elsewhere.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { OutriggerError } from '../../errors.js'
import type { Service } from '../service.js'

/** Answered to the very end: who watches the drain must see it. */
const watching = /^\/(health(\/|$)|metrics$)/

/**
 * Needs Fastify's option `return503OnClosing: false`, so that requests which arrive on open connections while the server closes get
 * SERVICE_DRAINING in our form instead of Fastify's own 503. Requests that arrive in the drain delay are served as ever.
 */
export default fp(async function drain (app: FastifyInstance, { service }: { service: Pick<Service, 'phase'> }) {
  let closing = false
  app.addHook('preClose', async () => {
    // The close resets connections that look idle, and those not accepted yet: what the kernel holds for us by now is read first. A whole turn of the loop lies between the second and the third.
    for (let turn = 0; turn < 3; turn++) await nextTurn()
    closing = true
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const served = !closing || watching.test((request.raw.url ?? '/').split('?', 1)[0])
    done(served ? undefined : new OutriggerError('SERVICE_DRAINING', 'This instance is shutting down; ask another one', { retryAfterMs: 1000 }))
  })
  // When the answer goes out, not when the request comes in: those under way at the signal would else keep their connections, and the close waits for these.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing || service.phase() === 'draining') reply.header('connection', 'close')
    done()
  })
}, { name: 'drain', dependencies: ['request-context'] })
