// Those who wait, each until a moment of its own: in the order in which they came, with the sum of their bytes and one timer for all. Knows not what they wait for.
import { OutriggerError } from './errors.js'

export interface Waits {
  readonly bytes: number
  /** Milliseconds by the line's clock. */
  readonly deadline: number
  /** Its place in the line, set and cleared by the line alone; undefined while it stands in none. */
  link: Link | undefined
}

/**
 * A place in a line. A linked list and no Set, because those that leave are taken out of the middle, by the thousand per second: a Set makes its table anew again
 * and again meanwhile, and each of its tables keeps what lay in it, and the next table, until a full collection. One that was left points at nobody.
 */
export interface Link { readonly one: Waits, before: Link | undefined, after: Link | undefined }

/** Deadlines that lie closer together than this are met together, so that a long line is not walked through for each. */
const grainMs = 5
const longestTimerMs = 0x7fffffff

export class WaitingLine<W extends Waits> {
  readonly #late: (one: W) => void
  readonly #now: () => number
  #first: Link | undefined
  #last: Link | undefined
  #size = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  /** `late` is told of each whose deadline has passed, after it was taken out. */
  constructor (late: (one: W) => void, now: () => number) {
    this.#late = late
    this.#now = now
  }

  get size (): number { return this.#size }
  get bytes (): number { return this.#bytes }

  /** The oldest one. */
  get first (): W | undefined { return this.#first?.one as W | undefined }

  /** At the end. It must stand in no line. */
  add (one: W): void {
    if (this.#size === 0) this.#timer?.ref()
    const link: Link = { one, before: this.#last, after: undefined }
    if (this.#last === undefined) this.#first = link
    else this.#last.after = link
    this.#last = one.link = link
    this.#size++
    this.#bytes += one.bytes
    this.#wakeAt(one.deadline)
  }

  /** Takes one out of this line; false when it was not there any more. */
  take (one: W): boolean {
    const { link } = one
    if (link === undefined) return false
    const { before, after } = link
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    one.link = link.before = link.after = undefined
    this.#size--
    this.#bytes -= one.bytes
    // A deadline of somebody who has gone holds no process.
    if (this.#size === 0) this.#timer?.unref()
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
    const late: W[] = []
    for (let link = this.#first; link !== undefined; link = link.after) {
      if (link.one.deadline > now) next = Math.min(next, link.one.deadline)
      else late.push(link.one as W)
    }
    for (const one of late) {
      if (this.take(one)) this.#late(one)
    }
    if (next !== Infinity) this.#wakeAt(Math.max(next, now + grainMs))
  }
}

/** The error for who would wait in vain, or has: 503, and when to come back. */
export const overloaded = (why: string, expectedMs: number): OutriggerError =>
  new OutriggerError('SERVICE_OVERLOADED', why, { retryAfterMs: Math.max(1000, Math.ceil(expectedMs)) })

/** The error for who left while it waited. */
export const cancelled = (): OutriggerError => new OutriggerError('MODEL_CANCELLED', 'The call was cancelled by the caller')
