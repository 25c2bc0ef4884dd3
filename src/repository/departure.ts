// How versions leave: not routed to from one moment on, unloaded once their requests have ended, their handlers closed last. Decides which may go, not which are wanted.
import type { Logger } from 'pino'
import type { ChangeNews } from '../changes/journal.js'
import { now } from '../clock.js'
import type { Engine } from '../engine/engine.js'
import { idle } from '../inference/lease.js'
import type { Catalogue } from './catalogue.js'
import { EngineList } from './engine-list.js'
import type { KnownModel } from './known-model.js'
import type { TakenVersion } from './version.js'

export interface DepartureOptions {
  readonly catalogue: Catalogue
  readonly log: Logger
  readonly record: (news: ChangeNews) => void
  /** How long the requests of a version that goes may take. */
  readonly drainWithinMs: () => number
  /** How long a folder must have been away before its version goes. */
  readonly awayMs: () => number
  /** Monotonic, in milliseconds. */
  readonly now: () => number
  /** Fires at the end of the service: nothing is waited for any more. */
  readonly ending: AbortSignal
}

/** How long an unloading may take. */
const dropWithinMs = 60_000

export class Departure {
  readonly #options: DepartureOptions
  readonly #lists = new Map<Engine, EngineList>()
  readonly #leaving = new Map<TakenVersion, Promise<void>>()

  constructor (options: DepartureOptions) { this.#options = options }

  /** The list of what an engine is told to serve. */
  listOf (engine: Engine): EngineList {
    let list = this.#lists.get(engine)
    if (list === undefined) {
      this.#lists.set(engine, list = new EngineList(engine, async gone => {
        await Promise.all(gone.map(async taken => {
          const model = this.#options.catalogue.get(taken.entry.model)
          if (model !== undefined && taken.entry.state === 'available') this.retire(model, [taken], 'its folder is gone')
          await idle(taken.entry, this.#options.drainWithinMs(), this.#options.ending)
        }))
      }))
    }
    return list
  }

  /** The lists of all engines that were ever told anything. */
  lists (): EngineList[] { return [...this.#lists.values()] }

  /** Versions that are on their way out. */
  leaving (): TakenVersion[] { return [...this.#leaving.keys()] }

  /** Resolves when every version that goes has gone. */
  async left (): Promise<void> { await Promise.all(this.#leaving.values()) }

  /**
   * Routes the model's requests to what shall serve them, in one step, and lets go what is not wanted any more: nothing before one of the wanted
   * versions is available and none is on its way, unless its folder has been away for long enough (`atOnce`: is away).
   */
  settle (model: KnownModel, by: string, atOnce: boolean): void {
    const wanted = [...model.taken.values()].filter(({ entry }) => model.desired.has(entry.version))
    const replaced = wanted.some(({ entry }) => entry.state === 'available') && !wanted.some(({ entry }) => entry.state === 'loading')
    this.#options.catalogue.putLabels(model, by)
    const labelled = new Set(model.labels.values())
    const leaving = [...model.taken.values()].filter(taken => {
      const { entry: { state, version }, goneSince } = taken
      if (model.desired.has(version) || state !== 'available') return false
      if (goneSince !== undefined) return atOnce || this.#options.now() - goneSince >= this.#options.awayMs()
      return replaced && !labelled.has(version)
    })
    this.retire(model, leaving, by)
  }

  /** Forgets versions that failed and are not wanted any more. */
  forgetFailed (model: KnownModel, by: string): void {
    const failed = [...model.taken.values()].filter(({ entry: { state, version } }) => state === 'failed' && !model.desired.has(version))
    if (failed.length > 0) this.retire(model, failed, by)
  }

  /** Takes versions of the model out of service: no new requests from this moment, and unloaded once those under way have ended. What still loads is left to its own end. */
  retire (model: KnownModel, leaving: readonly TakenVersion[], by: string): void {
    for (const taken of leaving) {
      const { entry } = taken
      if (entry.state === 'failed') model.taken.delete(entry.version)
      else if (entry.state === 'available') this.release(model, taken, by)
    }
    this.#options.catalogue.publish(model, by)
  }

  /** As `retire`, for one that may not be the model's own of its number any more, and without a step in the registry. */
  release (model: KnownModel, taken: TakenVersion, by: string): void {
    const { entry } = taken
    entry.state = 'draining'
    const gone = this.#leave(model, taken, by).catch((error: unknown) => { this.#options.log.error({ err: error, model: model.name, version: entry.version.toString() }, 'the version could not be unloaded cleanly') })
    this.#leaving.set(taken, gone)
    void gone.finally(() => { this.#leaving.delete(taken) })
  }

  /** Of a version that failed while it served: no later list names it, and its handler is closed once nobody is in it. Never rejects. */
  async expel (taken: TakenVersion): Promise<void> {
    const { entry } = taken
    const dropped = this.drop(entry.engine, [taken])
    await idle(entry, this.#options.drainWithinMs(), this.#options.ending)
    await entry.handler?.close().catch(() => {})
    await dropped
  }

  /** Has the engine unload versions. Never rejects: what is told next leaves them out as well. */
  async drop (engine: Engine, dropped: readonly TakenVersion[]): Promise<void> {
    await this.listOf(engine).drop(dropped, now() + dropWithinMs).catch((error: unknown) => {
      if (!this.#options.ending.aborted) this.#options.log.warn({ err: error, engine: engine.kind }, 'the model server could not be told what to serve')
    })
  }

  async #leave (model: KnownModel, taken: TakenVersion, by: string): Promise<void> {
    const { entry } = taken
    const version = entry.version.toString()
    const { catalogue, log, record, ending } = this.#options
    const drainWithinMs = this.#options.drainWithinMs()
    if (!await idle(entry, drainWithinMs, ending)) log.warn({ model: model.name, version, drainWithinMs }, 'requests of a version that goes take too long; it is unloaded all the same')
    if (ending.aborted) return
    await this.drop(entry.engine, [taken])
    await entry.handler?.close()
    log.info({ model: model.name, version, engine: entry.engine.kind, by }, 'version is unloaded')
    if (model.taken.get(entry.version) !== taken) return
    model.taken.delete(entry.version)
    model.changed.delete(entry.version)
    catalogue.publish(model, by)
    record({ what: 'version-removed', model: model.name, from: version, to: model.newest()?.version.toString() ?? null, by })
  }
}
