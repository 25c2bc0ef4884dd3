// The change journal: what changed in the service, when, from what to what, and by whom. Bounded in memory; kept in a file of JSON lines where a folder is given. Knows no HTTP.
import { appendFile, mkdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'

export const changeKinds = ['start', 'drain', 'version-live', 'version-failed', 'version-removed', 'files-changed', 'label-moved', 'reload', 'engine-restart', 'engine-replaced', 'engine-replace-failed'] as const
export type ChangeKind = (typeof changeKinds)[number]

/** What is told of a change; the journal adds number and time. */
export interface ChangeNews {
  readonly what: ChangeKind
  readonly model?: string
  /** What it was before and is now: a version, for labels as well; a process id for an engine that was replaced. */
  readonly from?: string | null
  readonly to?: string | null
  /** Who or what caused it. */
  readonly by: string
  readonly reason?: string
}

export interface Change extends ChangeNews {
  /** Rises by one with every change, over restarts too where the journal is kept. */
  readonly id: number
  /** ISO 8601, UTC. */
  readonly at: string
}

/** Changes that can be asked for; at a few hundred bytes each the memory stays below a megabyte. */
const maxKept = 1000
/** Beyond this the file becomes changes.1.jsonl, in place of the one before. */
const maxFileBytes = 4 * 1024 * 1024
/** A reason can hold a whole stack of the model server. */
const maxReason = 4000

export interface JournalOptions {
  /** Folder of the file changes.jsonl; without it the journal ends with the process. */
  readonly folder?: string | undefined
  readonly log: Pick<Logger, 'error' | 'warn'>
  readonly now?: () => number
  readonly maxFileBytes?: number
}

export class Journal {
  readonly #options: JournalOptions
  #changes: Change[] = []
  #lastId = 0
  #writing = Promise.resolve()
  #broken = false

  constructor (options: JournalOptions) { this.#options = options }

  /** Reads what was kept. To be awaited before the first change; a line that cannot be read, as after a crash, is left out. */
  async open (): Promise<void> {
    const { folder, log } = this.#options
    if (folder === undefined) return
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const texts = await Promise.all([this.#file('changes.1.jsonl'), this.#file('changes.jsonl')].map(async file => await readFile(file, 'utf8').catch(() => '')))
      this.#changes = texts.join('\n').split('\n').flatMap(readLine).slice(-maxKept)
      this.#lastId = this.#changes.at(-1)?.id ?? 0
      // A line that was cut off must not swallow the next one.
      if (texts[1] !== '' && !texts[1]!.endsWith('\n')) await appendFile(this.#file('changes.jsonl'), '\n')
    } catch (error) {
      log.error({ err: error, folder }, 'the change journal cannot be kept')
    }
  }

  /** Notes a change. Never throws: a disk that is full or read-only costs only what is kept, and is logged once. */
  add (news: ChangeNews): void {
    const { now = Date.now } = this.#options
    const reason = news.reason === undefined ? {} : { reason: news.reason.slice(0, maxReason) }
    const change: Change = { id: ++this.#lastId, at: new Date(now()).toISOString(), ...news, ...reason }
    this.#changes.push(change)
    if (this.#changes.length > maxKept) this.#changes.shift()
    if (this.#options.folder !== undefined) this.#writing = this.#writing.then(async () => { await this.#append(change) })
  }

  /** The newest changes first, at most `limit` of them. */
  list (limit: number): Change[] { return this.#changes.slice(-limit).reverse() }

  /** Resolves when all that was noted is written. */
  async close (): Promise<void> { await this.#writing }

  #file (name: string): string { return join(this.#options.folder!, name) }

  async #append (change: Change): Promise<void> {
    const file = this.#file('changes.jsonl')
    try {
      const { size } = await stat(file).catch(() => ({ size: 0 }))
      if (size > (this.#options.maxFileBytes ?? maxFileBytes)) await rename(file, this.#file('changes.1.jsonl'))
      await appendFile(file, `${JSON.stringify(change)}\n`, { mode: 0o600 })
      if (this.#broken) this.#options.log.warn({ file }, 'the change journal is kept again')
      this.#broken = false
    } catch (error) {
      if (!this.#broken) this.#options.log.error({ err: error, file }, 'the change journal cannot be written')
      this.#broken = true
    }
  }
}

function readLine (line: string): Change[] {
  try {
    const value = JSON.parse(line) as Partial<Change> | null
    return typeof value?.id === 'number' && typeof value.at === 'string' && typeof value.what === 'string' && typeof value.by === 'string' ? [value as Change] : []
  } catch {
    return []
  }
}
