// Lets a few large bodies be read at a time while the loop is busy: read side by side, hundreds of them would all be there too late. Knows no body.
import { now as clock } from '../clock.js'
import type { OutriggerError } from '../errors.js'
import { overloaded, WaitingLine, type Waits } from '../waiting-line.js'

export interface ReadingParts {
  /** By clock.ts: when the answer is due. */
  readonly deadline: number
  /** Called when it may be read, at once where a place is free. `leave`: it is read, or will not be; further calls do nothing. */
  readonly begin: (leave: () => void) => void
  /** Called instead, with SERVICE_OVERLOADED, where it could not be read and answered in time. */
  readonly refuse: (error: OutriggerError) => void
}

interface Waiting extends Waits, Pick<ReadingParts, 'begin' | 'refuse'> {}

export interface ReadingOptions {
  readonly places?: number
  /** A body that takes longer is its caller's matter, and keeps its place from nobody. */
  readonly longestMs?: number
  readonly now?: () => number
}

const usualPlaces = 32
const usualLongestMs = 200
/** The share of a request's time that is left for the work on it. */
const workShare = 0.25
/** A newer measurement counts this much. */
const smoothing = 0.1

export class ReadingPlaces {
  readonly #places: number
  readonly #longestMs: number
  readonly #now: () => number
  readonly #line: WaitingLine<Waiting>
  #taken = 0
  #meanMs = 0

  constructor ({ places = usualPlaces, longestMs = usualLongestMs, now = clock }: ReadingOptions = {}) {
    this.#places = places
    this.#longestMs = longestMs
    this.#now = now
    this.#line = new WaitingLine(waiting => { waiting.refuse(this.#full()) }, now)
  }

  enter ({ deadline, begin, refuse }: ReadingParts): void {
    if (this.#taken < this.#places && this.#line.size === 0) { this.#begin(begin); return }
    const now = this.#now()
    const latest = deadline - (deadline - now) * workShare
    if (now + this.#expectedMs() > latest) { refuse(this.#full()); return }
    this.#line.add({ bytes: 0, deadline: latest, link: undefined, begin, refuse })
  }

  /** Watches no deadlines any more. */
  stop (): void { this.#line.stop() }

  #begin (begin: ReadingParts['begin']): void {
    this.#taken++
    const began = this.#now()
    let left = false
    const leave = (): void => {
      if (left) return
      left = true
      clearTimeout(timer)
      this.#taken--
      this.#meanMs += (this.#now() - began - this.#meanMs) * smoothing
      const next = this.#line.first
      if (next === undefined) return
      this.#line.take(next)
      this.#begin(next.begin)
    }
    const timer = setTimeout(leave, this.#longestMs)
    begin(leave)
  }

  #expectedMs (): number { return this.#meanMs * (this.#line.size + 1) / this.#places }

  #full (): OutriggerError { return overloaded('More large bodies come than this instance can read in time; ask another one', this.#expectedMs()) }
}
