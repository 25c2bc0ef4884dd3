// Finds models and their versions on disk: names, base paths, version folders, formats. Reads file names and model.yaml only; loads nothing. Blocks its thread.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defaultModelSettings, parseModelSettings, type ModelSettings } from '../config/model-settings.js'
import { parseModelServerConfig, type VersionPolicy } from '../config/text-proto.js'
import { OutriggerError } from '../errors.js'

/** Where models come from; exactly one of the three. */
export type RepositorySource =
  | { readonly kind: 'folder', readonly folder: string }
  | { readonly kind: 'config-file', readonly file: string }
  | { readonly kind: 'base-path', readonly name: string, readonly basePath: string }

export interface ModelSource {
  readonly name: string
  readonly basePath: string
  readonly settings: ModelSettings
}

/** A model that cannot be looked at: its settings or its folder are at fault. With a version: that one only. */
export interface ModelFault { readonly model: string, readonly version?: bigint, readonly required: boolean, readonly reason: string }

/** A model and the complete versions that lie in its base path, newest first. */
export interface FoundModel { readonly source: ModelSource, readonly versions: readonly FoundVersion[] }

export interface FoundVersion {
  readonly version: bigint
  readonly folder: string
  readonly format: string
  /** The handler's file, if the version has one. */
  readonly handlerFile: string | undefined
  /** Whether the file `.complete` is there, which `seal: true` waits for. */
  readonly sealed: boolean
  /** The parts besides the servable that are there: the handler, examples. A successor without them is most likely not complete. */
  readonly extras: readonly string[]
}

export const isFault = (one: FoundModel | ModelSource | ModelFault): one is ModelFault => 'reason' in one

/** The file that says: this version is complete. */
const seal = '.complete'

const formatFiles: readonly (readonly [file: RegExp, format: string])[] = [
  [/^saved_model\.pb(txt)?$/, 'saved-model'],
  [/^model\.onnx$/, 'onnx'],
  [/^model\.(h5|hdf5|keras)$/, 'keras'],
  [/^model\.pmml$/, 'pmml'],
  [/^manifest\.yaml$/, 'manifest']
]

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

function settingsOf (basePath: string): ModelSettings {
  const file = join(basePath, 'model.yaml')
  let source: string
  try {
    source = readText(file)
  } catch (error) {
    if (isMissing(error)) return defaultModelSettings
    throw error
  }
  return parseModelSettings(source, file)
}

/** A pipe in place of a file would hang its reader. */
function readText (file: string): string {
  if (!statSync(file).isFile()) throw new OutriggerError('CONFIG_INVALID', `${file} is not a file`)
  return readFileSync(file, 'utf8')
}

/** A model from a listed base path: the list's policy and labels come before model.yaml's. */
function listed (name: string, basePath: string, policy?: VersionPolicy, labels?: ReadonlyMap<string, bigint>): ModelSource | ModelFault {
  try {
    const settings = settingsOf(basePath)
    return { name, basePath, settings: { ...settings, policy: policy ?? settings.policy, labels: labels !== undefined && labels.size > 0 ? labels : settings.labels } }
  } catch (error) {
    return { model: name, required: true, reason: (error as Error).message }
  }
}

/** The models of a source, in the source's order. Throws CONFIG_INVALID when the source itself cannot be read. */
export function findModels (source: RepositorySource): (ModelSource | ModelFault)[] {
  if (source.kind === 'base-path') return [listed(source.name, resolve(source.basePath))]
  try {
    if (source.kind === 'config-file') {
      return parseModelServerConfig(readText(source.file)).map(model => listed(model.name, resolve(model.basePath), model.policy, model.labels))
    }
    return readdirSync(source.folder, { withFileTypes: true })
      .filter(entry => !entry.name.startsWith('.') && isFolder(join(source.folder, entry.name)))
      .filter(entry => namesIn(join(source.folder, entry.name)).some(name => name === 'model.yaml' || /^\d+$/.test(name)))
      .map(entry => listed(entry.name, resolve(source.folder, entry.name)))
  } catch (error) {
    if (error instanceof OutriggerError) throw new OutriggerError(error.code, source.kind === 'config-file' && !error.message.startsWith(source.file) ? `${source.file}: ${error.message}` : error.message, { cause: error })
    const what = source.kind === 'config-file' ? `The model config file ${source.file}` : `The model repository ${source.folder}`
    throw new OutriggerError('CONFIG_INVALID', `${what} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`, { cause: error })
  }
}

/** The models of a source with their versions: one look. A model whose folder cannot be read is a fault of its own. Throws CONFIG_INVALID when the source itself cannot be read. */
export function lookAt (source: RepositorySource): (FoundModel | ModelFault)[] {
  return findModels(source).map(one => {
    if (isFault(one)) return one
    try {
      return { source: one, versions: findVersions(one.basePath) }
    } catch (error) {
      return { model: one.name, required: one.settings.required, reason: `${one.basePath} cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}` }
    }
  })
}

/** The names in a folder; none when it has gone away since it was listed. */
function namesIn (folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function isFolder (path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/**
 * The complete version folders of a base path, newest first. A version's folder is named by digits only (`00000123` is version 123), as in TensorFlow Serving;
 * one without the file of a known format is still being copied or is none of ours, and is left out. Of two folders for the same number the first by name counts.
 */
export function findVersions (basePath: string): FoundVersion[] {
  let names: string[]
  try {
    names = readdirSync(basePath).sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
  const found = new Map<bigint, FoundVersion>()
  for (const name of names) {
    if (!/^\d{1,25}$/.test(name)) continue
    const version = BigInt(name)
    const folder = join(basePath, name)
    if (version >= 2n ** 63n || found.has(version) || !isFolder(folder)) continue
    const files = namesIn(folder)
    const format = formatFiles.find(([pattern]) => files.some(file => pattern.test(file)))?.[1]
    if (format === undefined) continue
    found.set(version, { version, folder, format, handlerFile: files.includes('handler.ts') ? join(folder, 'handler.ts') : undefined, sealed: files.includes(seal), extras: files.filter(file => file === 'handler.ts' || file === 'examples') })
  }
  return [...found.values()].sort((a, b) => a.version < b.version ? 1 : -1)
}

/** The versions that a policy serves, newest first, out of those that are there. */
export function chooseVersions (policy: VersionPolicy, versions: readonly FoundVersion[]): FoundVersion[] {
  if (policy.kind === 'all') return [...versions]
  if (policy.kind === 'latest') return versions.slice(0, policy.count)
  return versions.filter(({ version }) => policy.versions.includes(version))
}
