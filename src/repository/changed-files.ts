// Whether the files of versions that serve are still the ones that were loaded: a few of them at every look, by their fingerprint, and where that differs by their checksums. Decides nothing.
import { fileChecksum } from '../file-checksum.js'
import { servableChecksum } from './checksum.js'
import type { KnownModel } from './known-model.js'
import type { Scanner } from './scanner.js'
import type { TakenVersion } from './version.js'

/** So many are looked at each time, so that a look stays cheap where hundreds of models are served. */
const atATime = 100

async function isSame ({ entry, found }: TakenVersion): Promise<boolean> {
  try {
    const handler = found.handlerFile === undefined ? undefined : await fileChecksum(found.handlerFile)
    return handler === entry.handlerChecksum && await servableChecksum(found.folder) === entry.checksum
  } catch {
    return false
  }
}

export class ChangedFiles {
  readonly #scanner: Scanner
  #next = 0

  constructor (scanner: Scanner) { this.#scanner = scanner }

  /**
   * Looks at the next available versions, or at all of those models that are named. Keeps each model's `changed`, and returns what was found changed
   * for the first time. A copy of the same content over itself is no change. Rejects as the scanner does.
   */
  async look (models: readonly KnownModel[], named: ReadonlySet<string>): Promise<{ model: KnownModel, taken: TakenVersion }[]> {
    const all = models.flatMap(model => [...model.taken.values()]
      // Without a checksum yet there is nothing to compare with.
      .filter(({ entry, goneSince, files }) => entry.state === 'available' && goneSince === undefined && files !== undefined && entry.checksum !== undefined)
      .map(taken => ({ model, taken })))
    if (this.#next >= all.length) this.#next = 0
    const chosen = all.filter(({ model }, i) => named.has(model.name) || (i >= this.#next && i < this.#next + atATime))
    this.#next += atATime
    const prints = await this.#scanner.fingerprints(chosen.map(({ taken }) => taken.found.folder))
    const fresh: { model: KnownModel, taken: TakenVersion }[] = []
    for (const [i, one] of chosen.entries()) {
      const { model, taken } = one
      const print = prints[i]?.print
      const { version } = taken.entry
      const same = print === taken.files || print === undefined || await isSame(taken)
      // It may have been replaced meanwhile.
      if (print === undefined || model.taken.get(version) !== taken) continue
      if (same) {
        taken.files = print
        model.changed.delete(version)
      } else if (!model.changed.has(version)) {
        model.changed.add(version)
        fresh.push(one)
      }
    }
    return fresh
  }
}
