// What one engine is told to serve: the full list of versions at every push, in order and no more pushes at once than the engine takes, so that many changes share one. Knows no registry.
import { access } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../clock.js'
import type { Engine, ServableList, ServableStatus } from '../engine/engine.js'
import { OutriggerError } from '../errors.js'
import { servableName, type VersionEntry } from '../inference/registry.js'
import type { TakenVersion } from './version.js'

/** How often the states of versions that are loading are looked at: as the probe saw them, and by asking. */
const lookEveryMs = 25
const askEveryMs = 100
/** How long one question for states may take. */
const statusWithinMs = 30_000
/** How long an engine that has answered a push may not know a version of it: it takes up new versions of a known model some time after. */
const unknownWithinMs = 5000
/** The probe looks about twice a second. */
const seenWithinMs = 3000

type Statuses = readonly ServableStatus[] | undefined

const statusOf = ({ entry: { version } }: TakenVersion, statuses: Statuses): ServableStatus | undefined => statuses?.find(status => status.version === version)

const isThere = async (folder: string): Promise<boolean> => await access(folder).then(() => true, () => false)

/** Resolves once the engine's probe has seen the version AVAILABLE, which health goes by; after a while also without. */
export async function seenAvailable (entry: VersionEntry, signal: AbortSignal): Promise<void> {
  const end = performance.now() + seenWithinMs
  while (performance.now() < end && !signal.aborted) {
    if (entry.engine.lastStatuses().get(servableName(entry))?.some(status => status.version === entry.version && status.state === 'AVAILABLE') === true) return
    await sleep(lookEveryMs)
  }
}

export class EngineList {
  readonly engine: Engine
  readonly #taken = new Set<TakenVersion>()
  readonly #release: (gone: readonly TakenVersion[]) => Promise<void>
  /** Names and numbers that the engine was told of: what it says of one of them may be said of the past. */
  readonly #used = new Set<string>()
  /** Available versions of which the engine knew nothing at the last repair. */
  #lost: ReadonlySet<TakenVersion> = new Set()
  #repairing = false
  /** Resolves when the last push was handed to the engine. */
  #turn = Promise.resolve()
  /** Those that the engine has, until it answers. */
  readonly #underWay = new Set<Promise<void>>()
  #next: { deadline: number, result: Promise<void> } | undefined

  /** `release` is called before a push with listed versions whose folders are gone, which a push cannot name: it resolves once nobody uses them. */
  constructor (engine: Engine, release: (gone: readonly TakenVersion[]) => Promise<void>) {
    this.engine = engine
    this.#release = release
  }

  /**
   * Has the engine load the version beside all others, and resolves when it says AVAILABLE. Rejects with the reason when it does not;
   * the version stays listed until `drop`. `deadline` by clock.ts.
   */
  async load (taken: TakenVersion, deadline: number, signal: AbortSignal): Promise<void> {
    const { entry } = taken
    await this.engine.start()
    this.#name(taken)
    this.#taken.add(taken)
    let failure: Error | undefined
    let answered = false
    const push = this.#push(deadline).catch((error: unknown) => { failure = error as Error }).finally(() => { answered = true })
    while (!answered && !signal.aborted) {
      if (isAvailable(statusOf(taken, this.engine.lastStatuses().get(servableName(entry))))) return
      await Promise.race([push, sleep(lookEveryMs)])
    }
    for (let unknownSince = performance.now(); !signal.aborted;) {
      const statuses = await this.engine.statuses(servableName(entry), Math.min(deadline, now() + statusWithinMs)).catch(() => undefined)
      const status = statusOf(taken, statuses)
      if (isAvailable(status)) return
      if (status !== undefined) unknownSince = performance.now()
      const late = now() > deadline
      if (late || performance.now() - unknownSince > unknownWithinMs || (failure !== undefined && status === undefined)) {
        throw failure ?? new OutriggerError('MODEL_FAILED', late ? 'the model server did not load it in time' : 'the model server did not load it and gave no reason')
      }
      await sleep(askEveryMs)
    }
    throw new OutriggerError('SERVICE_DRAINING', 'the service is shutting down')
  }

  /** The version that the engine knows by this name and number. */
  find (name: string, version: bigint): TakenVersion | undefined { return [...this.#taken].find(({ entry }) => entry.version === version && servableName(entry) === name) }

  /** Pushes the list without these. Rejects like the engine's push; they are off the list all the same. */
  async drop (dropped: readonly TakenVersion[], deadline: number): Promise<void> {
    let listed = false
    for (const taken of dropped) listed = this.#taken.delete(taken) || listed
    if (listed) await this.#push(deadline)
  }

  /**
   * Tells the engine the list again if it runs and twice in a row knows nothing of an available version whose folder is there: so one that was
   * restarted while the folder was away. Rejects like the engine's push. One at a time; while it runs, further calls do nothing.
   */
  async repair (deadline: number): Promise<void> {
    if (this.#repairing) return
    const known = this.engine.lastStatuses()
    const lost = [...this.#taken].filter(({ entry }) => entry.state === 'available' && !known.get(servableName(entry))?.some(({ version, state }) => version === entry.version && state !== 'END'))
    const again = lost.filter(taken => this.#lost.has(taken))
    this.#lost = new Set(lost)
    if (again.length === 0 || this.engine.report().state !== 'running') return
    this.#repairing = true
    try {
      if ((await Promise.all(again.map(async ({ found }) => await isThere(found.folder)))).includes(true)) await this.#push(deadline)
    } finally {
      this.#repairing = false
    }
  }

  /** A name under which the engine never heard of this number, and which stands for no other folder: the model's own, if it will do. */
  #name ({ source: { name, basePath }, entry }: TakenVersion): void {
    const others = [...this.#taken]
    for (let n = 1; ; n++) {
      const servable = n === 1 ? name : `${name}~${n}`
      if (this.#used.has(`${servable}/${entry.version}`) || others.some(one => servableName(one.entry) === servable && one.source.basePath !== basePath)) continue
      this.#used.add(`${servable}/${entry.version}`)
      if (n > 1) entry.servable = servable
      return
    }
  }

  /** A push of the list as it will be when its turn comes; all that is asked for until then shares it. */
  async #push (deadline: number): Promise<void> {
    if (this.#next === undefined) {
      const next = { deadline, result: Promise.resolve() }
      this.#next = next
      const handed = this.#turn.then(async () => {
        while (this.#underWay.size >= this.engine.pushesAtOnce) await Promise.race(this.#underWay)
        this.#next = undefined
        const gone = (await this.#sorted()).gone
        if (gone.length > 0) await this.#release(gone)
        const result = this.engine.push(listsOf((await this.#sorted()).there), next.deadline)
        const over: Promise<void> = result.catch(() => {}).then(() => { this.#underWay.delete(over) })
        this.#underWay.add(over)
        return { result }
      })
      next.result = handed.then(async ({ result }) => { await result })
      this.#turn = handed.then(() => {}, () => {})
    } else this.#next.deadline = Math.max(this.#next.deadline, deadline)
    await this.#next.result
  }

  /** What is listed, by whether its folder is there. */
  async #sorted (): Promise<{ there: TakenVersion[], gone: TakenVersion[] }> {
    const taken = [...this.#taken]
    const present = await Promise.all(taken.map(async ({ found }) => await isThere(found.folder)))
    return { there: taken.filter((_one, i) => present[i]), gone: taken.filter((_one, i) => !present[i]) }
  }
}

/** One list per name. */
function listsOf (versions: readonly TakenVersion[]): ServableList[] {
  const lists = new Map<string, { name: string, basePath: string, versions: bigint[] }>()
  for (const { source: { basePath }, entry } of versions) {
    const name = servableName(entry)
    const list = lists.get(name) ?? { name, basePath, versions: [] }
    list.versions.push(entry.version)
    lists.set(name, list)
  }
  return [...lists.values()]
}

/** Throws the reason of a load that has failed. */
function isAvailable (status: ServableStatus | undefined): boolean {
  if (status?.state === 'END' && status.errorCode !== 0) throw new OutriggerError('MODEL_FAILED', status.errorMessage)
  return status?.state === 'AVAILABLE'
}
