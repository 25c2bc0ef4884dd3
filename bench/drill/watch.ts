// What the service says of itself while a drill goes on: /health and /changes, asked again and again, and its memory. Knows no drill.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Change } from '../../src/changes/journal.js'
import type { HealthReport } from '../../src/http/routes/health/report.js'
import { costOf } from '../load/processes.js'
import type { Running } from '../../test/e2e/service.js'

/** One answer of /health, with the moment at which it was there; `report` is undefined where nothing came back within its time. */
export interface Look { readonly at: number, readonly report: HealthReport | undefined }

/** In bytes. */
export interface Memory { readonly at: number, readonly service: number, readonly child: number, readonly heap: number }

const healthEveryMs = 50
const changesEveryMs = 200
const memoryEveryMs = 1000
/** Health answers at once or is no help. */
const healthWithinMs = 2000

export class Watch {
  readonly #service: Running
  readonly #looks: Look[] = []
  readonly #changes = new Map<number, Change>()
  readonly #memories: Memory[] = []
  readonly #ending = new AbortController()
  readonly #loops: Promise<void>[]

  constructor (service: Running) {
    this.#service = service
    this.#loops = [
      this.#every(healthEveryMs, async () => {
        const report = await this.#ask('/health') as HealthReport | undefined
        this.#looks.push({ at: Date.now(), report })
      }),
      this.#every(changesEveryMs, async () => {
        const told = await this.#ask('/changes?limit=200') as { changes: Change[] } | undefined
        for (const change of told?.changes ?? []) this.#changes.set(change.id, change)
      }),
      this.#every(memoryEveryMs, async () => {
        const memory = await this.memory()
        if (memory !== undefined) this.#memories.push(memory)
      })
    ]
  }

  get looks (): readonly Look[] { return this.#looks }
  get memories (): readonly Memory[] { return this.#memories }

  /** In their order. */
  changes (): Change[] { return [...this.#changes.values()].sort((a, b) => a.id - b.id) }

  /** The newest look. */
  last (): Look | undefined { return this.#looks.at(-1) }

  /** Resolves with the first look after `since` that satisfies; undefined when none does in time. */
  async seen (since: number, satisfies: (report: HealthReport) => boolean, withinMs: number): Promise<Look | undefined> {
    let from = this.#looks.length
    while (from > 0 && this.#looks[from - 1].at >= since) from--
    return await this.#first(() => {
      for (; from < this.#looks.length; from++) if (this.#looks[from].report !== undefined && satisfies(this.#looks[from].report!)) return this.#looks[from]
      return undefined
    }, withinMs)
  }

  /** Resolves with the first such change; undefined when there is none in time. */
  async changed (satisfies: (change: Change) => boolean, withinMs: number): Promise<Change | undefined> {
    return await this.#first(() => [...this.#changes.values()].find(satisfies), withinMs)
  }

  /** Memory now; undefined when the service does not tell. */
  async memory (): Promise<Memory | undefined> {
    const text = await this.#ask('/metrics', 'text') as string | undefined
    const heap = Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text ?? '')?.[1])
    if (Number.isNaN(heap)) return undefined
    return { at: Date.now(), service: costOf(this.#service.pid).rssBytes, child: this.#service.children().reduce((sum, pid) => sum + costOf(pid).rssBytes, 0), heap }
  }

  async stop (): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#loops)
  }

  async #first<T> (look: () => T | undefined, withinMs: number): Promise<T | undefined> {
    const end = Date.now() + withinMs
    for (;;) {
      const found = look()
      if (found !== undefined || Date.now() > end || this.#ending.signal.aborted) return found
      await sleep(10)
    }
  }

  async #every (ms: number, work: () => Promise<void>): Promise<void> {
    while (!this.#ending.signal.aborted) {
      await work()
      await sleep(ms)
    }
  }

  async #ask (path: string, as: 'json' | 'text' = 'json'): Promise<unknown> {
    try {
      const answer = await fetch(this.#service.url + path, { signal: AbortSignal.timeout(healthWithinMs) })
      return await answer[as]()
    } catch {
      return undefined
    }
  }
}
