// An engine that is no process and answers no call: its report and last statuses are what a test sets. For health, metrics and their kin.
import type { Engine, EngineReport, EngineState, ServableState, ServableStatus } from '../../src/engine/engine.js'
import type { ModelEntry, VersionEntry } from '../../src/inference/registry.js'
import type { Signature } from '../../src/tensor/tensor.js'

export interface StillEngine extends Engine { state: EngineState, reason: string | undefined, restarts: number, rssBytes: number | undefined, seen: Map<string, ServableStatus[]> }

export function stillEngine (state: EngineState = 'running'): StillEngine {
  return {
    kind: 'embedded', pushesAtOnce: 1, state, reason: undefined, restarts: 0, rssBytes: 1000, seen: new Map(),
    async start () {}, async stop () {}, async push () {}, async replace () {}, programChanged: () => false,
    call: () => new Promise(() => {}), statuses: () => new Promise(() => {}),
    lastStatuses () { return this.seen },
    report (): EngineReport { return { kind: this.kind, state: this.state, pid: 1, restarts: this.restarts, since: 0, reason: this.reason, rssBytes: this.rssBytes, memoryBudgetBytes: undefined, replacements: { completed: 0, failed: 0, failure: undefined } } },
    on () {}
  }
}

export const servable = (version: bigint, state: ServableState = 'AVAILABLE', errorCode = 0, errorMessage = ''): ServableStatus => ({ version, state, errorCode, errorMessage })

export function versionEntry (engine: Engine, model: string, version: bigint, changes: Partial<VersionEntry> = {}): VersionEntry {
  return {
    model, version, folder: `models/${model}/${version}`, format: 'saved-model', engine, state: 'available', reason: undefined, signatures: new Map<string, Signature>(),
    handler: undefined, checksum: 'aa', handlerChecksum: undefined, mayResend: () => true, ...changes
  }
}

export const modelEntry = (name: string, versions: VersionEntry[], changes: Partial<ModelEntry> = {}): ModelEntry =>
  ({ name, required: true, timeoutMs: undefined, versions, labels: new Map(), ...changes })
