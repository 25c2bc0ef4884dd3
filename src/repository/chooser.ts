// Which versions of a model shall be served now: those of its policy and labels that are complete and have come to rest. Loads nothing.
import { fingerprint } from './fingerprint.js'
import type { KnownModel } from './known-model.js'
import { chooseVersions, findVersions, type FoundVersion, type ModelSource } from './scan.js'
import type { Settling } from './settling.js'

export interface Choice {
  /** Newest first. */
  readonly chosen: readonly FoundVersion[]
  /** Those of them that are to be loaded. */
  readonly fresh: ReadonlySet<bigint>
}

type Labelled = ReadonlyMap<string, bigint>

/** The policy's versions and those that a label names, newest first, of those that are there. */
function wantedOf ({ settings: { policy } }: ModelSource, labels: Labelled, versions: readonly FoundVersion[]): FoundVersion[] {
  const named = new Set([...chooseVersions(policy, versions).map(({ version }) => version), ...labels.values()])
  return versions.filter(({ version }) => named.has(version))
}

const sealedIfAsked = ({ settings, basePath }: ModelSource): FoundVersion[] => findVersions(basePath).filter(({ sealed }) => sealed || !settings.seal)

/** At the start: everything that is there, without waiting. */
export function chooseAtOnce (source: ModelSource, labels: Labelled): FoundVersion[] { return wantedOf(source, labels, sealedIfAsked(source)) }

export interface ChooseOptions {
  readonly settling: Settling
  readonly labels: Labelled
  /** Takes what is there now, and tries failed versions again. */
  readonly atOnce: boolean
  /** Gathers the folders that were looked at. */
  readonly looked: Set<string>
}

/**
 * While the service runs: a version that is not at rest is left out, as if it were not there, so that the policy's next one counts.
 * One that failed stays chosen, and is fresh again only when its files have changed since and are at rest.
 */
export async function choose (source: ModelSource, model: KnownModel | undefined, { settling, labels, atOnce, looked }: ChooseOptions): Promise<Choice> {
  const newest = model?.newest()
  const before = newest === undefined ? undefined : model?.taken.get(newest.version)
  const fresh = new Set<bigint>()
  const unready = new Set<bigint>()
  const versions = sealedIfAsked(source)

  async function isReady (found: FoundVersion): Promise<boolean> {
    const known = model?.taken.get(found.version)
    if (known !== undefined && known.entry.state !== 'failed') return true
    looked.add(found.folder)
    const files = await fingerprint(found.folder)
    if (files === undefined) return known !== undefined
    const lacking = before !== undefined && before.found.extras.some(part => !found.extras.includes(part))
    const settled = settling.settled(found.folder, files.print, lacking)
    if (files.unfinished === undefined && (atOnce || (settled && files.print !== known?.files))) {
      fresh.add(found.version)
      return true
    }
    return known !== undefined
  }

  for (;;) {
    const chosen = wantedOf(source, labels, versions.filter(({ version }) => !unready.has(version)))
    const open = chosen.filter(({ version }) => !fresh.has(version))
    const left = unready.size
    for (const found of open) if (!await isReady(found)) unready.add(found.version)
    if (unready.size === left) return { chosen, fresh }
  }
}
