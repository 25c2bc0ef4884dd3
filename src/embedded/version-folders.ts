// Which versions lie under a model's base path, and which of them a policy wants. Source of the rules: tensorflow_serving/sources/storage_path/file_system_storage_path_source.cc.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from './formats/format.js'
import { NOT_FOUND } from './status.js'
import type { VersionPolicy } from '../config/text-proto.js'

const maxVersion = 2n ** 63n - 1n

/**
 * Version folders of a base path, newest first: entries whose whole name is a number, leading zeros allowed (`00000123` is 123).
 * Throws ModelError(NOT_FOUND) when the base path is not there.
 */
export async function findVersions (basePath: string, model: string): Promise<{ version: bigint, folder: string }[]> {
  let names: string[]
  try {
    names = await readdir(basePath)
  } catch (cause) {
    throw new ModelError(NOT_FOUND, `Could not find base path ${basePath} for servable ${model}`, { cause })
  }
  const found = new Map<bigint, string>()
  for (const name of names.sort()) {
    if (!/^\d{1,32}$/.test(name)) continue
    const version = BigInt(name)
    // Of two names for one version the shorter one counts, so that it does not depend on the order of the disk.
    if (version <= maxVersion && (found.get(version)?.length ?? Infinity) > name.length) found.set(version, name)
  }
  return [...found].sort(([a], [b]) => a < b ? 1 : -1).map(([version, name]) => ({ version, folder: join(basePath, name) }))
}

/** What the policy wants of the versions found (newest first). Specific versions that are not there are passed over. */
export function chooseVersions<T extends { readonly version: bigint }> (found: readonly T[], policy: VersionPolicy): T[] {
  switch (policy.kind) {
    case 'all': return [...found]
    case 'latest': return found.slice(0, Math.max(1, policy.count))
    case 'specific': return found.filter(({ version }) => policy.versions.includes(version))
  }
}
