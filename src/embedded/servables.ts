// The set of servables: what a config wants against what is loaded. Takes TensorFlow Serving's words and rules (model_servers/server_core.cc, availability-preserving policy), but never hangs on a base path that holds nothing.
import { isAbsolute } from 'node:path'
import { ModelError } from './formats/format.js'
import { describe, Servable } from './servable.js'
import { FAILED_PRECONDITION, INTERNAL, INVALID_ARGUMENT, NOT_FOUND, UNKNOWN } from './status.js'
import { chooseVersions, findVersions } from './version-folders.js'
import type { Log } from './log.js'
import type { WorkerProgram } from './worker-host.js'
import type { ModelConfig } from '../config/text-proto.js'

export interface ServablesOptions {
  readonly log: Log
  /** Versions that load at the same time. */
  readonly loadThreads: number
  /** Whether a label may point at a version that is not available (yet). */
  readonly labelsForUnavailable: boolean
  /** How often a load that failed is tried again, and how long after. */
  readonly maxLoadRetries: number
  readonly loadRetryIntervalMs: number
  /** See WorkerSetup; 0 unless given. */
  readonly warmupIterations?: number | undefined
  /** Another program for the workers. */
  readonly program?: WorkerProgram
}

/** Which version a request means. */
export interface VersionChoice { readonly version?: bigint | undefined, readonly label?: string | undefined }

/** How many ended versions of one model are remembered for its status. */
const maxEnded = 64

interface Wanted { readonly config: ModelConfig, readonly found: { version: bigint, folder: string }[], readonly error: ModelError | undefined }

/** A version on its way, and when that is over. `instead` is what serves until then: the same version from another folder. */
interface Load { readonly servable: Servable, readonly done: Promise<void>, readonly instead: Servable | undefined }

const invalid = (message: string): ModelError => new ModelError(INVALID_ARGUMENT, message)

export class Servables {
  readonly #options: ServablesOptions
  /** By model: every version that is or was, the current servable of each. */
  readonly #models = new Map<string, Map<bigint, Servable>>()
  #labels = new Map<string, ReadonlyMap<string, bigint>>()
  /** By model: what the last list wants. */
  #wanted = new Map<string, Wanted>()
  readonly #loads = new Set<Load>()
  readonly #places: Places
  #deciding: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor (options: ServablesOptions) {
    this.#options = options
    this.#places = new Places(options.loadThreads)
  }

  /**
   * Makes exactly these models served; the list replaces the one before. Resolves when all are AVAILABLE and what is no longer wanted is being unloaded.
   * Throws a ModelError: INVALID_ARGUMENT and FAILED_PRECONDITION before anything is changed; UNKNOWN when a model did not become available
   * (the others serve, and a model whose new versions all failed keeps its old ones).
   * Lists are decided upon in their order, but none waits for the loads of another: a model is served as soon as it has loaded, and a load that a later list
   * does not want any more is ended. (The real server makes a later list wait.)
   */
  async reload (configs: readonly ModelConfig[]): Promise<void> {
    const turn = this.#deciding.then(async () => await this.#decide(configs))
    this.#deciding = turn.catch(() => {})
    const { wanted, loads } = await turn
    await Promise.all(loads.map(async ({ done }) => { await done }))
    report(wanted, loads)
  }

  /** The servable that shall answer. Throws a ModelError in TensorFlow Serving's words. */
  resolve (model: string, { version, label }: VersionChoice): Servable {
    if (model === '') throw invalid('ModelSpec has no name specified.')
    if (label !== undefined) {
      const labelled = this.#labels.get(model)?.get(label)
      if (labelled === undefined) throw invalid(`Unrecognized servable version label: ${label}`)
      return this.resolve(model, { version: labelled })
    }
    const versions = this.#models.get(model)
    let found: Servable | undefined
    if (version !== undefined) found = versions?.get(version)
    else for (const servable of versions?.values() ?? []) if (servable.state === 'AVAILABLE' && (found === undefined || servable.version > found.version)) found = servable
    if (found?.state === 'AVAILABLE') return found
    throw new ModelError(NOT_FOUND, `Servable not found for request: ${version === undefined ? `Latest(${model})` : `Specific(${model}, ${version})`}`)
  }

  /** The model's versions, newest first, or the one that is asked for. Throws NOT_FOUND in TensorFlow Serving's words. */
  statuses (model: string, { version, label }: VersionChoice): Servable[] {
    if (label !== undefined) {
      const labelled = this.#labels.get(model)?.get(label)
      if (labelled === undefined) throw invalid(`Unrecognized servable version label: ${label}`)
      return this.statuses(model, { version: labelled })
    }
    const versions = this.#models.get(model)
    if (version !== undefined) {
      const found = versions?.get(version)
      if (found === undefined) throw new ModelError(NOT_FOUND, `Could not find version ${version} of model ${model}`)
      return [found]
    }
    if (versions === undefined || versions.size === 0) throw new ModelError(NOT_FOUND, `Could not find any versions of model ${model}`)
    return [...versions.values()].sort((a, b) => a.version < b.version ? 1 : -1)
  }

  /** Ends all workers at once. */
  async close (): Promise<void> {
    this.#closed = true
    const loading = [...this.#loads].map(({ servable }) => servable)
    await Promise.all([...loading, ...[...this.#models.values()].flatMap(versions => [...versions.values()])].map(async servable => { await servable.kill() }))
  }

  /** What a list changes at once; the loads that it waits for are under way. */
  async #decide (configs: readonly ModelConfig[]): Promise<{ wanted: readonly Wanted[], loads: readonly Load[] }> {
    check(configs)
    const wanted = await Promise.all(configs.map(async config => await look(config)))
    if (!this.#options.labelsForUnavailable) this.#checkLabels(configs)
    this.#options.log('I', 'servables.ts', `Adding/updating models: ${configs.map(({ name }) => name).join(', ') || 'none'}`)
    for (const { error } of wanted) if (error !== undefined) this.#options.log('E', 'servables.ts', error.message)
    this.#wanted = new Map(wanted.map(entry => [entry.config.name, entry]))
    this.#labels = new Map(configs.map(({ name, labels }) => [name, labels]))
    for (const load of this.#loads) {
      if (this.#wants(load.servable)) continue
      this.#loads.delete(load)
      void load.servable.unload()
    }
    const loads = wanted.flatMap(({ config, found }) => found.flatMap(({ version, folder }) => this.#loadOf(config.name, version, folder) ?? []))
    for (const model of this.#models.keys()) this.#unloadUnwanted(model)
    return { wanted, loads }
  }

  #wants ({ model, version, folder }: Servable): boolean {
    return this.#wanted.get(model)?.found.some(found => found.version === version && found.folder === folder) ?? false
  }

  /** The load that makes this version served: one that is under way, or a new one; undefined where it is served already. */
  #loadOf (model: string, version: bigint, folder: string): Load | undefined {
    for (const load of this.#loads) if (load.servable.model === model && load.servable.version === version && load.servable.folder === folder) return load
    let versions = this.#models.get(model)
    if (versions === undefined) this.#models.set(model, versions = new Map())
    const current = versions.get(version)
    if (current?.state === 'AVAILABLE' && current.folder === folder) return undefined
    const servable = new Servable({ model, version, folder, log: this.#options.log, warmupIterations: this.#options.warmupIterations, program: this.#options.program })
    // A version whose folder has moved serves on until its successor is there.
    const instead = current?.state === 'AVAILABLE' ? current : undefined
    if (instead === undefined) versions.set(version, servable)
    const load: Load = { servable, instead, done: this.#places.take(async () => { await this.#load(servable) }).then(() => this.#loaded(load)) }
    this.#loads.add(load)
    return load
  }

  /** One is there, or has failed: its model need not wait for the others. */
  #loaded (load: Load): void {
    const { servable, instead } = load
    this.#loads.delete(load)
    if (instead !== undefined && servable.state === 'AVAILABLE') {
      this.#models.get(servable.model)?.set(servable.version, servable)
      void instead.unload()
    }
    this.#unloadUnwanted(servable.model)
  }

  async #load (servable: Servable): Promise<void> {
    for (let attempt = 0; attempt <= this.#options.maxLoadRetries && !this.#closed && this.#wants(servable); attempt++) {
      if (attempt > 0) await new Promise(resolve => { setTimeout(resolve, this.#options.loadRetryIntervalMs).unref() })
      if (this.#closed || !this.#wants(servable)) return
      await servable.load()
      if (servable.error === undefined) return
    }
  }

  /** Unloads what the last list does not want of a model, but while the model shall be served nothing before one of its wanted versions is available. */
  #unloadUnwanted (model: string): void {
    const versions = this.#models.get(model)
    if (versions === undefined) return
    const entry = this.#wanted.get(model)
    const keep = new Set(entry?.found.map(({ version }) => version))
    const served = [...versions.values()].some(servable => keep.has(servable.version) && servable.state === 'AVAILABLE')
    if (entry !== undefined && !served) return
    for (const servable of versions.values()) {
      if (!keep.has(servable.version) && servable.state !== 'END') void servable.unload()
    }
    forget(versions)
  }

  #checkLabels (configs: readonly ModelConfig[]): void {
    for (const { name, labels } of configs) {
      for (const version of labels.values()) {
        if (this.#models.get(name)?.get(version)?.state !== 'AVAILABLE') {
          throw new ModelError(FAILED_PRECONDITION, `Request to assign label to version ${version} of model ${name}, which is not currently available for inference`)
        }
      }
    }
  }
}

/** Throws when something of a list did not become available, in TensorFlow Serving's words. */
function report (wanted: readonly Wanted[], loads: readonly Load[]): void {
  const faults: string[] = []
  for (const { config, error } of wanted) {
    if (error !== undefined) faults.push(`{{name: ${config.name}} due to error: ${describe(error)}}, `)
  }
  for (const { servable } of loads) {
    if (servable.state !== 'AVAILABLE') faults.push(`{${servable.id}${servable.error === undefined ? '' : ` due to error: ${describe(servable.error)}`}}, `)
  }
  if (faults.length > 0) throw new ModelError(UNKNOWN, `${faults.length} model(s) did not become available: {${faults.join('')}}`)
}

/** So much work at a time, the rest in its order. */
class Places {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor (places: number) {
    this.#free = places
  }

  async take (work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    try {
      await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}

function check (configs: readonly ModelConfig[]): void {
  const names = new Set<string>()
  for (const { name, basePath } of configs) {
    if (name === '') throw invalid('A model without a name is listed')
    if (names.has(name)) throw invalid(`Illegal to list model ${name} multiple times in config list`)
    names.add(name)
    if (!isAbsolute(basePath)) throw invalid(`Expected model ${name} to have an absolute path or URI; got base_path()=${basePath}`)
  }
}

/** The versions that a config wants of what is on the disk; with an error where there are none. */
async function look (config: ModelConfig): Promise<Wanted> {
  try {
    const found = chooseVersions(await findVersions(config.basePath, config.name), config.policy)
    if (found.length > 0) return { config, found, error: undefined }
    return { config, found, error: new ModelError(NOT_FOUND, `No versions of servable ${config.name} found under base path ${config.basePath}`) }
  } catch (error) {
    return { config, found: [], error: error instanceof ModelError ? error : new ModelError(INTERNAL, String(error)) }
  }
}

/** Keeps only the newest of many ended versions. */
function forget (versions: Map<bigint, Servable>): void {
  const ended = [...versions.values()].filter(servable => servable.state === 'END').sort((a, b) => a.version < b.version ? -1 : 1)
  for (const servable of ended.slice(0, Math.max(0, ended.length - maxEnded))) versions.delete(servable.version)
}
