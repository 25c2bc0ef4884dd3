// Which versions of a model shall be served now: those of its policy and labels that are complete and have come to rest, and which of them are to be loaded. Loads nothing.
import type { Engine } from '../engine/engine.js'
import type { EngineFor } from './engine-picker.js'
import type { Fingerprint } from './fingerprint.js'
import type { KnownModel } from './known-model.js'
import { chooseVersions, type FoundModel, type FoundVersion, type ModelSource } from './scan.js'
import type { Settling } from './settling.js'
import { takenVersion, type TakenVersion } from './version.js'

export interface Choice {
  /** Newest first. */
  readonly chosen: readonly FoundVersion[]
  /** The numbers of those that are to be loaded, with the reason where that is not that the number is new. */
  readonly fresh: ReadonlyMap<bigint, string | undefined>
}

type Labelled = ReadonlyMap<string, bigint>

/**
 * The policy's versions and those that a label names, newest first, of those that are there. "Latest N" counts versions that can be served: older ones
 * stand in for failed ones, which stay chosen until N newer ones serve.
 */
function wantedOf ({ settings: { policy } }: ModelSource, labels: Labelled, versions: readonly FoundVersion[], failed: ReadonlySet<bigint>, known: KnownModel | undefined): FoundVersion[] {
  const latest = policy.kind === 'latest' ? policy.count : undefined
  const good = chooseVersions(policy, latest === undefined ? versions : versions.filter(({ version }) => !failed.has(version)))
  const named = new Set([...good.map(({ version }) => version), ...labels.values()])
  const serving = versions.filter(({ version }) => known?.isAvailable(version) === true)
  const oldest = latest === undefined ? undefined : serving[latest - 1]?.version ?? -1n
  return versions.filter(({ version }) => named.has(version) || (oldest !== undefined && failed.has(version) && version > oldest))
}

const sealedIfAsked = ({ source: { settings }, versions }: FoundModel): readonly FoundVersion[] => settings.seal ? versions.filter(({ sealed }) => sealed) : versions

/** At the start: everything that is there, without waiting, and older versions in place of those of the known model that failed. */
export function chooseAtOnce (model: FoundModel, labels: Labelled, known: KnownModel | undefined): FoundVersion[] { return wantedOf(model.source, labels, sealedIfAsked(model), known?.failed() ?? new Set(), known) }

export interface ChooseOptions {
  readonly settling: Settling
  readonly labels: Labelled
  readonly engineFor: EngineFor
  readonly fingerprints: (folders: readonly string[]) => Promise<readonly (Fingerprint | undefined)[]>
  /** Takes what is there now, tries failed versions again, and takes changed files of a version that serves as a successor. */
  readonly atOnce: boolean
  /** Gathers the folders that were looked at. */
  readonly looked: Set<string>
}

/** Why a version that serves is to be loaded anew from what lies on disk, in words; undefined when it is not. Throws CONFIG_INVALID where the engine's program is missing. */
function successionOf (known: TakenVersion, found: FoundVersion, source: ModelSource, engine: Engine, changed: boolean): string | undefined {
  const { settings } = known.source
  if (found.folder !== known.found.folder) return `it lies in ${found.folder} now`
  if (engine !== known.entry.engine) return `its engine is ${engine.kind} now`
  if (JSON.stringify([settings.handler, settings.retry]) !== JSON.stringify([source.settings.handler, source.settings.retry])) return 'its settings for handler or retry changed'
  return changed ? 'its files were changed' : undefined
}

/**
 * While the service runs: a version that is not at rest is left out, as if it were not there, so that the policy's next one counts.
 * One that failed stays chosen, and is fresh again only when its files have changed since and are at rest. One that serves is fresh when its
 * engine, folder or settings are others, and with `atOnce` when its files are; until then what was loaded serves on.
 */
export async function choose (model: FoundModel, known: KnownModel | undefined, { settling, labels, engineFor, fingerprints, atOnce, looked }: ChooseOptions): Promise<Choice> {
  const { source } = model
  const newest = known?.newest()
  const before = newest === undefined ? undefined : known?.taken.get(newest.version)
  const fresh = new Map<bigint, string | undefined>()
  const unready = new Set<bigint>()
  const failed = known?.failed() ?? new Set<bigint>()
  const versions = sealedIfAsked(model)

  /** The tries so far of the version as it is to be: none, or one that loads, serves or failed. */
  function tried (found: FoundVersion): { one: TakenVersion | undefined, because: string | undefined } {
    const serving = known?.taken.get(found.version)
    if (serving === undefined || serving.entry.state !== 'available') return { one: serving, because: undefined }
    const engine = engineFor(found.format, source.settings.engine)
    const coming = known!.coming.get(found.version)
    const because = successionOf(serving, found, source, engine, known!.changed.has(found.version) && (atOnce || coming !== undefined))
    if (because === undefined) {
      if (coming?.entry.state === 'failed') known!.coming.delete(found.version)
      return { one: serving, because }
    }
    // A try at something else than what is wanted now says nothing of it.
    const same = coming !== undefined && successionOf(coming, found, source, engine, false) === undefined
    return { one: same || coming?.entry.state === 'loading' ? coming : undefined, because }
  }

  async function isReady (found: FoundVersion): Promise<boolean> {
    const { one, because } = tried(found)
    if (one !== undefined && one.entry.state !== 'failed') return true
    const serves = known?.isAvailable(found.version) === true
    looked.add(found.folder)
    const [files] = await fingerprints([found.folder])
    if (files === undefined) return one !== undefined || serves
    const lacking = before !== undefined && before.found.extras.some(part => !found.extras.includes(part))
    // What was loaded from this very folder has been at rest before.
    const settled = settling.settled(found.folder, files.print, lacking) || (serves && files.print === known?.taken.get(found.version)?.files)
    if (files.unfinished === undefined && (atOnce || (settled && files.print !== one?.files))) {
      fresh.set(found.version, because)
      return true
    }
    return one !== undefined || serves
  }

  for (;;) {
    const stillFailed = new Set([...failed].filter(version => !fresh.has(version)))
    const chosen = wantedOf(source, labels, versions.filter(({ version }) => !unready.has(version)), stillFailed, known)
    const open = chosen.filter(({ version }) => !fresh.has(version))
    const decided = unready.size + fresh.size
    for (const found of open) if (!await isReady(found)) unready.add(found.version)
    if (unready.size + fresh.size === decided) return { chosen, fresh }
  }
}

/** Entries for the versions that are to be loaded. Throws CONFIG_INVALID where an engine's program is missing. */
export const begin = (source: ModelSource, { chosen, fresh }: Choice, engineFor: EngineFor): TakenVersion[] => chosen
  .filter(({ version }) => fresh.has(version))
  .map(found => takenVersion(source, found, engineFor(found.format, source.settings.engine), fresh.get(found.version)))
