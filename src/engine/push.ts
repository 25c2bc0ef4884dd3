// The list of models that a model server shall serve: checked against the disk, and written as a reload request. Knows no process.
import { readdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { OutriggerError } from '../errors.js'
import { codecs } from '../grpc/protos.js'
import type { ServableList } from './engine.js'

/** Version numbers of the folders in a base path that hold anything. A folder `00000123` is version 123. */
function versionsAt (basePath: string): Set<bigint> {
  try {
    const folders = readdirSync(basePath, { withFileTypes: true }).filter(entry => !entry.isFile() && /^\d{1,19}$/.test(entry.name))
    return new Set(folders.filter(({ name }) => readdirSync(join(basePath, name)).length > 0).map(({ name }) => BigInt(name)))
  } catch {
    return new Set()
  }
}

/** The versions of the list that have no folder with anything in it. */
export function missingVersions ({ basePath, versions }: ServableList): bigint[] {
  const present = versionsAt(basePath)
  return versions.filter(version => !present.has(version))
}

/**
 * Throws MODEL_FAILED_PRECONDITION for a list that would hang the server or be refused by it: a reload that names a base path without
 * its version folders is never answered, and neither is any later one.
 */
export function checkServables (models: readonly ServableList[]): void {
  const refuse = (model: string, why: string): never => { throw new OutriggerError('MODEL_FAILED_PRECONDITION', `model ${model}: ${why}`, { model }) }
  const names = new Set<string>()
  for (const model of models) {
    if (model.name === '') refuse('""', 'a model needs a name')
    if (names.has(model.name)) refuse(model.name, 'it is listed twice')
    names.add(model.name)
    if (!isAbsolute(model.basePath)) refuse(model.name, `the base path ${model.basePath} is not absolute`)
    if (model.versions.length === 0) refuse(model.name, 'no version of it is listed')
    const missing = missingVersions(model)
    if (missing.length > 0) refuse(model.name, `${model.basePath} has no folder of version ${missing.join(', ')}, or an empty one`)
  }
}

/** What of the list can be pushed now: versions without a folder left out, and models without a version. */
export function pushable (models: readonly ServableList[]): ServableList[] {
  return models.map(model => {
    const missing = missingVersions(model)
    return missing.length === 0 ? model : { ...model, versions: model.versions.filter(version => !missing.includes(version)) }
  }).filter(model => model.versions.length > 0)
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
