// Brings what lies on disk into service and keeps it so: looks, decides for each model what shall be served, and has versions come and go. Knows no HTTP and no gRPC.
import { setMaxListeners } from 'node:events'
import type { Logger } from 'pino'
import type { ChangeNews } from '../changes/journal.js'
import { now } from '../clock.js'
import type { VersionPolicy } from '../config/text-proto.js'
import type { Engine, Unfit } from '../engine/engine.js'
import { OutriggerError } from '../errors.js'
import type { Registry, VersionEntry } from '../inference/registry.js'
import { holdPins, type HeldPins } from '../lock/pins.js'
import { Admission } from './admission.js'
import { Catalogue } from './catalogue.js'
import { begin, choose, chooseAtOnce, type Choice } from './chooser.js'
import { Departure } from './departure.js'
import type { EngineFor } from './engine-picker.js'
import type { GoLiveSteps } from './go-live.js'
import { KnownModel } from './known-model.js'
import { Labels } from './labels.js'
import { Looks, type Looked } from './looks.js'
import { OnDisk } from './on-disk.js'
import { isFault, type FoundModel, type ModelFault, type ModelSource, type RepositorySource } from './scan.js'
import { ownScanner, type Scanner } from './scanner.js'
import { Settling } from './settling.js'
import { SourceFaults } from './source-faults.js'
import type { TakenVersion } from './version.js'

export interface RepositoryOptions extends GoLiveSteps {
  readonly source: RepositorySource
  /** In place of each model's own version policy and labels. */
  readonly policy?: VersionPolicy
  readonly registry: Registry
  readonly log: Logger
  readonly engineFor: EngineFor
  /** Who looks at the disk; the thread that asks unless given. */
  readonly scanner?: Scanner
  /** Called when a version has gone live, with the seconds since its load began. */
  readonly onLive: (entry: VersionEntry, seconds: number) => void
  readonly onFailed?: (entry: VersionEntry) => void
  /** Told of every change, for the journal. */
  readonly record?: (news: ChangeNews) => void
  /** How long the loading of one version may take, in milliseconds. */
  readonly loadWithinMs: number
  /** How long a version's files must not have changed before it is taken in. */
  readonly settleMs?: () => number
  /** How long the requests of a version that goes may take. */
  readonly drainWithinMs?: () => number
  readonly labels?: Labels
  /** Monotonic, in milliseconds. */
  readonly now?: () => number
}

const defaultSettleMs = (): number => 2000
const defaultDrainWithinMs = (): number => 60_000
/** How long an engine may take to hear the list again. */
const repairWithinMs = 60_000

type Found = FoundModel | ModelFault

export class Repository {
  readonly #options: RepositoryOptions
  readonly #scanner: Scanner
  readonly #now: () => number
  readonly #catalogue: Catalogue
  readonly #departure: Departure
  readonly #admission: Admission
  readonly #settling: Settling
  readonly #onDisk: OnDisk
  readonly #faults: SourceFaults
  readonly #looks = new Looks(async (by, atOnce) => await this.#begin(by, atOnce))
  readonly #ending = new AbortController()
  /** Since when a model that was served is not in the source. */
  readonly #goneSince = new Map<string, number>()
  #first: { model: FoundModel, fresh: readonly TakenVersion[] }[] = []
  #loading = true

  constructor (options: RepositoryOptions) {
    const { log, record = () => {}, registry, labels = new Labels({ log }), scanner = ownScanner, settleMs = defaultSettleMs, now = () => performance.now() } = options
    const ending = this.#ending.signal
    // Every version that goes listens to it.
    setMaxListeners(0, ending)
    this.#options = options
    this.#scanner = scanner
    this.#now = now
    this.#settling = new Settling(settleMs, now)
    this.#onDisk = new OnDisk({ scanner, log, record, now })
    this.#faults = new SourceFaults(log)
    this.#catalogue = new Catalogue({ registry, labels, log, record, starting: () => this.#loading })
    this.#departure = new Departure({ catalogue: this.#catalogue, log, record, drainWithinMs: options.drainWithinMs ?? defaultDrainWithinMs, awayMs: settleMs, now, ending })
    this.#admission = new Admission({
      steps: options, scanner, catalogue: this.#catalogue, departure: this.#departure, log, record, onLive: options.onLive, onFailed: options.onFailed ?? (() => {}), loadWithinMs: options.loadWithinMs, ending
    })
  }

  /** What cannot be served and has no entry in the registry: models whose folder or settings are at fault, the repository itself when it cannot be read, what shall take the place of a version that serves and cannot. */
  faults (): readonly ModelFault[] { return [...this.#faults.list(), ...this.#catalogue.list().flatMap(model => model.faults())] }

  /** True until every version that was there at the start has gone live or failed, and older ones in place of those that failed. */
  loading (): boolean { return this.#loading }

  /** Finds the models and gives the registry an entry for each. Rejects with CONFIG_INVALID when the source itself cannot be read. */
  async find (): Promise<void> {
    const faults: ModelFault[] = []
    for (const one of await this.#look()) {
      if (isFault(one)) { faults.push(one); continue }
      const chosen = chooseAtOnce(one, this.#wantedLabels(one.source), undefined)
      this.#warnOfAbsent(one.source, chosen)
      const fresh = this.#adopt(one.source, { chosen, fresh: new Map(chosen.map(({ version }) => [version, undefined])) }, 'at start', faults)
      if (fresh.length > 0) this.#first.push({ model: one, fresh })
    }
    this.#faults.found(faults)
    if (this.#first.length === 0) this.#options.log.warn({ source: this.#options.source }, 'no model was found')
    for (const model of this.#catalogue.list()) this.#catalogue.publish(model, 'start')
  }

  /** Starts the engines that are needed and loads what was found. Resolves when each version is live or has failed, and each model whose newest failed has tried the older ones. */
  async load (): Promise<void> {
    try {
      await this.#admission.admit(this.#first.flatMap(({ fresh }) => fresh), 'start')
      await Promise.all(this.#first.map(async ({ model }) => { await this.#fallBack(model) }))
    } finally {
      this.#loading = false
      this.#first = []
    }
  }

  /**
   * Looks at the disk again and begins to make the service fit it; resolves once that is decided, with `done`, which resolves when what is to be
   * loaded is live or has failed. Calls that come while a look runs share the next. A model named in `atOnce` is not waited for to come to rest,
   * its failed versions are tried again, and changed files of those that serve are taken as successors. Never rejects.
   */
  async look (by: string, atOnce: readonly string[] = []): Promise<Looked> {
    return await this.#looks.ask(by, atOnce)
  }

  /** As `look`, and waits for what it began. */
  async sync (by: string, atOnce: readonly string[] = []): Promise<void> {
    const { done } = await this.look(by, atOnce)
    await done
  }

  /** Whether the model is served or lies in the source. */
  async knows (model: string): Promise<boolean> {
    if (this.#catalogue.get(model) !== undefined) return true
    return (await this.#look().catch(() => [])).some(one => nameOf(one) === model)
  }

  /** Names of all models that are known. */
  names (): string[] { return this.#catalogue.list().map(({ name }) => name) }

  /** Moves a label to a version that is available, at once for all requests, and keeps it. Rejects with MODEL_NOT_FOUND, MODEL_NOT_READY or DATA_DIR. */
  async moveLabel (name: string, label: string, version: bigint, by: string): Promise<{ from: bigint | undefined }> { return await this.#catalogue.moveLabel(name, label, version, by) }

  /** Holds a version that the engine has served against its pins, where it has any: see Recheck of engine.ts. */
  async recheck (engine: Engine, name: string, version: bigint): Promise<HeldPins | 'free' | 'away'> {
    const taken = this.#departure.listOf(engine).find(name, version)
    if (taken?.pins === undefined) return 'free'
    try {
      return await holdPins(taken.found.folder, taken.pins)
    } catch (error) {
      if (error instanceof OutriggerError) throw error
      this.#options.log.warn({ err: error, model: taken.entry.model, version: version.toString() }, 'the pinned files of a version cannot be read; its model server goes without it until they can')
      return 'away'
    }
  }

  /** Takes a version that did not pass `recheck` out of service, from this moment on. */
  refuse (engine: Engine, { name, version, error }: Unfit): void {
    const taken = this.#departure.listOf(engine).find(name, version)
    if (taken !== undefined) this.#admission.refuse(taken, error, `the ${engine.kind} model server`)
  }

  /** Ends waiting loads and closes every handler. */
  async close (): Promise<void> {
    this.#ending.abort()
    const versions = [...this.#catalogue.list().flatMap(model => model.all()), ...this.#departure.leaving()]
    await Promise.all([...new Set(versions)].map(async ({ entry }) => { await entry.handler?.close() }))
    await this.#scanner.close()
  }

  /** Resolves when every version that goes has gone. */
  async left (): Promise<void> { await this.#departure.left() }

  async #look (): Promise<readonly Found[]> {
    const { source, policy } = this.#options
    const found = await this.#scanner.look(source)
    return policy === undefined ? found : found.map(one => isFault(one) ? one : { ...one, source: { ...one.source, settings: { ...one.source.settings, policy, labels: new Map() } } })
  }

  #wantedLabels ({ name, settings }: ModelSource): Map<string, bigint> { return this.#catalogue.wantedLabels(name, settings.labels) }

  /** Older versions in place of newest ones that failed at the start, until one serves or none is left. */
  async #fallBack (found: FoundModel): Promise<void> {
    const { name } = found.source
    for (let model = this.#catalogue.get(name); model !== undefined && !this.#ending.signal.aborted; model = this.#catalogue.get(name)) {
      const { taken } = model
      const chosen = chooseAtOnce(found, this.#wantedLabels(found.source), model)
      const older = chosen.filter(({ version }) => !taken.has(version))
      if (older.length === 0) return
      this.#options.log.warn({ model: name, versions: older.map(({ version }) => version.toString()) }, 'older versions are loaded in place of newer ones that failed')
      await this.#admission.admit(this.#adopt(found.source, { chosen, fresh: new Map(older.map(({ version }) => [version, 'newer versions failed'])) }, 'at start', []), 'start')
    }
  }

  /** One look, and the begin of what follows from it. */
  async #begin (by: string, atOnce: ReadonlySet<string>): Promise<Looked> {
    if (this.#ending.signal.aborted) return { done: Promise.resolve() }
    try {
      return { done: this.#admission.admit(await this.#pass(by, atOnce), by) }
    } catch (error) {
      this.#options.log.error({ err: error }, 'the repository could not be looked at')
      return { done: Promise.resolve() }
    }
  }

  /** Compares what lies on disk with what is served: lets go what is to go at once, and returns what is to be loaded. */
  async #pass (by: string, atOnce: ReadonlySet<string>): Promise<TakenVersion[]> {
    let found: readonly Found[]
    try {
      found = await this.#look()
    } catch (error) {
      // What is loaded serves on: a share that is away for a while must not empty the service.
      this.#faults.unreadable((error as Error).message)
      return []
    }
    await this.#onDisk.note(this.#catalogue.list(), new Set(found.flatMap(one => isFault(one) ? [] : one.versions.map(({ folder }) => folder))), atOnce, by)
    const faults: ModelFault[] = []
    const fresh: TakenVersion[] = []
    const looked = new Set<string>()
    for (const one of found) {
      const known = this.#catalogue.get(nameOf(one))
      if (isFault(one)) { faults.push({ ...one, required: one.required && known?.required === true }); continue }
      try {
        const choice = await choose(one, known, {
          settling: this.#settling, labels: this.#wantedLabels(one.source), engineFor: this.#options.engineFor, fingerprints: this.#scanner.fingerprints, atOnce: atOnce.has(one.source.name), looked
        })
        fresh.push(...this.#adopt(one.source, choice, 'later', faults))
      } catch (error) {
        faults.push({ model: one.source.name, required: one.source.settings.required && known?.required === true, reason: (error as Error).message })
      }
    }
    this.#settling.keep(looked)
    this.#faults.found(faults)
    const named = new Set(found.map(nameOf))
    for (const model of this.#catalogue.list()) {
      if (named.has(model.name)) {
        this.#goneSince.delete(model.name)
        this.#departure.forgetFailed(model, by)
        this.#departure.settle(model, by, atOnce.has(model.name))
      } else this.#letGo(model, atOnce.has(model.name), by)
    }
    for (const list of this.#departure.lists()) {
      void list.repair(now() + repairWithinMs).catch((error: unknown) => { this.#options.log.warn({ err: error, engine: list.engine.kind }, 'the model server could not be told again what to serve') })
    }
    return fresh
  }

  /** Of a model that is not in the source any more: everything goes, once it has been away for so long that it is not on its way back (as when one is renamed into its place). */
  #letGo (model: KnownModel, atOnce: boolean, by: string): void {
    const since = this.#goneSince.get(model.name) ?? this.#now()
    this.#goneSince.set(model.name, since)
    if (!atOnce && this.#now() - since < (this.#options.settleMs ?? defaultSettleMs)()) return
    model.desired = new Set()
    this.#departure.retire(model, [...model.taken.values()], by)
    if (model.taken.size > 0) return
    this.#catalogue.forget(model.name)
    this.#goneSince.delete(model.name)
  }

  /** Notes what shall be served of a model; the versions to load are returned, with their entries. */
  #adopt (source: ModelSource, choice: Choice, when: 'at start' | 'later', faults: ModelFault[]): TakenVersion[] {
    const { name, basePath, settings } = source
    const known = this.#catalogue.get(name)
    if (choice.chosen.length === 0) {
      if (known !== undefined) { known.source = source; known.desired = new Set() }
      if ((known === undefined && when === 'at start') || (known?.taken.size === 0 && known.required)) faults.push({ model: name, required: settings.required, reason: `${basePath} holds no complete version folder that the version policy takes` })
      return []
    }
    const model = known ?? new KnownModel(source, when)
    model.source = source
    model.desired = new Set(choice.chosen.map(({ version }) => version))
    let fresh: TakenVersion[] = []
    try {
      fresh = begin(source, choice, this.#options.engineFor)
    } catch (error) {
      faults.push({ model: name, required: settings.required && model.required, reason: (error as Error).message })
    }
    for (const one of fresh) model.begin(one)
    if (model.taken.size > 0) this.#catalogue.add(model)
    return fresh
  }

  #warnOfAbsent ({ name, basePath, settings: { policy } }: ModelSource, chosen: Choice['chosen']): void {
    const absent = policy.kind === 'specific' ? policy.versions.filter(version => !chosen.some(found => found.version === version)) : []
    if (absent.length > 0 && chosen.length > 0) this.#options.log.warn({ model: name, versions: absent.map(String), basePath }, 'versions that are asked for are not there')
  }
}

const nameOf = (one: Found): string => isFault(one) ? one.model : one.source.name
