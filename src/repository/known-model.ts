// One model as the repository knows it: its settings, the versions that were taken in, its labels in force, and how it stands in the registry.
import type { ModelEntry, VersionEntry } from '../inference/registry.js'
import type { ModelSource } from './scan.js'
import type { TakenVersion } from './version.js'

export class KnownModel {
  source: ModelSource
  /** By version number; failed ones too. */
  readonly taken = new Map<bigint, TakenVersion>()
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

  wasLive (): void { this.#countsFor = true }

  /** The version that answers where none is named. */
  newest (): VersionEntry | undefined { return this.#newestFirst().find(({ state }) => state === 'available') }

  isAvailable (version: bigint): boolean { return this.taken.get(version)?.entry.state === 'available' }

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

  entry (): ModelEntry {
    return { name: this.name, required: this.required, timeoutMs: this.source.settings.timeoutMs, versions: this.#newestFirst(), labels: this.#labels }
  }

  #newestFirst (): VersionEntry[] {
    return [...this.taken.values()].map(({ entry }) => entry).sort((a, b) => a.version < b.version ? 1 : -1)
  }
}
