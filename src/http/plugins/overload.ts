// Refuses requests that waited in their connections for so long that those behind them would all be answered too late. Before anything else is done for them.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { OutriggerError } from '../../errors.js'
import { isProbe, routeAccess } from '../access.js'

export interface OverloadOptions {
  /** How long one turn of the event loop may take in requests, in milliseconds. */
  readonly turnLimitMs?: number
}

/**
 * Far above what a turn takes whose requests are all answered in time (a thousand connections that each ask at once: a tenth of it),
 * far below what callers wait for: a request waits for up to two turns, and its answer for another.
 */
const usualTurnLimitMs = 500
const retryAfterMs = 1000

/**
 * What comes while the loop is busy waits in the kernel, unseen by any queue of ours, and is read in the next turn: in overload each turn is longer than the last,
 * until every answer is for a caller that has left. So when two turns in a row are too long, the rest of the second one is refused, for a fraction of what an answer costs.
 * A single long turn (the machine stood still, a garbage collection, a giant body) is made up for in the next, and refuses nobody.
 */
export default fp(async function overload (app: FastifyInstance, { turnLimitMs = usualTurnLimitMs }: OverloadOptions) {
  /** When the first request of this turn was read; undefined before it. */
  let turnBegan: number | undefined
  let longTurnEnded = -Infinity
  const endTurn = (): void => {
    const ended = performance.now()
    if (ended - turnBegan! > turnLimitMs) longTurnEnded = ended
    turnBegan = undefined
  }
  const isTooLong = (at: number): boolean => at - turnBegan! > turnLimitMs && turnBegan! - longTurnEnded < turnLimitMs

  app.addHook('onRequest', (request, _reply, done) => {
    if (turnBegan === undefined) {
      turnBegan = request.beganAt
      setImmediate(endTurn)
    } else if (isTooLong(request.beganAt) && !isProbe(routeAccess(request))) {
      done(new OutriggerError('SERVICE_OVERLOADED', 'More requests come than this instance can answer in time; ask another one', { retryAfterMs }))
      return
    }
    done()
  })
}, { name: 'overload', dependencies: ['request-context', 'errors'] })
