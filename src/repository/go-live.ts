// What a version must pass between its load in the engine and its first request (and the warm-up file before that load): description, comparison with the one it replaces, handler, first requests, examples. Routes nothing itself.
import { now } from '../clock.js'
import type { Engine } from '../engine/engine.js'
import { OutriggerError } from '../errors.js'
import { fileChecksum } from '../file-checksum.js'
import type { VersionHandler } from '../handlers/version-handler.js'
import type { BatchCandidate, RecordedInputs } from '../inference/batching-states.js'
import { servableName, type Latency, type VersionEntry } from '../inference/registry.js'
import type { Pins } from '../lock/pins.js'
import type { Signature } from '../tensor/tensor.js'
import { signatureFaults } from './compatible.js'
import type { FoundVersion, ModelSource } from './scan.js'
import type { TakenVersion } from './version.js'

export interface GoLiveSteps {
  /** What the version's files must be, where that is pinned. Rejects with MODEL_NOT_PINNED for a version that may not be loaded. */
  readonly pinsOf?: ((model: ModelSource, version: FoundVersion) => Promise<Pins>) | undefined
  readonly signaturesOf: (engine: Engine, model: string, version: bigint, deadline: number) => Promise<ReadonlyMap<string, Signature>>
  /** Holds the version's warm-up file against the version, before an engine is told of it whose load one bad record fails. Rejects with MODEL_WARMUP. */
  readonly checkWarmup?: ((version: FoundVersion) => Promise<void>) | undefined
  readonly loadHandler: (model: ModelSource, version: FoundVersion, entry: VersionEntry, pins: Pins | undefined) => Promise<VersionHandler>
  /** The signatures whose calls change the model's state. */
  readonly assigningSignatures: (version: FoundVersion) => Promise<ReadonlySet<string>>
  /** Makes the version's first requests; never rejects. */
  readonly firstRequests?: ((entry: VersionEntry) => Promise<Latency | undefined>) | undefined
  /** Runs the version's examples and tells what the model was asked in them; rejects with MODEL_EXAMPLE and the difference. */
  readonly runExamples?: ((entry: VersionEntry) => Promise<readonly RecordedInputs[]>) | undefined
  /** Finds out which signatures may be batched; it asks the model for that only with `askNow`. Never rejects. */
  readonly considerBatching?: ((entry: VersionEntry, candidate: BatchCandidate) => Promise<void>) | undefined
}

/** How long one description of a loaded servable may take. */
const describeWithinMs = 30_000

/** Makes the entry ready to be routed to. `replaced` is the version that answers now, if this one takes its place. Rejects with the step's error; the entry's handler is then to be closed. */
export async function makeReady ({ source, found, entry, pins }: TakenVersion, replaced: VersionEntry | undefined, steps: GoLiveSteps): Promise<void> {
  const { settings } = source
  entry.signatures = await steps.signaturesOf(entry.engine, servableName(entry), entry.version, now() + describeWithinMs)
  const faults = replaced === undefined || settings.force ? [] : signatureFaults(replaced.signatures, entry.signatures)
  if (faults.length > 0) throw new OutriggerError('MODEL_INCOMPATIBLE', `it cannot replace version ${replaced!.version}: ${faults.join('; ')} (force: true in model.yaml takes it all the same)`, { model: entry.model, version: entry.version })
  const assigning = await steps.assigningSignatures(found)
  entry.mayResend = signature => settings.retry ?? !assigning.has(signature === '' ? 'serving_default' : signature)
  if (found.handlerFile !== undefined) {
    entry.handlerChecksum = await fileChecksum(found.handlerFile)
    entry.handler = await steps.loadHandler(source, found, entry, pins)
  }
  if (settings.warmup) entry.latency = await steps.firstRequests?.(entry)
  const recorded = await steps.runExamples?.(entry) ?? []
  await steps.considerBatching?.(entry, {
    changesState: signature => assigning.has(signature) ? 'its calls change the model' : settings.retry === false ? '`retry: false` says that its calls must not be made twice' : undefined,
    recorded,
    askNow: settings.warmup && settings.batching.enabled !== false
  })
}
