// The repository as `serve` runs it: each of its steps handed the part of the service that does it. Only serve.ts imports it.
import type { Logger } from 'pino'
import type { Journal } from './changes/journal.js'
import type { Config } from './config/schema.js'
import { getSignatures } from './grpc/prediction-service.js'
import { startLoopWatchdog, type LoopWatchdog } from './handlers/loop-watchdog.js'
import type { BatchingStates } from './inference/batching-states.js'
import type { Registry } from './inference/registry.js'
import { pinsFrom } from './lock/lock-file.js'
import type { Metrics } from './metrics.js'
import { assigningSignatures } from './repository/assigns.js'
import type { EngineFor } from './repository/engine-picker.js'
import { runExamples } from './repository/examples.js'
import { firstRequests } from './repository/first-requests.js'
import type { Labels } from './repository/labels.js'
import { predictModelOf } from './repository/predict-model.js'
import { Repository } from './repository/repository.js'
import { threadScanner } from './repository/scan-thread.js'
import type { RepositorySource } from './repository/scan.js'
import { checkWarmup } from './warmup/check.js'

/** How long the loading of a version may take: large models from a slow disk take minutes. */
const loadWithinMs = 30 * 60_000
/** How long the disk may take to answer before health says so. */
const scanWithinMs = 10_000
/** Beyond the longest request: until the last answer of a version that goes is written. */
const drainMarginMs = 1000

export interface RepositoryParts {
  /** As it was at the start. */
  readonly config: Config
  /** As it is now. */
  readonly current: () => Config
  readonly registry: Registry
  readonly log: Logger
  readonly metrics: Metrics
  readonly engineFor: EngineFor
  readonly journal: Journal
  readonly labels: Labels
  readonly states: BatchingStates
}

/** Nothing is looked at yet. */
export function makeRepository ({ config, current, registry, log, metrics, engineFor, journal, labels, states }: RepositoryParts): Repository {
  const source: RepositorySource = config.modelConfigFile !== undefined
    ? { kind: 'config-file', file: config.modelConfigFile }
    : config.modelName !== undefined && config.modelBasePath !== undefined
      ? { kind: 'base-path', name: config.modelName, basePath: config.modelBasePath }
      : { kind: 'folder', folder: config.models }
  const { modelsLock } = config
  let watchdog: LoopWatchdog | undefined
  return new Repository({
    source,
    registry,
    log,
    engineFor,
    scanner: threadScanner({ withinMs: scanWithinMs }),
    loadWithinMs,
    labels,
    settleMs: () => current().settleTimeMs,
    drainWithinMs: () => current().requestTimeoutMs + drainMarginMs,
    record: change => { journal.add(change) },
    onFailed: ({ model }) => { metrics.versionFailed(model) },
    runExamples: async entry => await runExamples(entry, { timeoutMs: current().requestTimeoutMs, predictModel: predictModelOf(registry) }),
    considerBatching: async (entry, candidate) => { await states.consider(entry, candidate) },
    checkWarmup: async ({ folder }) => { await checkWarmup(folder) },
    firstRequests: async entry => await firstRequests(entry, { timeoutMs: current().requestTimeoutMs, predictModel: predictModelOf(registry) }),
    onLive: ({ model, version, latency }, seconds) => {
      metrics.modelLoaded(model, version.toString(), seconds)
      if (latency !== undefined) metrics.modelWarmed(model, version.toString(), latency.firstMs / 1000, latency.warmMs === undefined ? undefined : latency.warmMs / 1000)
    },
    signaturesOf: async (engine, model, version, deadline) => await getSignatures(async (path, request) => await engine.call(path, request, { deadline, resend: true }), model, version),
    assigningSignatures: async ({ folder, format }) => format === 'saved-model' ? await assigningSignatures(folder) : new Set(),
    pinsOf: modelsLock === undefined ? undefined : async ({ name }, { version }) => await pinsFrom(modelsLock, name, version),
    // Imported with the first handler: schemas and worker threads cost 25 MB that a service of plain models does not need.
    loadHandler: async ({ name, settings }, { version, folder, handlerFile }, { signatures }, pins) => await (await import('./handlers/load.js')).loadHandler({
      file: handlerFile!, model: name, version, folder, signatures, isolate: settings.handler.isolate, timeoutMs: () => settings.handler.timeoutMs ?? current().handlerTimeoutMs, pins, log,
      watchdog: () => watchdog ??= startLoopWatchdog({ service: config.serviceName, pid: process.pid })
    })
  })
}
