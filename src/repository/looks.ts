// Looks at the repository, one after the other: those that are asked for while one runs share the next. Knows nothing of what is looked at.

/** `done` resolves when what the look began is over. */
export interface Looked { readonly done: Promise<void> }

/** Models that are named in `atOnce` are wanted now, see Repository.look. Never rejects. */
export type Look = (by: string, atOnce: ReadonlySet<string>) => Promise<Looked>

export class Looks {
  readonly #look: Look
  #turn: Promise<unknown> = Promise.resolve()
  /** Has not begun yet. */
  #next: { by: string, readonly atOnce: Set<string>, looked: Promise<Looked> } | undefined

  constructor (look: Look) { this.#look = look }

  /** Resolves when a look that began after this call has ended. One that is shared is told to be by whoever named models last, and has the models of all. */
  async ask (by: string, atOnce: readonly string[]): Promise<Looked> {
    const waiting = this.#next
    if (waiting !== undefined) {
      for (const name of atOnce) waiting.atOnce.add(name)
      if (atOnce.length > 0) waiting.by = by
      return await waiting.looked
    }
    const next = { by, atOnce: new Set(atOnce), looked: Promise.resolve({ done: Promise.resolve() }) }
    this.#next = next
    next.looked = this.#turn.then(async () => {
      this.#next = undefined
      return await this.#look(next.by, next.atOnce)
    })
    this.#turn = next.looked
    return await next.looked
  }
}
