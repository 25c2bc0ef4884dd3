// The labels of models as they are in force: what model.yaml says, and what was moved by hand since. Keeps the latter in a file where a folder is given.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'

/** A move by hand holds until model.yaml says something new of the label. */
interface Move { readonly version: string, readonly written: string | null }

type Moves = Readonly<Record<string, Readonly<Record<string, Move>>>>

export interface LabelsOptions {
  /** Folder of the file labels.json; without it moves by hand end with the process. */
  readonly folder?: string | undefined
  readonly log: Pick<Logger, 'error'>
}

const isMove = (value: unknown): value is Move => typeof value === 'object' && value !== null && /^\d{1,19}$/.test(String((value as Move).version)) && ((value as Move).written === null || typeof (value as Move).written === 'string')

export class Labels {
  readonly #options: LabelsOptions
  #moves: Moves = Object.create(null) as Moves
  #writing = Promise.resolve()
  #fault: string | undefined

  constructor (options: LabelsOptions) { this.#options = options }

  /** Reads what was kept; to be awaited before anything else. A file that cannot be read is logged and counts as empty. */
  async open (): Promise<void> {
    const { folder, log } = this.#options
    if (folder === undefined) return
    try {
      const kept = JSON.parse(await readFile(join(folder, 'labels.json'), 'utf8')) as unknown
      if (typeof kept !== 'object' || kept === null) throw new Error('the file holds no object')
      for (const [model, labels] of Object.entries(kept)) {
        const good = Object.entries(labels as object).filter(([, move]) => isMove(move)) as [string, Move][]
        if (good.length > 0) this.#moves = { ...this.#moves, [model]: Object.fromEntries(good) }
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.error({ err: error, folder }, 'the labels that were moved by hand cannot be read')
    }
  }

  /** The labels that are wanted of a model, given those of its model.yaml. A move by hand of which model.yaml says something else than when it was made is over. */
  wanted (model: string, written: ReadonlyMap<string, bigint>): Map<string, bigint> {
    const labels = new Map(written)
    for (const [label, move] of Object.entries(this.#moves[model] ?? {})) {
      if ((written.get(label)?.toString() ?? null) === move.written) labels.set(label, BigInt(move.version))
      else this.#forget(model, label)
    }
    return labels
  }

  /** Why the last move by hand could not be kept, in words; undefined when it could. */
  fault (): string | undefined { return this.#fault }

  #forget (model: string, label: string): void {
    const { [label]: _, ...others } = this.#moves[model] ?? {}
    this.#moves = { ...this.#moves, [model]: others }
    const after = this.#moves
    this.#writing = this.#writing.then(async () => { await this.#write(after) }).catch((error: unknown) => { this.#options.log.error({ err: error, model, label }, "the end of a label's move cannot be kept") })
  }

  /** Moves a label by hand, and resolves when that is kept (the file is written whole). Rejects when it cannot be written; then nothing has moved. */
  async move (model: string, label: string, version: bigint, written: ReadonlyMap<string, bigint>): Promise<void> {
    const move: Move = { version: version.toString(), written: written.get(label)?.toString() ?? null }
    const moved = (): Moves => ({ ...this.#moves, [model]: { ...this.#moves[model], [label]: move } })
    const keeping = this.#writing.then(async () => {
      await this.#write(moved())
      // Only now, else a look meanwhile would put it in force before it is kept.
      this.#moves = moved()
    })
    this.#writing = keeping.catch(() => {})
    await keeping
  }

  async #write (moves: Moves): Promise<void> {
    const { folder } = this.#options
    if (folder === undefined) return
    const temporary = join(folder, 'labels.json.tmp')
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(temporary, `${JSON.stringify(moves, null, 2)}\n`, { mode: 0o600, flush: true })
      await rename(temporary, join(folder, 'labels.json'))
      this.#fault = undefined
    } catch (error) {
      this.#fault = `the labels cannot be written to ${join(folder, 'labels.json')}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`
      await rm(temporary, { force: true }).catch(() => {})
      throw error
    }
  }
}
