// When a model server that needs more memory than its budget is to be replaced. Pure: sizes and moments are handed in.

export interface GuardRules {
  /** So many looks in a row must be over the budget: a peak alone is none. */
  rounds: number
  /** Between two replacements. */
  intervalMs: number
}

export const guardRules: GuardRules = { rounds: 5, intervalMs: 10 * 60_000 }

/** `replace`: now is the time. `hopeless`: said once, for a server that was over the budget from the start, and that a fresh one would not better. */
export type Verdict = 'fine' | 'replace' | 'hopeless'

/** Watches one engine, over all its servers. */
export class MemoryGuard {
  readonly budgetBytes: number
  readonly #rules: GuardRules
  #over = 0
  #lastAt = -Infinity
  /** unknown: a fresh server, of which it is not known whether it keeps to the budget. kept: it did. hopeless: it did not. */
  #server: 'unknown' | 'kept' | 'hopeless' = 'unknown'

  constructor (budgetBytes: number, rules: GuardRules = guardRules) {
    this.budgetBytes = budgetBytes
    this.#rules = rules
  }

  /** Another server serves now. */
  fresh (): void {
    this.#server = 'unknown'
    this.#over = 0
  }

  /** The server serves other models now: that it kept to the budget with those before says nothing. What was over it already is judged as before. */
  loaded (): void { if (this.#over === 0) this.#server = 'unknown' }

  /** A successor was over the budget before it took over: no other would be below. */
  giveUp (): void { this.#server = 'hopeless' }

  /** One look at the server that serves, `now` in monotonic milliseconds. */
  look (rssBytes: number, now: number): Verdict {
    if (rssBytes <= this.budgetBytes) {
      this.#over = 0
      this.#server = 'kept'
      return 'fine'
    }
    this.#over++
    if (this.#server === 'hopeless' || this.#over < this.#rules.rounds || now - this.#lastAt < this.#rules.intervalMs) return 'fine'
    if (this.#server === 'unknown') {
      this.#server = 'hopeless'
      return 'hopeless'
    }
    this.#lastAt = now
    this.#over = 0
    return 'replace'
  }
}
