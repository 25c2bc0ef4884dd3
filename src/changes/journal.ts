// The change journal: what changed in the service, when, from what to what, and by whom. Bounded in memory; kept in a file of JSON lines where a folder is given. Knows no HTTP.
import { appendFile, mkdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'

export const changeKinds = ['start', 'drain', 'version-live', 'version-failed', 'version-removed', 'files-changed', 'label-moved', 'reload', 'setting-changed', 'setting-waiting', 'settings-refused', 'engine-restart', 'engine-replaced', 'engine-replace-failed'] as const
export type ChangeKind = (typeof changeKinds)[number]

/** What is told of a change; the journal adds number and time. */
export interface ChangeNews {
  readonly what: ChangeKind
  readonly model?: string
  /** The key in the settings file. */
  readonly setting?: string
  /** What it was before and is now: a version, for labels as well; a process id for an engine that was replaced; a setting's value, secrets hidden. */
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
/** How long after a failed write the next try comes. */
const retryMs = 1500
/** A reason can hold a whole stack of the model server. */
const maxReason = 4000

export interface JournalOptions {
  /** Folder of the file changes.jsonl; without it the journal ends with the process. */
  readonly folder?: string | undefined
  readonly log: Pick<Logger, 'error' | 'warn'>
  readonly now?: () => number
  readonly maxFileBytes?: number
  readonly retryMs?: number
}

export class Journal {
  readonly #options: JournalOptions
  #changes: Change[] = []
  #lastId = 0
  #writing = Promise.resolve()
  /** Not in the file yet, oldest first. */
  #unwritten: Change[] = []
  #fault: string | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

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

  /** Notes a change. Never throws: what a disk that is full or read-only does not take is written once it does, as far as it is still in memory. */
  add (news: ChangeNews): void {
    const { now = Date.now } = this.#options
    const reason = news.reason === undefined ? {} : { reason: news.reason.slice(0, maxReason) }
    const change: Change = { id: ++this.#lastId, at: new Date(now()).toISOString(), ...news, ...reason }
    this.#changes.push(change)
    if (this.#changes.length > maxKept) this.#changes.shift()
    if (this.#options.folder === undefined) return
    this.#unwritten.push(change)
    if (this.#unwritten.length > maxKept) this.#unwritten.shift()
    this.#flush()
  }

  /** Why changes are not kept now, in words; undefined while they are. */
  fault (): string | undefined { return this.#fault }

  /** The newest changes first, at most `limit` of them. */
  list (limit: number): Change[] { return this.#changes.slice(-limit).reverse() }

  /** Resolves when all that was noted is written, or could not be. */
  async close (): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    await this.#writing
  }

  #file (name: string): string { return join(this.#options.folder!, name) }

  #flush (): void {
    clearTimeout(this.#retry)
    this.#writing = this.#writing.then(async () => { await this.#write() })
  }

  async #write (): Promise<void> {
    const { folder, log } = this.#options
    const file = this.#file('changes.jsonl')
    try {
      for (let change = this.#unwritten[0]; change !== undefined; change = this.#unwritten[0]) {
        await mkdir(folder!, { recursive: true, mode: 0o700 })
        const { size } = await stat(file).catch(() => ({ size: 0 }))
        if (size > (this.#options.maxFileBytes ?? maxFileBytes)) await rename(file, this.#file('changes.1.jsonl'))
        // A disk that was full may have cut off a line.
        await appendFile(file, `${this.#fault === undefined ? '' : '\n'}${JSON.stringify(change)}\n`, { mode: 0o600 })
        if (this.#unwritten[0] === change) this.#unwritten.shift()
        if (this.#fault !== undefined) log.warn({ file }, 'the change journal is kept again')
        this.#fault = undefined
      }
    } catch (error) {
      if (this.#fault === undefined) log.error({ err: error, file }, 'the change journal cannot be written')
      this.#fault = `the change journal cannot be written to ${file}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`
      if (this.#closed) return
      this.#retry = setTimeout(() => { this.#flush() }, this.#options.retryMs ?? retryMs)
      this.#retry.unref()
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
