// What has become on disk of the versions that serve: whose folder is away and since when, whose files are not the ones that were loaded. Tells it; decides nothing.
import type { Logger } from 'pino'
import type { ChangeNews } from '../changes/journal.js'
import { ChangedFiles } from './changed-files.js'
import type { KnownModel } from './known-model.js'
import type { Scanner } from './scanner.js'
import type { TakenVersion } from './version.js'

export interface OnDiskOptions {
  readonly scanner: Scanner
  readonly log: Logger
  readonly record: (news: ChangeNews) => void
  /** Monotonic, in milliseconds. */
  readonly now: () => number
}

export class OnDisk {
  readonly #options: OnDiskOptions
  readonly #changed: ChangedFiles

  constructor (options: OnDiskOptions) {
    this.#options = options
    this.#changed = new ChangedFiles(options.scanner)
  }

  /** Keeps each version's `goneSince` and each model's `changed`. `folders` are those that the last look found; `named` models are looked at whole. Never rejects. */
  async note (models: readonly KnownModel[], folders: ReadonlySet<string>, named: ReadonlySet<string>, by: string): Promise<void> {
    const { scanner, log, record, now } = this.#options
    const unseen: TakenVersion[] = []
    for (const taken of models.flatMap(model => [...model.taken.values()])) {
      if (folders.has(taken.found.folder)) taken.goneSince = undefined
      else if (taken.entry.state === 'available') unseen.push(taken)
    }
    try {
      const prints = await scanner.fingerprints(unseen.map(({ found }) => found.folder))
      for (const [i, taken] of unseen.entries()) taken.goneSince = prints[i] === undefined ? taken.goneSince ?? now() : undefined
      for (const { model, taken: { entry } } of await this.#changed.look(models, named)) {
        const version = entry.version.toString()
        const reason = 'its files were changed; what was loaded serves on'
        log.warn({ model: model.name, version, folder: entry.folder }, 'the files of a version that serves were changed; what was loaded serves on until a reload of the model')
        record({ what: 'files-changed', model: model.name, from: version, to: version, by, reason })
      }
    } catch (error) {
      log.warn({ err: error }, 'the files of the versions that serve could not be looked at')
    }
  }
}
