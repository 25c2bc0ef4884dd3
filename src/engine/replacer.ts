// Has another model server take over from the one that serves: because somebody asks, because it needs too much memory, because nobody new can reach it. Says what came of it; knows no restart.
import type { Logger } from 'pino'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import type { EngineReport, Replacement } from './engine.js'
import type { Generation } from './generation.js'
import type { MemoryGuard } from './memory-guard.js'
import type { Pushes } from './pushes.js'
import { prepare } from './replacement.js'
import type { EngineTiming } from './timing.js'

/** Who it was, in log and journal. */
const guardName = 'the memory guard'

export interface ReplacerOptions {
  timing: EngineTiming
  log: Logger
  /** Watches the memory of the one that serves, where there is a budget. */
  guard: MemoryGuard | undefined
  pushes: Pushes
  /** The one that new calls go to. */
  current: () => Generation | undefined
  /** Starts a process that serves nobody yet. */
  begin: () => Promise<Generation>
  /** From this moment new calls go to this one. */
  serve: (generation: Generation) => void
  /** True from the moment when the engine is being stopped. */
  stopping: () => boolean
  report: () => EngineReport
  /** Told of every replacement that has ended, except at the end of the engine. */
  onEnd: (replacement: Replacement) => void
}

export class Replacer {
  readonly #options: ReplacerOptions
  #counts: EngineReport['replacements'] = { completed: 0, failed: 0, failure: undefined }
  #underWay: Promise<void> | undefined
  /** When the one that serves was last found to have no socket. */
  #unreachableAt = -Infinity

  constructor (options: ReplacerOptions) { this.#options = options }

  get counts (): EngineReport['replacements'] { return this.#counts }

  /** The replacement that is under way; rejects as `replace`. */
  get underWay (): Promise<void> | undefined { return this.#underWay }

  /** See Engine.replace. A successor that needs more resident memory than `maxRssBytes` takes over nothing. */
  replace (reason: string, by: string, maxRssBytes?: number): Promise<void> {
    this.#underWay ??= this.#replace(reason, by, maxRssBytes).finally(() => { this.#underWay = undefined })
    return this.#underWay
  }

  /** One look at the server that serves, which is replaced when it is time. */
  look (generation: Generation): void {
    if (this.#underWay !== undefined) return
    if (generation.run.isReachable) this.#guardMemory(generation)
    else this.#becomeReachable()
  }

  /** Its connection may hold for long, but the next one would find nobody. */
  #becomeReachable (): void {
    if (now() - this.#unreachableAt < this.#options.timing.frozenMs) return
    this.#unreachableAt = now()
    this.replace('its socket was removed', 'the supervisor').catch(() => {})
  }

  #guardMemory ({ rssBytes, pid }: Generation): void {
    const { guard, pushes } = this.#options
    // What is being loaded may need more memory for a while.
    if (guard === undefined || rssBytes === undefined || pushes.underWay) return
    const verdict = guard.look(rssBytes, now())
    const why = `the model server needs ${rssBytes} bytes of memory, and its budget is ${guard.budgetBytes}`
    if (verdict === 'hopeless') this.#failed({ reason: `${why}; it did so from the start, so that another would not need less`, by: guardName, from: pid, to: undefined, failure: 'not tried' })
    if (verdict === 'replace') this.replace(why, guardName, guard.budgetBytes).catch(() => {})
  }

  async #replace (reason: string, by: string, maxRssBytes?: number): Promise<void> {
    const { timing, log, guard, pushes, current, begin, serve, stopping, report, onEnd } = this.#options
    const old = current()
    if (old?.serves !== true || old.hasEnded || stopping()) throw this.#failed({ reason, by, from: undefined, to: undefined, failure: `none serves that could be replaced: it is ${report().state}` })
    const from = old.pid
    log.info({ reason, by, from }, 'the model server is to be replaced')
    let successor: Generation | undefined
    try {
      successor = await begin()
      const leave = await prepare(old, successor, { timing, pushes, maxRssBytes })
      if (!successor.hasEnded && !stopping()) serve(successor)
      leave()
      if (current() !== successor) throw new Error('it ended before it could take over')
    } catch (error) {
      const failure = (error as Error).message
      if (maxRssBytes !== undefined && (successor?.rssBytes ?? 0) > maxRssBytes) guard?.giveUp()
      await successor?.end()
      throw this.#failed({ reason, by, from, to: undefined, failure }, error)
    }
    const replacement: Replacement = { reason, by, from, to: successor.pid, failure: undefined }
    this.#counts = { ...this.#counts, completed: this.#counts.completed + 1, failure: undefined }
    log.info(replacement, 'the model server was replaced')
    onEnd(replacement)
    void retire(old)
  }

  /** Tells of a replacement that failed. */
  #failed (replacement: Replacement & { failure: string }, cause?: unknown): OutriggerError {
    const { log, stopping, report, onEnd } = this.#options
    const { failure } = replacement
    this.#counts = { ...this.#counts, failed: this.#counts.failed + 1, failure }
    if (!stopping()) {
      log.error({ ...replacement, err: cause }, 'the model server could not be replaced; the old one serves on')
      onEnd(replacement)
    }
    return new OutriggerError('ENGINE_REPLACE', `The ${report().kind} model server could not be replaced: ${failure}`, { cause })
  }
}

/** Ends a server that was replaced: once its calls have ended, or at once where it gives no answers. Its probe goes on, so that one that freezes with calls in it is killed, and they go to its successor. */
async function retire (old: Generation): Promise<void> {
  if (old.state === 'running') await Promise.race([old.run.idle(), old.run.ended])
  await old.end()
}
