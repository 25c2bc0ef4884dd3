// The list of models that a model server shall serve: checked against the disk, and written as a reload request. Knows no process.
import { readdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { codecs } from '../grpc/protos.js'
import type { ServableList } from './engine.js'
import { within } from './within.js'

/** How long a share that is slow, or away, may hold up a push: it holds up those behind it too. */
const diskWithinMs = 10_000

/** Which of these versions have a folder in the base path that holds anything. A folder `00000123` is version 123. */
async function versionsAt (basePath: string, wanted: ReadonlySet<bigint>): Promise<Set<bigint>> {
  const present = new Set<bigint>()
  try {
    for (const entry of await readdir(basePath, { withFileTypes: true })) {
      const version = !entry.isFile() && /^\d{1,19}$/.test(entry.name) ? BigInt(entry.name) : undefined
      if (version !== undefined && wanted.has(version) && (await readdir(join(basePath, entry.name))).length > 0) present.add(version)
    }
  } catch {
    return new Set()
  }
  return present
}

/** The versions of each list that have no folder with anything in it, one base path after another. Rejects with MODEL_FAILED_PRECONDITION when the disk does not say so in time. */
export async function missingVersions (models: readonly ServableList[], withinMs = diskWithinMs): Promise<bigint[][]> {
  const end = now() + withinMs
  const missing: bigint[][] = []
  for (const { name, basePath, versions } of models) {
    const present = await within(end - now(), versionsAt(basePath, new Set(versions)))
    if (present === undefined) throw new OutriggerError('MODEL_FAILED_PRECONDITION', `model ${name}: ${basePath} could not be read within ${withinMs} ms`, { model: name })
    missing.push(versions.filter(version => !present.has(version)))
  }
  return missing
}

/**
 * Rejects with MODEL_FAILED_PRECONDITION for a list that would hang the server or be refused by it: a reload that names a base path without
 * its version folders is never answered, and neither is any later one. So does a disk that does not answer in time.
 */
export async function checkServables (models: readonly ServableList[]): Promise<void> {
  const refuse = (model: string, why: string): never => { throw new OutriggerError('MODEL_FAILED_PRECONDITION', `model ${model}: ${why}`, { model }) }
  const names = new Set<string>()
  for (const model of models) {
    if (model.name === '') refuse('""', 'a model needs a name')
    if (names.has(model.name)) refuse(model.name, 'it is listed twice')
    names.add(model.name)
    if (!isAbsolute(model.basePath)) refuse(model.name, `the base path ${model.basePath} is not absolute`)
    if (model.versions.length === 0) refuse(model.name, 'no version of it is listed')
  }
  const missing = await missingVersions(models)
  for (const [i, model] of models.entries()) if (missing[i]!.length > 0) refuse(model.name, `${model.basePath} has no folder of version ${missing[i]!.join(', ')}, or an empty one`)
}

/** What of the list can be pushed now: versions without a folder left out, and models without a version. Rejects as missingVersions. */
export async function pushable (models: readonly ServableList[]): Promise<ServableList[]> {
  const missing = await missingVersions(models)
  return models
    .map((model, i) => missing[i]!.length === 0 ? model : { ...model, versions: model.versions.filter(version => !missing[i]!.includes(version)) })
    .filter(model => model.versions.length > 0)
}

/** The bytes of a ReloadConfigRequest for this list: specific versions, no labels. */
export function reloadRequest (models: readonly ServableList[]): Buffer {
  const config = models.map(({ name, basePath, versions }) => ({
    name,
    base_path: basePath,
    model_platform: 'tensorflow',
    model_version_policy: { specific: { versions: versions.map(String) } }
  }))
  return codecs.reloadConfigRequest.encode({ config: { model_config_list: { config } } })
}
