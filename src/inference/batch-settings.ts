// How a model's calls are batched: the service's settings, and what the model's own say otherwise. Knows no file.
import type { Config } from '../config/schema.js'
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

export type ServiceBatching = Pick<Config, 'batching' | 'batchingInFlight' | 'batchingMaxRows' | 'batchingMaxBytes'>

/** The settings of a model as they are at the moment of asking; those of the service for a model that sets none. `service` gives the same object for as long as nothing changes. */
export function batchSettingsOf (registry: Pick<Registry, 'get'>, service: () => ServiceBatching): (model: string) => BatchSettings {
  let from: ServiceBatching | undefined
  let general: BatchSettings
  // An entry is replaced as a whole when its settings change.
  let known = new WeakMap<ModelEntry, BatchSettings>()
  return model => {
    const current = service()
    if (current !== from) {
      from = current
      general = { enabled: current.batching === 'on', inFlight: current.batchingInFlight, maxRows: current.batchingMaxRows, maxBytes: current.batchingMaxBytes }
      known = new WeakMap()
    }
    const entry = registry.get(model)
    if (entry === undefined) return general
    let settings = known.get(entry)
    if (settings === undefined) known.set(entry, settings = { ...general, ...entry.batching })
    return settings
  }
}
