// What is ready and what is not, from what is known this moment: registry, engines' last probes, phase. Pure; waits for nobody.
import type { Engine, EngineReport } from '../../../engine/engine.js'
import { servableName, type ModelEntry, type VersionEntry } from '../../../inference/registry.js'
import type { Service } from '../../service.js'

export type HealthStatus = 'ready' | 'loading' | 'not-ready' | 'draining' | 'failed'

/** One part of a version: how it stands, and what is wrong where something is. */
export interface PartHealth { readonly ok: boolean, readonly state: string, readonly reason?: string }

export interface VersionHealth {
  readonly version: string
  readonly ready: boolean
  readonly state: VersionEntry['state']
  readonly parts: { readonly engine: PartHealth, readonly servable: PartHealth, readonly handler: PartHealth }
}

export interface ModelHealth {
  readonly name: string
  readonly required: boolean
  readonly ready: boolean
  /** What keeps the model from being ready. */
  readonly reason?: string
  readonly versions: readonly VersionHealth[]
}

export interface FailedLoad { readonly model: string, readonly version?: string, readonly required: boolean, readonly reason: string }

export interface EngineHealth { readonly kind: string, readonly state: EngineReport['state'], readonly since: string, readonly restarts: number, readonly reason?: string, readonly replacements: { readonly completed: number, readonly failed: number, readonly failure?: string } }

export interface HealthReport {
  readonly status: HealthStatus
  readonly ready: boolean
  /** In one sentence, what keeps the service from being ready. */
  readonly reason?: string
  readonly models: readonly ModelHealth[]
  /** Versions and models whose load failed, also beside older ones that serve. */
  readonly failed: readonly FailedLoad[]
  readonly engines: readonly EngineHealth[]
}

/** What of an engine is read here. */
export type EngineView = Pick<Engine, 'report' | 'lastStatuses'>

const part = (ok: boolean, state: string, reason?: string): PartHealth => ({ ok, state, ...(reason === undefined ? {} : { reason }) })

function enginePart (report: EngineReport): PartHealth {
  return part(report.state === 'running', report.state, report.state === 'running' ? undefined : report.reason ?? `the model server is ${report.state}`)
}

function servablePart (entry: VersionEntry, engine: EngineView): PartHealth {
  const status = engine.lastStatuses().get(servableName(entry))?.find(s => s.version === entry.version)
  if (status === undefined) return part(false, 'UNKNOWN', 'the model server has not said that it serves this version')
  if (status.state === 'AVAILABLE') return part(true, status.state)
  return part(false, status.state, status.errorMessage === '' ? undefined : status.errorMessage)
}

/** A version that is available has its handler loaded, or none; before that nothing is known of it but the failure. */
function handlerPart (entry: VersionEntry): PartHealth {
  if (entry.handler !== undefined) return part(true, 'loaded')
  if (entry.state === 'available' || entry.state === 'draining') return part(true, 'none')
  return part(false, 'not loaded', entry.state === 'failed' ? entry.reason : undefined)
}

function versionHealth (entry: VersionEntry): VersionHealth {
  const parts = { engine: enginePart(entry.engine.report()), servable: servablePart(entry, entry.engine), handler: handlerPart(entry) }
  const ready = entry.state === 'available' && parts.engine.ok && parts.servable.ok && parts.handler.ok
  return { version: entry.version.toString(), ready, state: entry.state, parts }
}

/** Why no version is ready: the best of them tells, the newest among equals. */
function reasonOf (entry: ModelEntry, versions: readonly VersionHealth[]): string {
  if (versions.length === 0) return 'no version is there'
  const rank = { available: 0, loading: 1, draining: 2, failed: 3 } as const
  const best = [...versions].sort((a, b) => rank[a.state] - rank[b.state])[0]
  const known = entry.versions.find(v => v.version.toString() === best.version)
  if (best.state === 'failed') return `version ${best.version} failed: ${known?.reason ?? 'no reason is known'}`
  if (best.state === 'loading') return `version ${best.version} is loading`
  const faulty = Object.entries(best.parts).find(([, p]) => !p.ok)
  if (faulty === undefined) return `version ${best.version} is ${best.state}`
  return `version ${best.version}: ${faulty[0]} ${faulty[1].state}${faulty[1].reason === undefined ? '' : `, ${faulty[1].reason}`}`
}

/** While the service starts, a model waits for all its versions: else "latest" would move under the first callers. */
function modelHealth (entry: ModelEntry, starting: boolean): ModelHealth {
  const versions = entry.versions.map(versionHealth)
  const pending = starting ? versions.find(v => v.state === 'loading') : undefined
  const ready = pending === undefined && versions.some(v => v.ready)
  const reason = pending === undefined ? reasonOf(entry, versions) : `version ${pending.version} is loading`
  return { name: entry.name, required: entry.required, ready, ...(ready ? {} : { reason }), versions }
}

const engineHealth = ({ kind, state, since, restarts, reason, replacements: { completed, failed, failure } }: EngineReport): EngineHealth =>
  ({ kind, state, since: new Date(since).toISOString(), restarts, ...(reason === undefined ? {} : { reason }), replacements: { completed, failed, ...(failure === undefined ? {} : { failure }) } })

/** The first thing that keeps the service from being ready, or undefined: then it is. */
function obstacle (phase: ReturnType<Service['phase']>, models: readonly ModelHealth[], missing: readonly FailedLoad[]): { status: HealthStatus, reason: string } | undefined {
  if (phase === 'draining') return { status: 'draining', reason: 'the service is shutting down' }
  if (phase === 'failed') return { status: 'failed', reason: 'the service has failed for good' }
  const blocking = models.find(m => m.required && !m.ready)
  // The phase alone blocks nothing: an optional model that still loads keeps nobody waiting.
  const status = phase === 'loading' ? 'loading' : 'not-ready'
  if (blocking !== undefined) return { status, reason: `${blocking.name}: ${blocking.reason}` }
  const fault = missing[0]
  if (fault !== undefined) return { status, reason: `${fault.model}: ${fault.reason}` }
  // With every model optional the rule of required models would call a service ready that can answer nothing.
  if (!models.some(m => m.ready)) return { status, reason: phase === 'loading' ? 'the models are loading' : 'no model is served' }
  return undefined
}

/**
 * Ready only if every required model has a version that is routed to, AVAILABLE in its child by the last probe and with its handler loaded,
 * and at least one model is served; while the service starts, only once none of its versions is loading any more. A version that failed beside one that serves is listed under `failed` and changes nothing.
 * `faults` are what failed without an entry in the registry: a required one without a ready model of its name blocks too.
 */
export function healthReport (
  entries: readonly ModelEntry[],
  engines: readonly EngineView[],
  phase: ReturnType<Service['phase']>,
  faults: ReturnType<Service['repositoryFaults']>
): HealthReport {
  const models = entries.map(entry => modelHealth(entry, phase === 'loading'))
  const failedVersions = entries.flatMap(entry => entry.versions
    .filter(v => v.state === 'failed')
    .map(v => ({ model: entry.name, version: v.version.toString(), required: entry.required, reason: v.reason ?? 'no reason is known' })))
  const others = faults.map(({ version, ...fault }) => ({ ...fault, ...(version === undefined ? {} : { version: version.toString() }) }))
  const missing = others.filter(fault => fault.required && !models.some(m => m.name === fault.model && m.ready))
  const wrong = obstacle(phase, models, missing)
  return {
    status: wrong?.status ?? 'ready',
    ready: wrong === undefined,
    ...(wrong === undefined ? {} : { reason: wrong.reason }),
    models,
    failed: [...failedVersions, ...others],
    engines: engines.map(engine => engineHealth(engine.report()))
  }
}

/** Whether the service itself can still recover. Restarting, loading and draining are life; only a model server given up for good is not. */
export function isAlive (engines: readonly EngineView[], phase: ReturnType<Service['phase']>): { alive: boolean, reason?: string } {
  const dead = engines.map(engine => engine.report()).find(report => report.state === 'failed')
  if (dead !== undefined) return { alive: false, reason: `the ${dead.kind} model server was given up: ${dead.reason ?? 'it kept failing'}` }
  if (phase === 'failed') return { alive: false, reason: 'the service has failed for good' }
  return { alive: true }
}
