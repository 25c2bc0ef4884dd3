// When the next start of the child is due and when to give up. Pure: the clock and the chance are handed in.
import { now } from '../clock.js'

export interface BackoffRules {
  /** Wait before the second start in a row; doubled for each further one. */
  baseMs: number
  maxMs: number
  /** Giving up needs this many starts in a row that never became available … */
  giveUpStarts: number
  /** … and this much time since the first of them. */
  giveUpMs: number
}

export const restartRules: BackoffRules = { baseMs: 500, maxMs: 30_000, giveUpStarts: 10, giveUpMs: 5 * 60_000 }

export interface Clock { now: () => number, random: () => number }

/** Counts starts that never became available. */
export class Backoff {
  readonly #rules: BackoffRules
  readonly #clock: Clock
  #failedStarts = 0
  #restarts = 0
  #firstFailedAt: number | undefined

  constructor (rules: BackoffRules = restartRules, clock: Clock = { now, random: Math.random }) {
    this.#rules = rules
    this.#clock = clock
  }

  get failedStarts (): number { return this.#failedStarts }

  /** The child became available: the next end is followed by a start at once. */
  available (): void {
    this.#failedStarts = this.#restarts = 0
    this.#firstFailedAt = undefined
  }

  /**
   * The child ended. Milliseconds until the next start (0 for the first after it was available, or the first at all; then growing, between
   * half and the whole of the doubled wait), or `give-up`.
   */
  ended (wasAvailable: boolean): number | 'give-up' {
    const now = this.#clock.now()
    if (wasAvailable) this.available()
    else {
      this.#failedStarts++
      this.#firstFailedAt ??= now
      if (this.#failedStarts >= this.#rules.giveUpStarts && now - this.#firstFailedAt >= this.#rules.giveUpMs) return 'give-up'
    }
    const restart = this.#restarts++
    if (restart === 0) return 0
    const fullMs = Math.min(this.#rules.maxMs, this.#rules.baseMs * 2 ** (restart - 1))
    return fullMs / 2 + this.#clock.random() * fullMs / 2
  }
}
