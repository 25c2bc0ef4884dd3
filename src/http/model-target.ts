// Which model and version a path of our own API means: /models/{model}, with a version or a label, or the default model. Knows no bodies.
import { OutriggerError } from '../errors.js'
import type { ModelEntry, Registry, VersionEntry } from '../inference/registry.js'
import type { Service } from './service.js'

/** Path parameters as the router decoded them. */
export interface TargetParams { readonly model?: string, readonly version?: string, readonly label?: string }

type Known = Pick<Service, 'registry' | 'phase'>

const largestVersion = 2n ** 63n - 1n

/** Names for a message: enough to find the right one, not a list without end. */
const some = (names: readonly string[]): string => names.length === 0 ? 'none' : names.length <= 20 ? names.join(', ') : `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`

const retryAfterMs = 1000

/** The model behind paths that name none: the configured one, else the only one. */
export function defaultModel (registry: Registry): string | undefined {
  const models = registry.list()
  return registry.defaultModel ?? (models.length === 1 ? models[0]!.name : undefined)
}

/** The model of a path. Throws MODEL_NOT_FOUND naming the models that there are, or MODEL_NOT_READY while models are still being found. */
export function targetModel ({ registry, phase }: Known, { model }: TargetParams): ModelEntry {
  const name = model ?? defaultModel(registry)
  const entry = name === undefined ? undefined : registry.get(name)
  if (entry !== undefined) return entry
  if (phase() === 'loading') throw new OutriggerError('MODEL_NOT_READY', name === undefined ? 'The models are still loading' : `Model ${name} is not there yet; models are still loading`, { model: name, retryAfterMs })
  const names = some(registry.list().map(one => one.name))
  if (name !== undefined) throw new OutriggerError('MODEL_NOT_FOUND', `There is no model ${name}; there are: ${names}`, { model: name })
  throw new OutriggerError('MODEL_NOT_FOUND', `No model is the default one; name one in the path, as in /models/{model}/evaluate. There are: ${names}`)
}

function versionOf (entry: ModelEntry, { version, label }: TargetParams): bigint | undefined {
  const { name: model, labels } = entry
  if (label !== undefined) {
    const found = labels.get(label)
    if (found === undefined) throw new OutriggerError('MODEL_NOT_FOUND', `Model ${model} has no label ${label}; it has: ${some([...labels.keys()])}`, { model })
    return found
  }
  if (version === undefined) return undefined
  if (!/^\d{1,40}$/.test(version)) throw new OutriggerError('REQUEST_INVALID', `A version is a whole number, not ${JSON.stringify(version.slice(0, 40))}`, { model })
  return BigInt(version)
}

const unknownVersion = ({ name, versions }: ModelEntry, version: bigint): OutriggerError =>
  new OutriggerError('MODEL_NOT_FOUND', `Model ${name} has no version ${version}; it has: ${some(versions.map(one => one.version.toString()))}`, { model: name, ...(version <= largestVersion ? { version } : {}) })

/** The version of a path whatever its state: that of the number or label, else the newest available, else the newest. Throws like `targetModel`; REQUEST_INVALID for a version that is no number. */
export function targetVersion (known: Known, params: TargetParams): { model: ModelEntry, version: VersionEntry } {
  const model = targetModel(known, params)
  const wanted = versionOf(model, params)
  const version = wanted === undefined
    ? model.versions.find(one => one.state === 'available') ?? model.versions[0]
    : model.versions.find(one => one.version === wanted)
  if (version !== undefined) return { model, version }
  throw wanted === undefined ? new OutriggerError('MODEL_NOT_FOUND', `Model ${model.name} has no version`, { model: model.name }) : unknownVersion(model, wanted)
}

/** The version of a path that can answer now. Throws MODEL_NOT_READY for one that is loading, draining or has failed. */
export function availableVersion (known: Known, params: TargetParams): { model: ModelEntry, version: VersionEntry } {
  const target = targetVersion(known, params)
  const { model, version, state } = target.version
  if (state === 'available') return target
  const what = state === 'loading' ? 'is still loading' : state === 'draining' ? 'is being unloaded' : 'could not be loaded; GET /health tells why'
  throw new OutriggerError('MODEL_NOT_READY', `Model ${model} version ${version} ${what}`, { model, version, retryAfterMs })
}
