// What one engine is told to serve: the full list of versions at every push, one push at a time. Knows no registry.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, ServableList, ServableStatus } from '../engine/engine.js'
import type { VersionEntry } from '../inference/registry.js'
import type { TakenVersion } from './version.js'

/** How often the states of versions that are loading are looked at. */
const lookEveryMs = 25
/** How long one question for states may take. */
const statusWithinMs = 30_000

export interface LoadCalls {
  /** The engine has it; called as soon as that is known, without waiting for slower ones. */
  readonly available: (taken: TakenVersion) => void
  readonly failed: (taken: TakenVersion, reason: string, error?: unknown) => void
  readonly signal: AbortSignal
}

/** The probe looks about twice a second. */
const seenWithinMs = 3000

/** Resolves once the engine's probe has seen the version AVAILABLE, which health goes by; after a while also without. */
export async function seenAvailable ({ engine, model, version }: VersionEntry, signal: AbortSignal): Promise<void> {
  const end = performance.now() + seenWithinMs
  while (performance.now() < end && !signal.aborted) {
    if (engine.lastStatuses().get(model)?.some(status => status.version === version && status.state === 'AVAILABLE') === true) return
    await sleep(lookEveryMs)
  }
}

export class EngineList {
  readonly engine: Engine
  readonly #taken = new Set<TakenVersion>()
  readonly #release: (gone: readonly TakenVersion[]) => Promise<void>
  #turn = Promise.resolve()

  /** `release` is called before a push with listed versions whose folders are gone, which a push cannot name: it resolves once nobody uses them. */
  constructor (engine: Engine, release: (gone: readonly TakenVersion[]) => Promise<void>) {
    this.engine = engine
    this.#release = release
  }

  /** Pushes the list with these added. Resolves when each was told to be available or failed; a failed one stays listed until `drop`. */
  async load (added: readonly TakenVersion[], deadline: number, calls: LoadCalls): Promise<void> {
    try {
      await this.engine.start()
    } catch (error) {
      for (const taken of added) calls.failed(taken, (error as Error).message, error)
      return
    }
    await this.#next(async () => {
      for (const taken of added) this.#taken.add(taken)
      await this.#loadNow(new Set(added), deadline, calls)
    })
  }

  /** Pushes the list without these. Rejects like the engine's push; they are off the list all the same. */
  async drop (dropped: readonly TakenVersion[], deadline: number): Promise<void> {
    await this.#next(async () => {
      let listed = false
      for (const taken of dropped) listed = this.#taken.delete(taken) || listed
      if (!listed) return
      await this.#letGo()
      await this.engine.push(this.#lists(), deadline)
    })
  }

  async #next<T> (work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.then(() => {}, () => {})
    return await result
  }

  async #loadNow (waiting: Set<TakenVersion>, deadline: number, calls: LoadCalls): Promise<void> {
    for (const taken of waiting) {
      if (existsSync(taken.found.folder)) continue
      waiting.delete(taken)
      this.#taken.delete(taken)
      calls.failed(taken, `its folder ${taken.found.folder} is gone`)
    }
    await this.#letGo()
    let answered = false
    const push = this.engine.push(this.#lists(), deadline).finally(() => { answered = true })
    push.catch(() => {})
    const look = (statuses: ReadonlyMap<string, readonly ServableStatus[]>, current: boolean): void => {
      for (const taken of waiting) {
        if (taken.again && !current) continue
        const status = statuses.get(taken.entry.model)?.find(({ version }) => version === taken.entry.version)
        if (status?.state === 'AVAILABLE') {
          waiting.delete(taken)
          calls.available(taken)
        } else if (status?.state === 'END' && status.errorCode !== 0) {
          waiting.delete(taken)
          calls.failed(taken, status.errorMessage)
        }
      }
    }
    while (!answered && waiting.size > 0 && !calls.signal.aborted) {
      look(this.engine.lastStatuses(), false)
      await Promise.race([push.catch(() => {}), sleep(lookEveryMs)])
    }
    const failure = await push.then(() => undefined, (error: unknown) => error as Error)
    const statuses = new Map<string, readonly ServableStatus[]>()
    if (waiting.size > 0) {
      await Promise.all([...new Set([...waiting].map(one => one.entry.model))].map(async model => {
        statuses.set(model, await this.engine.statuses(model, Date.now() + statusWithinMs).catch(() => []))
      }))
      look(statuses, true)
    }
    for (const taken of waiting) calls.failed(taken, failure?.message ?? 'the model server did not load it and gave no reason')
  }

  async #letGo (): Promise<void> {
    const gone = [...this.#taken].filter(({ found }) => !existsSync(found.folder))
    if (gone.length > 0) await this.#release(gone)
  }

  /** One list per model. A version whose folder is gone would have the whole push refused. */
  #lists (): ServableList[] {
    const lists = new Map<string, { name: string, basePath: string, versions: bigint[] }>()
    for (const { source: { name, basePath }, found } of this.#taken) {
      if (!existsSync(found.folder)) continue
      const list = lists.get(name) ?? { name, basePath, versions: [] }
      list.versions.push(found.version)
      lists.set(name, list)
    }
    return [...lists.values()]
  }
}
