// The calls that make a model server serve a list of models, and what their outcome says of it. Knows no process and no restart.
import type { Logger } from 'pino'
import { CallError, type Channel } from '../grpc/channel.js'
import { codecs, methods } from '../grpc/protos.js'
import type { ServableList, ServableState } from './engine.js'
import { reloadRequest } from './push.js'
import { codeNumber, fetchStatuses } from './statuses.js'

/** What the server answers when a model of the list did not load; the others serve. */
const grpcUnknown = 2
const grpcDeadlineExceeded = 4
const onItsWay: readonly (ServableState | undefined)[] = ['START', 'LOADING']

/**
 * Makes the server serve this list; resolves when it has answered. A load that failed inside it is an answer.
 * Rejects with a CallError, also for a list that the server refuses as a whole; with a plain Error when the answer cannot be read.
 */
export async function reload (channel: Channel, models: readonly ServableList[], deadline: number, log: Logger): Promise<void> {
  try {
    const answer = await channel.unary(methods.handleReloadConfig, reloadRequest(models), { deadline })
    const { status } = codecs.reloadConfigResponse.decode(answer)
    const code = codeNumber(status?.error_code ?? 0)
    if (code !== 0) throw new CallError(code, status?.error_message ?? '', 'server')
  } catch (error) {
    if (!(error instanceof CallError) || error.origin !== 'server' || error.status !== grpcUnknown) throw error
    log.warn({ reason: error.details }, 'the model server could not load everything')
  }
}

/** Whether the deadline came before the answer: the server may still be at the list. Either side may be the first to notice. */
export const isUnanswered = (error: CallError): boolean => error.origin === 'deadline' || error.status === grpcDeadlineExceeded

/** Makes a restarted server serve this list; resolves when each version is AVAILABLE or has failed. Rejects when the server fails at it. */
export async function restore (channel: Channel, models: readonly ServableList[], deadline: number, pollMs: number, log: Logger): Promise<void> {
  if (models.length === 0) return
  await reload(channel, models, deadline, log).catch((error: unknown) => {
    if (!(error instanceof CallError) || error.origin !== 'server') throw error
    log.error({ err: error }, 'the restarted model server refused the list of models')
  })
  for (const model of models) {
    while (await isLoading(channel, model, deadline)) await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}

async function isLoading (channel: Channel, { name, versions }: ServableList, deadline: number): Promise<boolean> {
  const statuses = await fetchStatuses(channel, name, deadline)
  return versions.some(version => onItsWay.includes(statuses.find(status => status.version === version)?.state))
}

/**
 * How far the server is with a reload that it has not answered. `lost`: it neither serves nor loads what it was told; such a server answers no
 * later reload either, unless it is asked between two loads. `silent`: it does not answer this question either.
 */
export async function progress (channel: Channel, models: readonly ServableList[], deadline: number): Promise<'complete' | 'loading' | 'lost' | 'silent'> {
  try {
    const known = await Promise.all(models.map(async ({ name, versions }) => {
      const statuses = await fetchStatuses(channel, name, deadline)
      return {
        loading: statuses.some(({ state }) => onItsWay.includes(state)),
        complete: versions.every(version => statuses.some(status => status.version === version))
      }
    }))
    return known.some(({ loading }) => loading) ? 'loading' : known.every(({ complete }) => complete) ? 'complete' : 'lost'
  } catch {
    return 'silent'
  }
}
