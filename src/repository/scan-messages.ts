// What the thread that looks at the disk is asked and what it answers. Types only.
import type { Fingerprint } from './fingerprint.js'
import type { FoundModel, ModelFault, RepositorySource } from './scan.js'

export type ScanQuestion =
  | { readonly look: RepositorySource }
  | { readonly fingerprints: readonly string[] }

export type ScanAnswer =
  /** Undefined: as the last time. */
  | { readonly found: readonly (FoundModel | ModelFault)[] | undefined }
  | { readonly prints: readonly (Fingerprint | undefined)[] }
  | { readonly fault: string }
