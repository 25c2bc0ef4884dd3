// Brings what lies on disk into service and keeps it so: takes versions in, switches routing from one to the next in one step, drains and unloads what goes. Knows no HTTP and no gRPC.
import { setMaxListeners } from 'node:events'
import { existsSync } from 'node:fs'
import type { Logger } from 'pino'
import type { ChangeNews } from '../changes/journal.js'
import type { VersionPolicy } from '../config/text-proto.js'
import type { Engine } from '../engine/engine.js'
import { OutriggerError } from '../errors.js'
import { idle } from '../inference/lease.js'
import type { Registry, VersionEntry } from '../inference/registry.js'
import { servableChecksum } from './checksum.js'
import { choose, chooseAtOnce } from './chooser.js'
import { EngineList, seenAvailable } from './engine-list.js'
import type { EngineFor } from './engine-picker.js'
import { fingerprint } from './fingerprint.js'
import { makeReady, type GoLiveSteps } from './go-live.js'
import { KnownModel } from './known-model.js'
import { Labels } from './labels.js'
import { findModels, type FoundVersion, type ModelFault, type ModelSource, type RepositorySource } from './scan.js'
import { Settling } from './settling.js'
import { takenVersion, type TakenVersion } from './version.js'

export interface RepositoryOptions extends GoLiveSteps {
  readonly source: RepositorySource
  /** In place of each model's own version policy and labels. */
  readonly policy?: VersionPolicy
  readonly registry: Registry
  readonly log: Logger
  readonly engineFor: EngineFor
  /** Called when a version has gone live, with the seconds since its load began. */
  readonly onLive: (entry: VersionEntry, seconds: number) => void
  readonly onFailed?: (entry: VersionEntry) => void
  /** Told of every change, for the journal. */
  readonly record?: (news: ChangeNews) => void
  /** How long the loading of the whole list may take, in milliseconds. */
  readonly loadWithinMs: number
  /** How long a version's files must not have changed before it is taken in. */
  readonly settleMs?: number
  /** How long the requests of a version that goes may take. */
  readonly drainWithinMs?: number
  readonly labels?: Labels
  /** Monotonic, in milliseconds. */
  readonly now?: () => number
}

const defaultSettleMs = 2000
const defaultDrainWithinMs = 60_000
/** How long an unloading may take. */
const dropWithinMs = 60_000

const isFault = (one: ModelSource | ModelFault): one is ModelFault => 'reason' in one

export class Repository {
  readonly #options: RepositoryOptions
  readonly #settleMs: number
  readonly #now: () => number
  readonly #labels: Labels
  readonly #settling: Settling
  readonly #models = new Map<string, KnownModel>()
  readonly #lists = new Map<Engine, EngineList>()
  /** Since when a folder that was served is not there. */
  readonly #goneSince = new Map<string, number>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #ending = new AbortController()
  #faults: ModelFault[] = []
  #first: readonly TakenVersion[] = []
  #loading = true
  #defaultIsOurs = false
  #turn = Promise.resolve()
  #waiting: { by: string, atOnce: Set<string>, result: Promise<void> } | undefined

  constructor (options: RepositoryOptions) {
    this.#options = options
    // Every version that goes listens to it.
    setMaxListeners(0, this.#ending.signal)
    this.#settleMs = options.settleMs ?? defaultSettleMs
    this.#now = options.now ?? (() => performance.now())
    this.#labels = options.labels ?? new Labels({ log: options.log })
    this.#settling = new Settling(this.#settleMs, this.#now)
  }

  /** What cannot be served and has no entry in the registry: models whose folder or settings are at fault, and the repository itself when it cannot be read. */
  faults (): readonly ModelFault[] { return this.#faults }

  /** True until every version that was there at the start has gone live or failed. */
  loading (): boolean { return this.#loading }

  /** Finds the models and gives the registry an entry for each. Throws CONFIG_INVALID when the source itself cannot be read. */
  find (): void {
    const faults: ModelFault[] = []
    const first: TakenVersion[] = []
    for (const one of this.#sources()) {
      if (isFault(one)) { faults.push(one); continue }
      const chosen = chooseAtOnce(one, this.#labels.wanted(one.name, one.settings.labels))
      this.#warnOfAbsent(one, chosen)
      first.push(...this.#adopt(one, chosen, new Set(chosen.map(({ version }) => version)), 'at start', faults))
    }
    this.#first = first
    this.#blame(faults)
    const names = new Set(first.map(({ entry }) => entry.model))
    if (names.size === 0) this.#options.log.warn({ source: this.#options.source }, 'no model was found')
    for (const model of this.#models.values()) this.#publish(model, 'start')
  }

  /** Starts the engines that are needed and loads what was found. Resolves when each version is live or has failed. */
  async load (): Promise<void> {
    await this.#queue(async () => {
      try {
        await this.#loadAll(this.#first, 'start')
      } finally {
        this.#loading = false
        this.#first = []
      }
    })
  }

  /**
   * Looks at the disk again and makes the service fit it; resolves when what was to be loaded is live or has failed. Calls that come while one
   * runs share the next. A model named in `atOnce` is not waited for to come to rest, and its failed versions are tried again. Never rejects.
   */
  async sync (by: string, atOnce: readonly string[] = []): Promise<void> {
    if (this.#waiting === undefined) {
      const waiting = { by, atOnce: new Set(atOnce), result: Promise.resolve() }
      this.#waiting = waiting
      waiting.result = this.#queue(async () => {
        this.#waiting = undefined
        if (this.#ending.signal.aborted) return
        await this.#pass(waiting.by, waiting.atOnce).catch((error: unknown) => { this.#options.log.error({ err: error }, 'the repository could not be looked at') })
      })
    } else {
      for (const name of atOnce) this.#waiting.atOnce.add(name)
      if (atOnce.length > 0) this.#waiting.by = by
    }
    await this.#waiting?.result
  }

  /** Whether the model is served or lies in the source. */
  knows (model: string): boolean {
    if (this.#models.has(model)) return true
    try {
      return this.#sources().some(one => (isFault(one) ? one.model : one.name) === model)
    } catch {
      return false
    }
  }

  /** Names of all models that are known. */
  names (): string[] { return [...this.#models.keys()] }

  /** Moves a label to a version that is available, at once for all requests, and keeps it. Rejects with MODEL_NOT_FOUND, MODEL_NOT_READY or DATA_DIR. */
  async moveLabel (name: string, label: string, version: bigint, by: string): Promise<{ from: bigint | undefined }> {
    const model = this.#models.get(name)
    if (model === undefined) throw new OutriggerError('MODEL_NOT_FOUND', `There is no model ${name}`, { model: name })
    const state = model.taken.get(version)?.entry.state
    if (state === undefined) throw new OutriggerError('MODEL_NOT_FOUND', `Model ${name} has no version ${version}; it has: ${[...model.taken.keys()].join(', ')}`, { model: name, version })
    if (state !== 'available') throw new OutriggerError('MODEL_NOT_READY', `Model ${name} version ${version} is not available; the label stays where it is`, { model: name, version })
    const from = model.labels.get(label)
    try {
      await this.#labels.move(name, label, version, model.source.settings.labels)
    } catch (cause) {
      throw new OutriggerError('DATA_DIR', `The label ${label} cannot be kept and stays where it is: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, { cause, model: name })
    }
    this.#publish(model, by)
    return { from }
  }

  /** Ends waiting loads and closes every handler. */
  async close (): Promise<void> {
    this.#ending.abort()
    await Promise.all([...this.#models.values()].flatMap(model => [...model.taken.values()]).map(async ({ entry }) => { await entry.handler?.close() }))
  }

  /** Resolves when every version that goes has gone. */
  async left (): Promise<void> { await Promise.all(this.#leaving) }

  async #queue (work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    await result
  }

  #sources (): (ModelSource | ModelFault)[] {
    const { source, policy } = this.#options
    const sources = findModels(source)
    return policy === undefined ? sources : sources.map(one => isFault(one) ? one : { ...one, settings: { ...one.settings, policy, labels: new Map() } })
  }

  async #pass (by: string, atOnce: ReadonlySet<string>): Promise<void> {
    const { log } = this.#options
    const faults: ModelFault[] = []
    const fresh: TakenVersion[] = []
    const looked = new Set<string>()
    let sources: (ModelSource | ModelFault)[]
    try {
      sources = this.#sources()
    } catch (error) {
      // What is loaded serves on: a share that is away for a while must not empty the service.
      this.#blame([...this.#faults.filter(({ model }) => model !== 'repository'), { model: 'repository', required: false, reason: (error as Error).message }])
      return
    }
    for (const one of sources) {
      if (isFault(one)) { faults.push({ ...one, required: one.required && this.#models.get(one.model)?.required === true }); continue }
      try {
        const known = this.#models.get(one.name)
        const labels = this.#labels.wanted(one.name, one.settings.labels)
        const { chosen, fresh: wanted } = await choose(one, known, { settling: this.#settling, labels, atOnce: atOnce.has(one.name), looked })
        fresh.push(...this.#adopt(one, chosen, wanted, 'later', faults))
      } catch (error) {
        log.warn({ err: error, model: one.name }, 'the model could not be looked at')
      }
    }
    this.#settling.keep(looked)
    this.#blame(faults)
    const named = new Set(sources.map(one => isFault(one) ? one.model : one.name))
    for (const model of this.#models.values()) {
      if (named.has(model.name) || !this.#isGone(model.name, true, atOnce.has(model.name))) continue
      model.desired = new Set()
      this.#retire(model, [...model.taken.values()], by)
      if (model.taken.size === 0) this.#models.delete(model.name)
    }
    for (const name of named) this.#goneSince.delete(name)
    for (const model of this.#models.values()) if (named.has(model.name)) this.#settle(model, by, atOnce.has(model.name))
    await this.#loadAll(fresh, by)
    for (const model of this.#models.values()) if (named.has(model.name)) this.#settle(model, by, atOnce.has(model.name))
  }

  /** Notes what shall be served of a model; the versions to load are returned, with their entries. */
  #adopt (source: ModelSource, chosen: readonly FoundVersion[], fresh: ReadonlySet<bigint>, when: 'at start' | 'later', faults: ModelFault[]): TakenVersion[] {
    const { name, basePath, settings } = source
    const known = this.#models.get(name)
    if (chosen.length === 0) {
      if (known !== undefined) { known.source = source; known.desired = new Set() }
      if ((known === undefined && when === 'at start') || (known?.taken.size === 0 && known.required)) faults.push({ model: name, required: settings.required, reason: `${basePath} holds no complete version folder that the version policy takes` })
      return []
    }
    const model = known ?? new KnownModel(source, when)
    model.source = source
    model.desired = new Set(chosen.map(({ version }) => version))
    const taken: TakenVersion[] = []
    try {
      for (const found of chosen) {
        if (fresh.has(found.version)) taken.push(takenVersion(source, found, this.#options.engineFor(found.format, settings.engine), when === 'later'))
      }
    } catch (error) {
      faults.push({ model: name, required: settings.required && model.required, reason: (error as Error).message })
    }
    for (const one of taken) model.taken.set(one.found.version, one)
    if (model.taken.size > 0) this.#models.set(name, model)
    return taken
  }

  #warnOfAbsent ({ name, basePath, settings: { policy } }: ModelSource, chosen: readonly FoundVersion[]): void {
    const absent = policy.kind === 'specific' ? policy.versions.filter(version => !chosen.some(found => found.version === version)) : []
    if (absent.length > 0 && chosen.length > 0) this.#options.log.warn({ model: name, versions: absent.map(String), basePath }, 'versions that are asked for are not there')
  }

  /** Takes over the faults of this look, and tells those that are new. */
  #blame (faults: ModelFault[]): void {
    const known = new Set(this.#faults.map(({ model, reason }) => `${model}\n${reason}`))
    for (const fault of faults) if (!known.has(`${fault.model}\n${fault.reason}`)) this.#options.log.error(fault, fault.model === 'repository' ? 'the repository cannot be read; what is loaded serves on' : 'model cannot be served')
    this.#faults = faults
  }

  #listOf (engine: Engine): EngineList {
    let list = this.#lists.get(engine)
    if (list === undefined) {
      this.#lists.set(engine, list = new EngineList(engine, async gone => {
        await Promise.all(gone.map(async taken => {
          const model = this.#models.get(taken.entry.model)
          if (model !== undefined && taken.entry.state === 'available') this.#retire(model, [taken], 'its folder is gone')
          await idle(taken.entry, this.#options.drainWithinMs ?? defaultDrainWithinMs, this.#ending.signal)
        }))
      }))
    }
    return list
  }

  /** Loads versions on their engines, each going live as soon as it can; failed ones are taken off the engines again. */
  async #loadAll (fresh: readonly TakenVersion[], by: string): Promise<void> {
    const began = performance.now()
    const finishing: Promise<void>[] = []
    const replaced = new Map(fresh.map(({ entry: { model } }) => [model, this.#models.get(model)?.newest()]))
    await Promise.all(fresh.map(async taken => { taken.files = (await fingerprint(taken.found.folder))?.print }))
    await Promise.all([...groupByEngine(fresh)].map(async ([engine, list]) => {
      await this.#listOf(engine).load(list, Date.now() + this.#options.loadWithinMs, {
        available: taken => { finishing.push(this.#finish(taken, replaced.get(taken.entry.model), began, by)) },
        failed: (taken, reason, error) => { this.#fail(taken, reason, by, error) },
        signal: this.#ending.signal
      })
    }))
    await Promise.all(finishing)
    const failed = fresh.filter(({ entry }) => entry.state === 'failed')
    await Promise.all([...new Set(failed.map(({ entry }) => entry.engine))].map(async engine => {
      await this.#drop(engine, failed.filter(({ entry }) => entry.engine === engine))
    }))
  }

  async #finish (taken: TakenVersion, replaced: VersionEntry | undefined, began: number, by: string): Promise<void> {
    const { entry, found } = taken
    const { log } = this.#options
    try {
      // An older version beside a newer one takes nobody's place.
      await makeReady(taken, replaced !== undefined && (replaced.version < entry.version || !this.#models.get(entry.model)!.desired.has(replaced.version)) ? replaced : undefined, this.#options)
      // Else health would doubt the new version while the old one is not asked any more.
      await seenAvailable(entry, this.#ending.signal)
    } catch (error) {
      await entry.handler?.close().catch(() => {})
      entry.handler = undefined
      this.#fail(taken, (error as Error).message, by, error)
      return
    }
    if (this.#ending.signal.aborted) { await entry.handler?.close(); return }
    const model = this.#models.get(entry.model)!
    entry.state = 'available'
    model.wasLive()
    this.#options.onLive(entry, (performance.now() - began) / 1000)
    log.info({ model: entry.model, version: entry.version.toString(), format: entry.format, engine: entry.engine.kind, handler: entry.handler !== undefined, by }, 'version is live')
    this.#options.record?.({ what: 'version-live', model: entry.model, from: replaced?.version.toString() ?? null, to: entry.version.toString(), by })
    this.#settle(model, by, false)
    servableChecksum(found.folder).then(sum => { entry.checksum = sum }, (error: unknown) => log.warn({ error, model: entry.model, version: entry.version.toString() }, 'checksum could not be computed'))
  }

  #fail ({ entry }: TakenVersion, reason: string, by: string, error?: unknown): void {
    entry.state = 'failed'
    entry.reason = reason
    const serving = this.#models.get(entry.model)?.newest()?.version.toString() ?? null
    this.#options.log.error({ model: entry.model, version: entry.version.toString(), reason, serving, error: error instanceof OutriggerError ? error.cause : error }, 'version cannot be served')
    this.#options.onFailed?.(entry)
    this.#options.record?.({ what: 'version-failed', model: entry.model, from: serving, to: entry.version.toString(), by, reason })
  }

  /** Routes the model's requests to what shall serve them, in one step, and lets go what is not wanted any more: nothing before one of the wanted versions is available and none is on its way. */
  #settle (model: KnownModel, by: string, atOnce: boolean): void {
    const taken = [...model.taken.values()]
    const wanted = taken.filter(({ found }) => model.desired.has(found.version))
    const replacedBy = wanted.some(({ entry }) => entry.state === 'available') && !wanted.some(({ entry }) => entry.state === 'loading')
    this.#label(model, by)
    const labelled = new Set(model.labels.values())
    const leaving = taken.filter(({ entry, found }) => {
      if (model.desired.has(found.version)) { this.#goneSince.delete(found.folder); return false }
      if (entry.state === 'failed') return true
      if (entry.state !== 'available') return false
      if (this.#isGone(found.folder, !existsSync(found.folder), atOnce)) return true
      return replacedBy && !labelled.has(found.version) && existsSync(found.folder)
    })
    this.#retire(model, leaving, by)
  }

  /** Whether a folder has been away for so long that it is not on its way back (as when one is renamed into its place). */
  #isGone (what: string, away: boolean, atOnce: boolean): boolean {
    if (!away) { this.#goneSince.delete(what); return false }
    const since = this.#goneSince.get(what) ?? this.#now()
    this.#goneSince.set(what, since)
    return atOnce || this.#now() - since >= this.#settleMs
  }

  /** Takes versions out of service: no new requests from this moment, and unloaded once those under way have ended. */
  #retire (model: KnownModel, leaving: readonly TakenVersion[], by: string): void {
    for (const taken of leaving) {
      const { entry, found } = taken
      if (entry.state === 'failed') { model.taken.delete(found.version); continue }
      if (entry.state === 'draining') continue
      entry.state = 'draining'
      const gone = this.#leave(model, taken, by).catch((error: unknown) => { this.#options.log.error({ err: error, model: model.name, version: found.version.toString() }, 'the version could not be unloaded cleanly') })
      this.#leaving.add(gone)
      void gone.finally(() => { this.#leaving.delete(gone); this.#goneSince.delete(found.folder) })
    }
    this.#publish(model, by)
  }

  async #leave (model: KnownModel, taken: TakenVersion, by: string): Promise<void> {
    const { entry } = taken
    const version = entry.version.toString()
    const { log, drainWithinMs = defaultDrainWithinMs } = this.#options
    if (!await idle(entry, drainWithinMs, this.#ending.signal)) log.warn({ model: model.name, version, drainWithinMs }, 'requests of a version that goes take too long; it is unloaded all the same')
    if (this.#ending.signal.aborted) return
    await this.#drop(entry.engine, [taken])
    await entry.handler?.close()
    model.taken.delete(entry.version)
    this.#publish(model, by)
    log.info({ model: model.name, version, by }, 'version is unloaded')
    this.#options.record?.({ what: 'version-removed', model: model.name, from: version, to: model.newest()?.version.toString() ?? null, by })
  }

  async #drop (engine: Engine, dropped: readonly TakenVersion[]): Promise<void> {
    await this.#listOf(engine).drop(dropped, Date.now() + dropWithinMs).catch((error: unknown) => {
      if (!this.#ending.signal.aborted) this.#options.log.warn({ err: error, engine: engine.kind }, 'the model server could not be told what to serve')
    })
  }

  #label (model: KnownModel, by: string): void {
    for (const { label, from, to } of model.label(this.#labels.wanted(model.name, model.source.settings.labels))) {
      if (this.#loading) continue
      this.#options.log.info({ model: model.name, label, from: from?.toString(), to: to?.toString(), by }, 'label moved')
      this.#options.record?.({ what: 'label-moved', model: `${model.name}/labels/${label}`, from: from?.toString() ?? null, to: to?.toString() ?? null, by })
    }
  }

  /** One atomic step of the registry: requests see the model as it was or as it is now. */
  #publish (model: KnownModel, by: string): void {
    const { registry } = this.#options
    this.#label(model, by)
    if (model.taken.size > 0) registry.put(model.entry())
    else {
      registry.delete(model.name)
      if (!model.required) this.#models.delete(model.name)
    }
    const [only, second] = this.#models.keys()
    if (registry.defaultModel === undefined || this.#defaultIsOurs) {
      registry.defaultModel = second === undefined ? only : undefined
      this.#defaultIsOurs = true
    }
  }
}

function groupByEngine (versions: readonly TakenVersion[]): Map<Engine, TakenVersion[]> {
  const groups = new Map<Engine, TakenVersion[]>()
  for (const one of versions) groups.set(one.entry.engine, [...groups.get(one.entry.engine) ?? [], one])
  return groups
}
