// What a model server must show before it takes over from one that serves: it has come up, it serves all that the other serves, and it keeps to the memory that it may use. Switches nothing itself.
import { now } from '../clock.js'
import { CallError } from '../grpc/channel.js'
import type { ServableList, Unfit } from './engine.js'
import type { Generation } from './generation.js'
import type { Pushes } from './pushes.js'
import { fetchStatuses } from './statuses.js'
import type { EngineTiming } from './timing.js'

export interface ReplacementOptions {
  timing: EngineTiming
  pushes: Pushes
  /** More resident memory than this, and it takes over nothing. */
  maxRssBytes?: number | undefined
}

/**
 * Brings the successor up to the place of the old one. Resolves with the function that lets pushes go on again, to be called after the switch:
 * from then until it is called nothing changes in what is to be served. A push that comes before goes to the old one at once, and the successor
 * is given its list last. Rejects with an Error that says in words why the successor cannot take over.
 */
export async function prepare (old: Generation, successor: Generation, { timing, pushes, maxRssBytes }: ReplacementOptions): Promise<() => void> {
  const filled = pushes.restorable
  await successor.comeUp(async () => { await whole(pushes, successor, filled, timing.restoreMs, async () => { await successor.fill(filled) }) })
  const leave = await holdPushes(pushes, old, now() + timing.restoreMs)
  try {
    const models = pushes.restorable
    if (models !== filled) await whole(pushes, successor, models, timing.restoreMs, async () => { await successor.reload(models, now() + timing.restoreMs) })
    await checkServes(old, successor, models, timing.withinMs)
    if (maxRssBytes !== undefined && (successor.rssBytes ?? 0) > maxRssBytes) throw new Error(`it needs ${successor.rssBytes} bytes of memory from the start, and the budget is ${maxRssBytes}`)
    return leave
  } catch (error) {
    leave()
    throw error
  }
}

/** Has the successor read the whole list, or rejects: while the old one serves on, nobody loses a version that is not what it was. */
async function whole (pushes: Pushes, successor: Generation, models: readonly ServableList[], withinMs: number, read: () => Promise<void>): Promise<void> {
  const insist = ([unfit]: readonly Unfit[]): void => { if (unfit !== undefined) throw new Error(`${unfit.name} version ${unfit.version} is not to be loaded again: ${unfit.error.message}`, { cause: unfit.error }) }
  const { unfit, away, touched } = await pushes.recheck(successor, models, withinMs)
  insist([...unfit, ...away])
  await read()
  insist(await touched())
}

/** No push runs until the returned function is called. An old one that has ended is not waited for: the push that was with it needs the successor. */
async function holdPushes (pushes: Pushes, old: Generation, deadline: number): Promise<() => void> {
  const ended = new AbortController()
  void old.run.ended.then(() => ended.abort())
  try {
    return await pushes.hold(deadline, ended.signal)
  } catch (error) {
    if (ended.signal.aborted) return () => {}
    throw error
  }
}

/** Throws for a version that the old one serves and the successor does not. */
async function checkServes (old: Generation, successor: Generation, models: readonly ServableList[], withinMs: number): Promise<void> {
  await successor.look(models.map(({ name }) => name))
  for (const { name, versions } of models) {
    const serving = await fetchStatuses(old.channel, name, now() + withinMs).catch((error: unknown) => {
      if (error instanceof CallError) return []
      throw error
    })
    for (const version of versions) {
      if (serving.find(status => status.version === version)?.state !== 'AVAILABLE') continue
      const found = successor.statuses.get(name)?.find(status => status.version === version)
      if (found?.state !== 'AVAILABLE') throw new Error(`it does not serve ${name} version ${version}: ${found === undefined ? 'it does not know it' : `${found.state} ${found.errorMessage}`.trim()}`)
    }
  }
}
