// Brings what lies on disk into service: picks an engine per model, pushes the list, loads handlers, and publishes each version to the registry. Knows no HTTP and no gRPC.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Engine, EngineKind, ServableList, ServableStatus } from '../engine/engine.js'
import { OutriggerError } from '../errors.js'
import type { VersionHandler } from '../handlers/version-handler.js'
import type { ModelEntry, Registry, VersionEntry } from '../inference/registry.js'
import type { Signature } from '../tensor/tensor.js'
import { fileChecksum, servableChecksum } from './checksum.js'
import { chooseVersions, findModels, findVersions, type FoundVersion, type ModelFault, type ModelSource, type RepositorySource } from './scan.js'

export interface RepositoryOptions {
  readonly source: RepositorySource
  readonly registry: Registry
  readonly log: Logger
  /** The engine for a format, started when first asked for. Throws CONFIG_INVALID where that engine's program is missing. */
  readonly engineFor: (format: string, wish: 'tensorflow' | 'embedded' | 'auto' | undefined) => Engine
  readonly signaturesOf: (engine: Engine, model: string, version: bigint, deadline: number) => Promise<ReadonlyMap<string, Signature>>
  readonly loadHandler: (model: ModelSource, version: FoundVersion, entry: VersionEntry) => Promise<VersionHandler>
  /** The signatures whose calls change the model's state. */
  readonly assigningSignatures: (version: FoundVersion) => Promise<ReadonlySet<string>>
  /** Called when a version has gone live, with the seconds since its load began. */
  readonly onLive: (entry: VersionEntry, seconds: number) => void
  /** How long the loading of the whole list may take, in milliseconds. */
  readonly loadWithinMs: number
}

/** How often the states of versions that are loading are looked at. */
const lookEveryMs = 25
/** How long one description of a loaded servable may take. */
const describeWithinMs = 30_000

interface Candidate { readonly source: ModelSource, readonly found: FoundVersion, readonly entry: VersionEntry }

const isFault = (one: ModelSource | ModelFault): one is ModelFault => 'reason' in one

export class Repository {
  readonly #options: RepositoryOptions
  #faults: ModelFault[] = []
  #found: readonly Candidate[] = []
  #loading = true
  readonly #ending = new AbortController()

  constructor (options: RepositoryOptions) { this.#options = options }

  /** Models that have no entry in the registry because their folder or settings are at fault. */
  faults (): readonly ModelFault[] { return this.#faults }

  /** True until every version that was found has gone live or failed. */
  loading (): boolean { return this.#loading }

  /** Finds the models and gives the registry an entry for each. Throws CONFIG_INVALID when the source itself cannot be read. */
  find (): void {
    this.#found = this.#candidates()
    this.#publish(this.#found)
  }

  /** Starts the engines that are needed and loads what was found. Resolves when each version is live or has failed. */
  async load (): Promise<void> {
    try {
      await Promise.all([...groupByEngine(this.#found)].map(async ([engine, list]) => await this.#loadOn(engine, list)))
    } finally {
      this.#loading = false
    }
  }

  /** Ends waiting loads and closes every handler. */
  async close (): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#options.registry.list().flatMap(model => model.versions).map(async entry => {
      await entry.handler?.close()
    }))
  }

  #candidates (): Candidate[] {
    const { registry, engineFor, log } = this.#options
    const candidates: Candidate[] = []
    for (const one of findModels(this.#options.source)) {
      if (isFault(one)) { this.#fault(one); continue }
      const { name, basePath, settings } = one
      const chosen = chooseVersions(settings.policy, findVersions(basePath))
      if (settings.policy.kind === 'specific') {
        const absent = settings.policy.versions.filter(version => !chosen.some(found => found.version === version))
        if (absent.length > 0 && chosen.length > 0) log.warn({ model: name, versions: absent.map(String), basePath }, 'versions that are asked for are not there')
      }
      if (chosen.length === 0) {
        this.#fault({ model: name, required: settings.required, reason: `${basePath} holds no complete version folder that the version policy takes` })
        continue
      }
      for (const found of chosen) {
        let engine: Engine
        try {
          engine = engineFor(found.format, settings.engine)
        } catch (error) {
          this.#fault({ model: name, required: settings.required, reason: (error as Error).message })
          break
        }
        const entry: VersionEntry = {
          model: name, version: found.version, folder: found.folder, format: found.format, engine, state: 'loading', reason: undefined, signatures: new Map(), handler: undefined, checksum: undefined, handlerChecksum: undefined, mayResend: () => false
        }
        candidates.push({ source: one, found, entry })
      }
    }
    if (candidates.length === 0) log.warn({ source: this.#options.source }, 'no model was found')
    if (registry.defaultModel === undefined && candidates.length > 0 && new Set(candidates.map(one => one.source.name)).size === 1) registry.defaultModel = candidates[0]!.source.name
    return candidates
  }

  #fault (fault: ModelFault): void {
    this.#faults.push(fault)
    this.#options.log.error(fault, 'model cannot be served')
  }

  #publish (candidates: readonly Candidate[]): void {
    const models = new Map<string, ModelEntry & { versions: VersionEntry[] }>()
    for (const { source: { name, settings }, entry } of candidates) {
      const model = models.get(name) ?? { name, required: settings.required, timeoutMs: settings.timeoutMs, versions: [], labels: settings.labels }
      model.versions.push(entry)
      models.set(name, model)
    }
    for (const model of models.values()) this.#options.registry.put(model)
  }

  /** Pushes an engine's whole list, and takes each version live as soon as the engine has it, without waiting for slower ones. */
  async #loadOn (engine: Engine, candidates: readonly Candidate[]): Promise<void> {
    const began = performance.now()
    const deadline = Date.now() + this.#options.loadWithinMs
    try {
      await engine.start()
    } catch (error) {
      for (const candidate of candidates) this.#fail(candidate, (error as Error).message, error)
      return
    }
    const waiting = new Set(candidates)
    const finishing: Promise<void>[] = []
    let answered = false
    const push = engine.push(servableLists(candidates), deadline).finally(() => { answered = true })
    push.catch(() => {})
    const look = (statuses: ReadonlyMap<string, readonly ServableStatus[]>): void => {
      for (const candidate of waiting) {
        const status = statuses.get(candidate.entry.model)?.find(({ version }) => version === candidate.entry.version)
        if (status?.state === 'AVAILABLE') {
          waiting.delete(candidate)
          finishing.push(this.#finish(candidate, began))
        } else if (status?.state === 'END' && status.errorCode !== 0) {
          waiting.delete(candidate)
          this.#fail(candidate, status.errorMessage)
        }
      }
    }
    while (!answered && waiting.size > 0 && !this.#ending.signal.aborted) {
      look(engine.lastStatuses())
      await Promise.race([push.catch(() => {}), sleep(lookEveryMs)])
    }
    const failure = await push.then(() => undefined, (error: unknown) => error as Error)
    const statuses = new Map<string, readonly ServableStatus[]>()
    if (waiting.size > 0) {
      await Promise.all([...new Set([...waiting].map(one => one.entry.model))].map(async model => {
        statuses.set(model, await engine.statuses(model, Date.now() + describeWithinMs).catch(() => []))
      }))
      look(statuses)
    }
    for (const candidate of waiting) this.#fail(candidate, failure?.message ?? 'the model server did not load it and gave no reason')
    await Promise.all(finishing)
  }

  async #finish (candidate: Candidate, began: number): Promise<void> {
    const { entry, found, source } = candidate
    const { log, signaturesOf, loadHandler, assigningSignatures } = this.#options
    try {
      entry.signatures = await signaturesOf(entry.engine, entry.model, entry.version, Date.now() + describeWithinMs)
      const assigning = source.settings.retry === undefined ? await assigningSignatures(found) : new Set()
      entry.mayResend = signature => source.settings.retry !== false && !assigning.has(signature === '' ? 'serving_default' : signature)
      if (found.handlerFile !== undefined) {
        entry.handlerChecksum = await fileChecksum(found.handlerFile)
        entry.handler = await loadHandler(source, found, entry)
      }
      if (this.#ending.signal.aborted) { await entry.handler?.close(); return }
      entry.state = 'available'
      this.#options.onLive(entry, (performance.now() - began) / 1000)
      log.info({ model: entry.model, version: entry.version.toString(), format: entry.format, engine: entry.engine.kind, handler: entry.handler !== undefined }, 'version is live')
    } catch (error) {
      this.#fail(candidate, (error as Error).message, error)
      return
    }
    servableChecksum(found.folder).then(sum => { entry.checksum = sum }, (error: unknown) => log.warn({ error, model: entry.model, version: entry.version.toString() }, 'checksum could not be computed'))
  }

  #fail ({ entry }: Candidate, reason: string, error?: unknown): void {
    entry.state = 'failed'
    entry.reason = reason
    this.#options.log.error({ model: entry.model, version: entry.version.toString(), reason, error: error instanceof OutriggerError ? error.cause : error }, 'version cannot be served')
  }
}

function groupByEngine (candidates: readonly Candidate[]): Map<Engine, Candidate[]> {
  const groups = new Map<Engine, Candidate[]>()
  for (const one of candidates) groups.set(one.entry.engine, [...groups.get(one.entry.engine) ?? [], one])
  return groups
}

function servableLists (candidates: readonly Candidate[]): ServableList[] {
  const lists = new Map<string, { name: string, basePath: string, versions: bigint[] }>()
  for (const { source: { name, basePath }, found } of candidates) {
    const list = lists.get(name) ?? { name, basePath, versions: [] }
    list.versions.push(found.version)
    lists.set(name, list)
  }
  return [...lists.values()]
}

/** Engines by kind; each is made when first needed. */
export function enginePicker (make: (kind: EngineKind) => Engine, serviceWish: 'auto' | EngineKind, hasTensorflow: () => boolean): { engineFor: RepositoryOptions['engineFor'], engines: () => readonly Engine[] } {
  const made = new Map<EngineKind, Engine>()
  const engine = (kind: EngineKind): Engine => {
    const known = made.get(kind)
    if (known !== undefined) return known
    const fresh = make(kind)
    made.set(kind, fresh)
    return fresh
  }
  return {
    engines: () => [...made.values()],
    engineFor: (format, wish) => {
      const wanted = wish === undefined || wish === 'auto' ? serviceWish : wish
      if (format !== 'saved-model') return engine('embedded')
      return engine(wanted === 'auto' ? hasTensorflow() ? 'tensorflow' : 'embedded' : wanted)
    }
  }
}
