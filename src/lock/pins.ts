// The files of a version by their checksums: whether those in its folder are the pinned ones, and stayed so while they were read. Knows no models.lock.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OutriggerError } from '../errors.js'
import { fileChecksum } from '../file-checksum.js'

/** sha256 (hex) by path below the version's folder, with slashes. */
export type Pins = ReadonlyMap<string, string>

/** Pinned files that are what they must be. */
export interface HeldPins {
  /** Rejects with MODEL_NOT_PINNED when any file was touched since before it was checked. What was read of the files in between is then what was checked, or this rejects. */
  readonly confirm: () => Promise<void>
}

/** The seal says that a version is complete; it is written last, by others. All else counts: a handler may import any file, and examples decide what goes live. */
const seal = '.complete'
/** A version of more files than this is none. */
const maxFiles = 20_000
/** A file system's clock moves in steps (a few milliseconds): a file changed so recently could change once more within the same step, unseen. */
const clockStepMs = 30

const refuse = (why: string): never => { throw new OutriggerError('MODEL_NOT_PINNED', why) }

interface Seen { readonly path: string, readonly stamp: string, readonly changedMs: number }

async function filesOf (folder: string, wanted: (path: string) => boolean): Promise<Seen[]> {
  const files: Seen[] = []
  async function walk (below: string): Promise<void> {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (path === seal) continue
      if (entry.isDirectory()) { await walk(path); continue }
      if (!wanted(path)) continue
      const found = await stat(join(folder, path), { bigint: true })
      // Its files would come and go unseen.
      if (!found.isFile()) refuse(`${path} is ${found.isDirectory() ? 'a link to a folder, whose files cannot be pinned' : 'no file'}`)
      files.push({ path, stamp: [path, found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' '), changedMs: Number(found.ctimeNs / 1_000_000n) })
      if (files.length > maxFiles) refuse(`it has more than ${maxFiles} files`)
    }
  }
  await walk('')
  return files.sort((a, b) => a.path < b.path ? -1 : 1)
}

const stampOf = (files: readonly Seen[]): string => files.map(({ stamp }) => stamp).join('\n')

/** Looks at the files until none was changed so recently that a further change would not show. */
async function restingFiles (folder: string, wanted: (path: string) => boolean): Promise<Seen[]> {
  for (let tries = 0; ; tries++) {
    const files = await filesOf(folder, wanted)
    const ages = files.map(({ changedMs }) => Date.now() - changedMs)
    // A clock of the file system that is ahead of ours is waited for a while, and no longer.
    if (tries >= 50 || ages.every(age => age > clockStepMs)) return files
    await sleep(clockStepMs)
  }
}

async function checksums (folder: string, files: readonly Seen[]): Promise<Map<string, string>> {
  const sums = new Map<string, string>()
  for (const { path } of files) sums.set(path, await fileChecksum(join(folder, path)))
  return sums
}

/** Pins of all that lies in a version's folder. Rejects with MODEL_NOT_PINNED where that cannot be pinned, else with the system's error. */
export async function pinsOf (folder: string): Promise<Pins> { return await checksums(folder, await filesOf(folder, () => true)) }

/** What is otherwise than pinned, as a sentence; undefined when nothing is. */
export function pinFault (pinned: Pins, found: Pins): string | undefined {
  const faults = [
    ...[...found].flatMap(([path, sum]) => pinned.get(path) === sum ? [] : [`${path} ${pinned.has(path) ? 'is not what is pinned' : 'is not pinned'}`]),
    ...[...pinned.keys()].filter(path => !found.has(path)).map(path => `${path} is pinned and not there`)
  ]
  return faults.length === 0 ? undefined : faults.length > 5 ? `${faults.slice(0, 5).join('; ')}; and ${faults.length - 5} more` : faults.join('; ')
}

/**
 * Checks the files of a version's folder against their pins, all or those that are wanted. Rejects with MODEL_NOT_PINNED.
 * The files' change times (which no ordinary writer can set) are noted before their contents are read; whoever loads them asks `confirm` after the load.
 */
export async function holdPins (folder: string, pinned: Pins, wanted: (path: string) => boolean = () => true): Promise<HeldPins> {
  const files = await restingFiles(folder, wanted)
  const fault = pinFault(new Map([...pinned].filter(([path]) => wanted(path))), await checksums(folder, files))
  if (fault !== undefined) refuse(fault)
  const before = stampOf(files)
  return { confirm: async () => { if (stampOf(await filesOf(folder, wanted)) !== before) refuse('its files were touched while they were loaded') } }
}

/** What a model server reads and a handler does not; the rest is looked at again for each thread that loads the handler. */
const servableFiles = /^(variables\/|saved_model\.pb|model\.(onnx|h5|hdf5|keras|pmml)$)/

export const isHandlersFile = (path: string): boolean => !servableFiles.test(path)
