// Long work in pieces, between which everything else has its turn: one turn of the event loop does so much of it as fits into a slice, in the order in which it came. Knows no work.

/** Far below what a caller of something small notices, far above what a turn costs. */
const usualSliceMs = 2

export class Turns {
  readonly #waiting: (() => void)[] = []
  readonly #sliceMs: number
  readonly #now: () => number

  /** `now`: a clock in milliseconds. */
  constructor ({ sliceMs = usualSliceMs, now = () => performance.now() }: { readonly sliceMs?: number, readonly now?: () => number } = {}) {
    this.#sliceMs = sliceMs
    this.#now = now
  }

  /** Does one piece in a turn to come. It must not throw. */
  add (piece: () => void): void {
    if (this.#waiting.push(piece) === 1) setImmediate(this.#run)
  }

  readonly #run = (): void => {
    const until = this.#now() + this.#sliceMs
    let done = 0
    do this.#waiting[done++]!()
    while (done < this.#waiting.length && this.#now() < until)
    this.#waiting.splice(0, done)
    if (this.#waiting.length > 0) setImmediate(this.#run)
  }
}
