// Which model versions are live: model, version or label -> served version. Written by the repository, read by every API. Knows no HTTP and starts nothing.
import { OutriggerError } from '../errors.js'
import type { Engine } from '../engine/engine.js'
import type { VersionHandler } from '../handlers/version-handler.js'
import type { Signature } from '../tensor/tensor.js'
import type { BatchSettings } from './batch-settings.js'

/** Where a version is on its way. `available`: servable and handler loaded, requests are routed to it. `failed`: the reason is given, it never was or no longer is live. */
export type VersionState = 'loading' | 'available' | 'draining' | 'failed'

/** What requests took before the version went live, in milliseconds. */
export interface Latency {
  /** The first after the load. */
  readonly firstMs: number
  /** One like it after that; undefined where the first took too long to ask again. */
  readonly warmMs: number | undefined
  /** What was asked: an example of the version through handler and model, or a generated row through the model alone. */
  readonly by: 'example' | 'generated'
}

export interface VersionEntry {
  readonly model: string
  readonly version: bigint
  /** The version's folder. */
  readonly folder: string
  /** `saved-model`, `onnx`, `keras`, `pmml`, `manifest`. */
  readonly format: string
  readonly engine: Engine
  /** The name that its engine knows it by, where that is not the model's: two versions of one number can stand side by side there for a while. */
  servable?: string
  state: VersionState
  /** Why it failed. */
  reason: string | undefined
  /** By signature name; empty until the servable is loaded. Only signatures, no metadata of the call. */
  signatures: ReadonlyMap<string, Signature>
  handler: VersionHandler | undefined
  /** sha256 of the servable's files and of the handler's, hex. */
  checksum: string | undefined
  handlerChecksum: string | undefined
  /** Undefined where the version was not asked before it went live. */
  latency?: Latency | undefined
  /** Whether a call of this signature (empty: serving_default) may be sent twice; not with `retry: false`, nor where its graph assigns variables. */
  mayResend: (signature: string) => boolean
}

/** What the version's model is called in calls to its engine. */
export const servableName = ({ model, servable }: VersionEntry): string => servable ?? model

export interface ModelEntry {
  readonly name: string
  readonly required: boolean
  /** Upper limit of a request's time in milliseconds, if the model sets one. */
  readonly timeoutMs: number | undefined
  /** By version, newest first. */
  readonly versions: readonly VersionEntry[]
  readonly labels: ReadonlyMap<string, bigint>
  /** What the model's own settings say of batching. */
  readonly batching?: Partial<BatchSettings> | undefined
}

/** How a request names a version. At most one of the two is set; with none it is the newest that is available. */
export interface VersionChoice { readonly version?: bigint | undefined, readonly label?: string | undefined }

/** A model that is known to the service; `available` says whether a version can be asked. */
export class Registry {
  #models = new Map<string, ModelEntry>()
  defaultModel: string | undefined

  /** Replaces what is known of a model. One call is one atomic switch: requests see the old entry or the new one. */
  put (entry: ModelEntry): void { this.#models.set(entry.name, entry) }

  delete (name: string): void { this.#models.delete(name) }

  get (name: string): ModelEntry | undefined { return this.#models.get(name) }

  /** All models by name. */
  list (): ModelEntry[] { return [...this.#models.values()].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0) }

  /**
   * The version that shall answer. Throws MODEL_NOT_FOUND with the words that TensorFlow Serving's gRPC service uses
   * ("Servable not found for request: Latest(m)", "Specific(m, 5)"), MODEL_FAILED_PRECONDITION for an unknown label
   * ("Unrecognized servable version label: L", its FAILED_PRECONDITION), MODEL_NOT_READY for a version that is still loading.
   */
  resolve (model: string, choice: VersionChoice = {}): VersionEntry {
    const entry = this.#models.get(model)
    if (choice.label !== undefined) {
      const version = entry?.labels.get(choice.label)
      if (version === undefined) throw new OutriggerError('MODEL_FAILED_PRECONDITION', `Unrecognized servable version label: ${choice.label}`, { model })
      return this.resolve(model, { version })
    }
    const found = choice.version === undefined
      ? entry?.versions.find(v => v.state === 'available')
      : entry?.versions.find(v => v.version === choice.version && v.state === 'available')
    if (found !== undefined) return found
    const loading = entry?.versions.find(v => v.state === 'loading' && (choice.version === undefined || v.version === choice.version))
    if (loading !== undefined) throw new OutriggerError('MODEL_NOT_READY', `Model ${model} version ${loading.version} is still loading`, { model, version: loading.version, retryAfterMs: 1000 })
    const what = choice.version === undefined ? `Latest(${model})` : `Specific(${model}, ${choice.version})`
    throw new OutriggerError('MODEL_NOT_FOUND', `Servable not found for request: ${what}`, { model })
  }
}
