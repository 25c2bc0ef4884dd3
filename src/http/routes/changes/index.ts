// GET /changes: what changed in the service, newest first.
import type { FastifyInstance } from 'fastify'
import { OutriggerError } from '../../../errors.js'
import type { Service } from '../../service.js'

const defaultLimit = 100
const maxLimit = 1000

/** `?limit=`, 1 to 1000. Throws REQUEST_INVALID. */
export function limitOf (given: unknown): number {
  if (given === undefined) return defaultLimit
  const limit = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : 0
  if (limit < 1 || limit > maxLimit) throw new OutriggerError('REQUEST_INVALID', `limit must be a whole number from 1 to ${maxLimit}`)
  return limit
}

export default async function changes (app: FastifyInstance, { service }: { service: Pick<Service, 'changes'> }): Promise<void> {
  app.get('/changes', async (request, reply) => {
    request.outcome.api = 'changes'
    const limit = limitOf((request.query as { limit?: unknown }).limit)
    return await reply.header('cache-control', 'no-store').send({ changes: service.changes(limit) })
  })
}
