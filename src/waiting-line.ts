// Those who wait, each until a moment of its own: in the order in which they came, with the sum of their bytes and one timer for all. Knows not what they wait for.
import { OutriggerError } from './errors.js'

export interface Waits {
  readonly bytes: number
  /** Milliseconds by the line's clock. */
  readonly deadline: number
}

/** Deadlines that lie closer together than this are met together, so that a long line is not walked through for each. */
const grainMs = 5
const longestTimerMs = 0x7fffffff

export class WaitingLine<W extends Waits> {
  readonly #late: (one: W) => void
  readonly #now: () => number
  /** A Set, because those that leave are taken out of the middle. */
  readonly #waiting = new Set<W>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  /** `late` is told of each whose deadline has passed, after it was taken out. */
  constructor (late: (one: W) => void, now: () => number) {
    this.#late = late
    this.#now = now
  }

  get size (): number { return this.#waiting.size }
  get bytes (): number { return this.#bytes }

  /** Oldest first; who is added or taken out meanwhile is met or left out. */
  [Symbol.iterator] (): IterableIterator<W> { return this.#waiting.values() }

  add (one: W): void {
    if (this.#waiting.size === 0) this.#timer?.ref()
    this.#waiting.add(one)
    this.#bytes += one.bytes
    this.#wakeAt(one.deadline)
  }

  /** Takes one out; false when it was not there any more. */
  take (one: W): boolean {
    if (!this.#waiting.delete(one)) return false
    this.#bytes -= one.bytes
    // A deadline of somebody who has gone holds no process.
    if (this.#waiting.size === 0) this.#timer?.unref()
    return true
  }

  /** Watches no deadlines any more. */
  stop (): void { clearTimeout(this.#timer) }

  #wakeAt (moment: number): void {
    if (moment >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = moment
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, Math.min(moment - this.#now(), longestTimerMs)))
  }

  #wake (): void {
    this.#timerAt = Infinity
    const now = this.#now()
    let next = Infinity
    for (const one of this.#waiting) {
      if (one.deadline > now) next = Math.min(next, one.deadline)
      else if (this.take(one)) this.#late(one)
    }
    if (next !== Infinity) this.#wakeAt(Math.max(next, now + grainMs))
  }
}

/** The error for who would wait in vain, or has: 503, and when to come back. */
export const overloaded = (why: string, expectedMs: number): OutriggerError =>
  new OutriggerError('SERVICE_OVERLOADED', why, { retryAfterMs: Math.max(1000, Math.ceil(expectedMs)) })

/** The error for who left while it waited. */
export const cancelled = (): OutriggerError => new OutriggerError('MODEL_CANCELLED', 'The call was cancelled by the caller')
