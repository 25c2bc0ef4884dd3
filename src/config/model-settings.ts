// The settings of one model: model.yaml beside its version folders. Knows no version folder.
import { parse as parseYaml } from 'yaml'
import { OutriggerError } from '../errors.js'
import type { BatchSettings } from '../inference/batch-settings.js'
import { byteCount, milliseconds } from './kinds.js'
import type { VersionPolicy } from './text-proto.js'

export interface ModelSettings {
  readonly policy: VersionPolicy
  readonly labels: ReadonlyMap<string, bigint>
  readonly engine: 'tensorflow' | 'embedded' | 'auto' | undefined
  readonly required: boolean
  readonly timeoutMs: number | undefined
  /** False forbids sending a call twice; undefined leaves it to what the graph shows. */
  readonly retry: boolean | undefined
  /** Whether a version waits for a file `.complete` in its folder before it is taken in. */
  readonly seal: boolean
  /** Whether a version may replace one whose signatures differ. */
  readonly force: boolean
  /** Whether the service warms a version up before it goes live, and checks its warm-up file before `tensorflow_model_server` gets it. */
  readonly warmup: boolean
  /** What it sets otherwise than the service. */
  readonly batching: Partial<BatchSettings>
  readonly handler: { readonly isolate: boolean, readonly timeoutMs: number | undefined }
}

export const defaultModelSettings: ModelSettings = {
  policy: { kind: 'latest', count: 1 }, labels: new Map(), engine: undefined, required: true, timeoutMs: undefined, retry: undefined, seal: false, force: false, warmup: true, batching: {}, handler: { isolate: true, timeoutMs: undefined }
}

type Raw = unknown

const versionOf = (raw: Raw): bigint | undefined => {
  const text = typeof raw === 'bigint' || typeof raw === 'number' || typeof raw === 'string' ? String(raw) : ''
  return /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n ? BigInt(text) : undefined
}

const switched = (raw: Raw): boolean | undefined => raw === true || raw === 'on' ? true : raw === false || raw === 'off' ? false : undefined

const count = (raw: Raw, largest: number): number | undefined => {
  const value = typeof raw === 'bigint' ? Number(raw) : NaN
  return value >= 1 && value <= largest ? value : undefined
}

const batchingReaders: Readonly<Record<string, (raw: Raw) => Partial<BatchSettings> | undefined>> = {
  enabled: raw => { const enabled = switched(raw); return enabled === undefined ? undefined : { enabled } },
  in_flight: raw => { const inFlight = count(raw, 64); return inFlight === undefined ? undefined : { inFlight } },
  max_rows: raw => { const maxRows = count(raw, 65536); return maxRows === undefined ? undefined : { maxRows } },
  max_bytes: raw => { const maxBytes = byteCount(raw); return maxBytes === undefined ? undefined : { maxBytes } }
}
const batchingValues: Readonly<Record<string, string>> = {
  enabled: 'it is on or off', in_flight: 'it is a whole number from 1 to 64', max_rows: 'it is a whole number from 1 to 65536', max_bytes: 'it is a size such as 1MiB or 65536'
}

const readers: Readonly<Record<string, (raw: Raw) => Partial<ModelSettings> | string>> = {
  versions: raw => {
    if (raw === 'all') return { policy: { kind: 'all' } }
    const latest = /^latest(?:\s+(\d{1,6}))?$/.exec(String(raw))
    if (typeof raw === 'string' && latest !== null && latest[1] !== '0') return { policy: { kind: 'latest', count: Number(latest[1] ?? 1) } }
    const versions = Array.isArray(raw) ? raw.map(versionOf) : []
    return versions.length > 0 && versions.every(version => version !== undefined) ? { policy: { kind: 'specific', versions } } : 'must be "all", "latest N" or a list of version numbers'
  },
  labels: raw => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return 'must map labels to version numbers'
    const labels = Object.entries(raw).map(([label, version]) => [label, versionOf(version)] as const)
    const bad = labels.find(([label, version]) => version === undefined || !/^[A-Za-z0-9_.-]+$/.test(label))
    return bad === undefined ? { labels: new Map(labels as [string, bigint][]) } : `has the label ${JSON.stringify(bad[0])}, whose name or version is not valid`
  },
  engine: raw => raw === 'tensorflow' || raw === 'embedded' || raw === 'auto' ? { engine: raw } : 'must be tensorflow, embedded or auto',
  required: raw => typeof raw === 'boolean' ? { required: raw } : 'must be true or false',
  retry: raw => typeof raw === 'boolean' ? { retry: raw } : 'must be true or false',
  seal: raw => typeof raw === 'boolean' ? { seal: raw } : 'must be true or false',
  force: raw => typeof raw === 'boolean' ? { force: raw } : 'must be true or false',
  // YAML 1.2 reads on and off as text.
  warmup: raw => { const warmup = switched(raw); return warmup === undefined ? 'must be on or off' : { warmup } },
  timeout: raw => { const ms = milliseconds(raw); return !ms ? 'must be a length of time such as 500ms or 30s' : { timeoutMs: ms } },
  batching: raw => {
    const enabled = switched(raw)
    if (enabled !== undefined) return { batching: { enabled } }
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return 'must be on, off, or hold enabled, in_flight, max_rows, max_bytes'
    let batching: Partial<BatchSettings> = {}
    for (const [key, value] of Object.entries(raw)) {
      const part = Object.hasOwn(batchingReaders, key) ? batchingReaders[key]!(value) : undefined
      if (part === undefined) return Object.hasOwn(batchingReaders, key) ? `has ${key}: ${JSON.stringify(String(value))}; ${batchingValues[key]}` : `has no key ${key}; it has ${Object.keys(batchingReaders).join(', ')}`
      batching = { ...batching, ...part }
    }
    return { batching }
  },
  handler: raw => {
    if (typeof raw !== 'object' || raw === null) return 'must hold isolate or timeout'
    const { isolate = true, timeout, ...rest } = raw as Record<string, unknown>
    const unknown = Object.keys(rest)[0]
    if (unknown !== undefined) return `has no key ${unknown}; it has isolate and timeout`
    const timeoutMs = timeout === undefined ? undefined : milliseconds(timeout)
    if (typeof isolate !== 'boolean') return 'isolate must be true or false'
    return timeout !== undefined && !timeoutMs ? 'timeout must be a length of time such as 500ms or 30s' : { handler: { isolate, timeoutMs } }
  }
}

/** Reads model.yaml. Throws CONFIG_INVALID that names every fault. */
export function parseModelSettings (source: string, file: string): ModelSettings {
  let content: unknown
  try {
    content = parseYaml(source, { intAsBigInt: true }) ?? {}
  } catch (error) {
    throw new OutriggerError('CONFIG_INVALID', `${file} is not valid YAML: ${(error as Error).message.split('\n')[0]}`)
  }
  if (typeof content !== 'object' || Array.isArray(content)) throw new OutriggerError('CONFIG_INVALID', `${file} must hold keys and values`)
  const faults: string[] = []
  let settings = defaultModelSettings
  for (const [key, raw] of Object.entries(content as object)) {
    const read = Object.hasOwn(readers, key) ? readers[key]! : undefined
    const result = read === undefined ? `is not a known key; known are ${Object.keys(readers).join(', ')}` : read(raw)
    if (typeof result === 'string') faults.push(`${file}: ${key} ${result}`)
    else settings = { ...settings, ...result }
  }
  if (faults.length > 0) throw new OutriggerError('CONFIG_INVALID', faults.join('\n'), { errors: faults.map(detail => ({ pointer: '', detail })) })
  return settings
}
