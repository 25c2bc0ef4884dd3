// Loads versions of a model folder as serve would, for commands that ask them without a service: the engine, the handlers, nothing that listens.
import { readdirSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { environment } from '../config/environment.js'
import type { EngineKind } from '../engine/engine.js'
import { findModelServer, requireModelServer } from '../engine/find.js'
import { createEngine } from '../engine/supervisor.js'
import { OutriggerError } from '../errors.js'
import { getSignatures } from '../grpc/prediction-service.js'
import { loadHandler } from '../handlers/load.js'
import type { PredictModel } from '../handlers/version-handler.js'
import { Registry, type VersionEntry } from '../inference/registry.js'
import { assigningSignatures } from '../repository/assigns.js'
import { enginePicker } from '../repository/engine-picker.js'
import { predictModelOf } from '../repository/predict-model.js'
import { Repository } from '../repository/repository.js'
import { checkWarmup } from '../warmup/check.js'

/** How long the loading of all versions may take. */
const loadWithinMs = 30 * 60_000

export interface OfflineOptions {
  /** A model's folder, or a version's. */
  readonly folder: string
  readonly engine: 'auto' | EngineKind
  /** The tensorflow_model_server to run; otherwise it is looked for. */
  readonly program: string | undefined
  /** Whether the log goes to standard error. */
  readonly verbose: boolean
  /** Starts the embedded model server; the program's own command unless given. */
  readonly embedded?: readonly string[]
  /** False leaves the versions' warm-up files alone: they are neither checked nor run. */
  readonly warmup?: boolean
}

export interface Loaded {
  /** Newest first; those that did not load are `failed` with their reason. */
  readonly versions: readonly VersionEntry[]
  readonly predictModel: PredictModel
}

/** The model's name and base path, and the one version if the folder is a version's. Throws CONFIG_INVALID. */
export function targetOf (folder: string): { name: string, basePath: string, version: bigint | undefined } {
  const path = resolve(folder)
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `${folder} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, { cause })
  }
  const isVersion = /^\d+$/.test(basename(path)) && !names.some(name => /^\d+$/.test(name))
  if (!isVersion) return { name: basename(path), basePath: path, version: undefined }
  return { name: basename(dirname(path)), basePath: dirname(path), version: BigInt(basename(path)) }
}

/** Loads the versions of the folder, hands them to the work, and ends everything after it. Rejects with CONFIG_INVALID for a folder that holds no model, else as the work does. */
export async function withVersions<T> ({ folder, engine, program, verbose, embedded, warmup = true }: OfflineOptions, work: (loaded: Loaded) => Promise<T>): Promise<T> {
  const engineFlags = warmup ? [] : ['--enable_model_warmup=false']
  const { name, basePath, version } = targetOf(folder)
  const log = pino({ level: verbose ? 'info' : 'silent' }, pino.destination({ dest: 2, sync: true }))
  const registry = new Registry()
  const picker = enginePicker(kind => createEngine({
    kind,
    program: kind === 'tensorflow' ? { file: requireModelServer(program, environment.PATH), args: engineFlags } : { file: process.execPath, args: [...embedded ?? [fileURLToPath(new URL('../cli.js', import.meta.url)), 'model-server'], ...engineFlags] },
    environment,
    log
  }), engine, () => findModelServer(program, environment.PATH) !== undefined)
  const repository = new Repository({
    source: { kind: 'base-path', name, basePath },
    policy: version === undefined ? { kind: 'all' } : { kind: 'specific', versions: [version] },
    registry,
    log,
    engineFor: picker.engineFor,
    loadWithinMs,
    onLive: () => {},
    checkWarmup: warmup ? async found => { await checkWarmup(found.folder) } : undefined,
    signaturesOf: async (one, model, number, deadline) => await getSignatures(async (path, request) => await one.call(path, request, { deadline, resend: true }), model, number),
    assigningSignatures: async found => found.format === 'saved-model' ? await assigningSignatures(found.folder) : new Set(),
    loadHandler: async ({ settings }, found, { signatures }) => await loadHandler({
      file: found.handlerFile!, model: name, version: found.version, folder: found.folder, signatures, isolate: settings.handler.isolate, ...(settings.handler.timeoutMs === undefined ? {} : { timeoutMs: () => settings.handler.timeoutMs! }), log
    })
  })
  try {
    await repository.find()
    const fault = repository.faults()[0]
    if (fault !== undefined) throw new OutriggerError('CONFIG_INVALID', fault.reason)
    await repository.load()
    return await work({ versions: registry.get(name)?.versions ?? [], predictModel: predictModelOf(registry) })
  } finally {
    await repository.close()
    await Promise.all(picker.engines().map(async one => { await one.stop() }))
  }
}
