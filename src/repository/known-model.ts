// One model as the repository knows it: its settings, the versions that were taken in, its labels in force, and how it stands in the registry.
import type { ModelEntry, VersionEntry } from '../inference/registry.js'
import type { ModelFault, ModelSource } from './scan.js'
import type { TakenVersion } from './version.js'

export class KnownModel {
  source: ModelSource
  /** By version number; failed ones too. */
  readonly taken = new Map<bigint, TakenVersion>()
  /** Versions that load to take the place of an available one of the same number, or could not; by that number. */
  readonly coming = new Map<bigint, TakenVersion>()
  /** Available versions whose files are not the ones that were loaded any more. */
  readonly changed = new Set<bigint>()
  /** The versions that shall be served by what lies on disk. */
  desired: ReadonlySet<bigint> = new Set()
  #labels: ReadonlyMap<string, bigint> = new Map()
  /** A model that comes while the service runs is not required before it was live once: a first copy of it must not make the service unready. */
  #countsFor: boolean

  constructor (source: ModelSource, there: 'at start' | 'later') {
    this.source = source
    this.#countsFor = there === 'at start'
  }

  get name (): string { return this.source.name }

  get required (): boolean { return this.source.settings.required && this.#countsFor }

  get labels (): ReadonlyMap<string, bigint> { return this.#labels }

  /** The version that answers where none is named. */
  newest (): VersionEntry | undefined { return this.#newestFirst().find(({ state }) => state === 'available') }

  isAvailable (version: bigint): boolean { return this.taken.get(version)?.entry.state === 'available' }

  /** Every version that the model has in hand. */
  all (): TakenVersion[] { return [...this.taken.values(), ...this.coming.values()] }

  /** Numbers whose load has failed. */
  failed (): ReadonlySet<bigint> { return new Set([...this.taken.values()].filter(({ entry }) => entry.state === 'failed').map(({ entry }) => entry.version)) }

  /** Takes note of a version that begins to load; beside an available one of its number it waits for its turn. */
  begin (taken: TakenVersion): void {
    (this.isAvailable(taken.entry.version) ? this.coming : this.taken).set(taken.entry.version, taken)
  }

  /** The version is to be routed to. Returns the one of its number that it takes the place of. */
  goLive (taken: TakenVersion): TakenVersion | undefined {
    const { version } = taken.entry
    const before = this.taken.get(version)
    if (this.coming.get(version) === taken) this.coming.delete(version)
    this.taken.set(version, taken)
    this.changed.delete(version)
    this.#countsFor = true
    taken.entry.state = 'available'
    return before === taken ? undefined : before
  }

  /** Puts wanted labels in force; one whose version is not available stays where it was, so that it never points at nothing while it moves. Returns what moved. */
  label (wanted: ReadonlyMap<string, bigint>): { label: string, from: bigint | undefined, to: bigint | undefined }[] {
    const before = this.#labels
    const after = new Map([...wanted].map(([label, version]) => {
      const old = before.get(label)
      return [label, old !== undefined && !this.isAvailable(version) && this.isAvailable(old) ? old : version] as const
    }))
    this.#labels = after
    return [...new Set([...before.keys(), ...after.keys()])]
      .filter(label => before.get(label) !== after.get(label))
      .map(label => ({ label, from: before.get(label), to: after.get(label) }))
  }

  /** What is wrong with versions that serve all the same. */
  faults (): ModelFault[] {
    const refused = [...this.coming].filter(([, { entry }]) => entry.state === 'failed')
      .map(([version, { entry, because }]) => ({ version, reason: `what shall take its place (${because ?? 'it was asked for'}) cannot: ${entry.reason ?? 'no reason is known'}; what was loaded before serves on` }))
    const changed = [...this.changed].filter(version => !this.coming.has(version))
      .map(version => ({ version, reason: 'its files were changed since it was loaded; what was loaded serves on. Write a new version, or have this one replaced: POST /models/{model}/reload' }))
    return [...refused, ...changed].map(one => ({ model: this.name, required: false, ...one }))
  }

  entry (): ModelEntry {
    return { name: this.name, required: this.required, timeoutMs: this.source.settings.timeoutMs, versions: this.#newestFirst(), labels: this.#labels, batching: this.source.settings.batching }
  }

  #newestFirst (): VersionEntry[] {
    return [...this.taken.values()].map(({ entry }) => entry).sort((a, b) => a.version < b.version ? 1 : -1)
  }
}
