// How a model's calls are batched: the service's settings, and what the model's own say otherwise. Knows no file.
import type { ModelEntry, Registry } from './registry.js'

export interface BatchSettings {
  readonly enabled: boolean
  /** Calls that are under way before others are collected. */
  readonly inFlight: number
  /** Most rows of one call. */
  readonly maxRows: number
  /** Most bytes of tensor data of one call. */
  readonly maxBytes: number
}

/** The settings of a model as they are at the moment of asking; those of the service for a model that sets none. */
export function batchSettingsOf (registry: Pick<Registry, 'get'>, service: BatchSettings): (model: string) => BatchSettings {
  // An entry is replaced as a whole when its settings change.
  const known = new WeakMap<ModelEntry, BatchSettings>()
  return model => {
    const entry = registry.get(model)
    if (entry === undefined) return service
    let settings = known.get(entry)
    if (settings === undefined) known.set(entry, settings = { ...service, ...entry.batching })
    return settings
  }
}
