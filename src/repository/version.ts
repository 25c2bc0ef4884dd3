// One version on its way through the repository: what was found on disk, the settings it was taken in with, and its entry in the registry.
import type { Engine } from '../engine/engine.js'
import type { VersionEntry } from '../inference/registry.js'
import type { Fingerprint } from './fingerprint.js'
import type { FoundVersion, ModelSource } from './scan.js'

export interface TakenVersion {
  readonly source: ModelSource
  readonly found: FoundVersion
  readonly entry: VersionEntry
  /** What its files looked like before the load began. */
  files: Fingerprint['print'] | undefined
  /** Whether the engine may have spoken of this number before, so that only an answer after the push counts. */
  readonly again: boolean
}

/** A version that begins to load. */
export function takenVersion (source: ModelSource, found: FoundVersion, engine: Engine, again: boolean): TakenVersion {
  const entry: VersionEntry = {
    model: source.name, version: found.version, folder: found.folder, format: found.format, engine, state: 'loading', reason: undefined, signatures: new Map(),
    handler: undefined, checksum: undefined, handlerChecksum: undefined, mayResend: () => false
  }
  return { source, found, entry, files: undefined, again }
}
