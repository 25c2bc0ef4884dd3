// One version on its way through the repository: what was found on disk, the settings it was taken in with, and its entry in the registry.
import type { Engine } from '../engine/engine.js'
import type { VersionEntry } from '../inference/registry.js'
import type { Pins } from '../lock/pins.js'
import type { Fingerprint } from './fingerprint.js'
import type { FoundVersion, ModelSource } from './scan.js'

export interface TakenVersion {
  readonly source: ModelSource
  readonly found: FoundVersion
  readonly entry: VersionEntry
  /** Why it comes, where that is not that its number is new. */
  readonly because: string | undefined
  /** What its files looked like before the load began. */
  files: Fingerprint['print'] | undefined
  /** What its files must be, where that is pinned; known once its load began. */
  pins: Pins | undefined
  /** Since when its folder is not there, by the repository's clock; undefined while it is. */
  goneSince: number | undefined
}

/** A version that begins to load. */
export function takenVersion (source: ModelSource, found: FoundVersion, engine: Engine, because?: string): TakenVersion {
  const entry: VersionEntry = {
    model: source.name, version: found.version, folder: found.folder, format: found.format, engine, state: 'loading', reason: undefined, signatures: new Map(),
    handler: undefined, checksum: undefined, handlerChecksum: undefined, mayResend: () => false
  }
  return { source, found, entry, because, files: undefined, pins: undefined, goneSince: undefined }
}
