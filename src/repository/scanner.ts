// Who looks at the disk for the repository. A file system that hangs must hang nobody else, so the service has it done in a thread of its own; commands look themselves.
import { fingerprint, type Fingerprint } from './fingerprint.js'
import { lookAt, type FoundModel, type ModelFault, type RepositorySource } from './scan.js'

export interface Scanner {
  /** The models of the source. The same array as the last time when nothing has changed. Rejects with CONFIG_INVALID when the source cannot be read, or does not answer in time. */
  readonly look: (source: RepositorySource) => Promise<readonly (FoundModel | ModelFault)[]>
  /** What each folder looks like; undefined for one that is not there. Rejects with CONFIG_INVALID when the disk does not answer in time. */
  readonly fingerprints: (folders: readonly string[]) => Promise<readonly (Fingerprint | undefined)[]>
  readonly close: () => Promise<void>
}

/** Looks in the thread that asks. */
export const ownScanner: Scanner = {
  look: async source => lookAt(source),
  fingerprints: async folders => folders.map(fingerprint),
  close: async () => {}
}
