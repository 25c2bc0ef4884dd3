// Lets a bounded number of calls through at once and keeps the others in a bounded queue; closed, it lets none through. Knows nothing of what the calls are.
import { now as clock } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { cancelled, overloaded, WaitingLine, type Waits } from '../waiting-line.js'

export interface GateLimits {
  /** Calls in flight at once. */
  maxInFlight: number
  /** Bytes of the requests that wait; one request alone may be larger. Without it only deadlines bound the queue. */
  maxQueueBytes?: number
  /** Refuses at once what the measured times of calls say will not be reached before its deadline. */
  foresee?: boolean
  /** How long those that go alone may keep the others waiting, from each opening of the gate. */
  aloneMs?: number
}

/** Leaves the gate. To be called exactly once, when the server works no more on the call. */
export type Leave = () => void

interface Waiting extends Waits {
  enter: (leave: Leave) => void
  refuse: (error: OutriggerError) => void
}

/** A newer measurement of a call's time counts this much. */
const smoothing = 0.1

export class Gate {
  readonly #limits: GateLimits
  readonly #now: () => number
  readonly #queue: WaitingLine<Waiting>
  /** Those that go alone: before the others, one at a time. */
  readonly #alone: WaitingLine<Waiting>
  #aloneIn = false
  #aloneUntil = -Infinity
  #aloneTimer: NodeJS.Timeout | undefined
  /** Of the server behind the gate now. */
  #places = { taken: 0 }
  #open = false
  #meanMs = 0
  #shut: (() => OutriggerError) | undefined

  constructor (limits: GateLimits, now: () => number = clock) {
    this.#limits = limits
    this.#now = now
    this.#queue = new WaitingLine(waiting => waiting.refuse(this.#late()), now)
    this.#alone = new WaitingLine(waiting => waiting.refuse(this.#late()), now)
  }

  get inFlight (): number { return this.#places.taken }
  get queued (): number { return this.#queue.size }

  /**
   * Resolves when the call may be made. Rejects with SERVICE_OVERLOADED (and when to come back) when the queue is full or so long that the
   * deadline cannot be met, or when the deadline passes in the open queue; with MODEL_SERVER_UNREACHABLE when it passes while the gate is
   * closed; with MODEL_CANCELLED when the signal fires; with its error once the gate was shut. `alone`: with no other call beside it, as far as
   * aloneMs allows; such a one goes first, and is not refused for the length of the queue.
   */
  enter (bytes: number, deadline: number, signal?: AbortSignal, alone = false): Promise<Leave> {
    if (this.#shut !== undefined) return Promise.reject(this.#shut())
    if (signal?.aborted === true) return Promise.reject(cancelled())
    if (deadline <= this.#now()) return Promise.reject(this.#late())
    if (!alone && this.#open && this.#queue.size === 0 && !this.#held() && this.#places.taken < this.#limits.maxInFlight) return Promise.resolve(this.#begin())
    const line = alone ? this.#alone : this.#queue
    const full = alone ? undefined : this.#full(bytes, deadline)
    if (full !== undefined) return Promise.reject(full)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        bytes,
        deadline,
        link: undefined,
        enter: leave => { signal?.removeEventListener('abort', abort); resolve(leave) },
        refuse: error => { signal?.removeEventListener('abort', abort); reject(error) }
      }
      const abort = (): void => { if (line.take(waiting)) reject(cancelled()) }
      signal?.addEventListener('abort', abort, { once: true })
      line.add(waiting)
      if (alone) this.#admit()
    })
  }

  open (): void {
    if (this.#open) return
    this.#open = true
    const { aloneMs = 0 } = this.#limits
    if (this.#alone.size > 0 && aloneMs > 0) {
      this.#aloneUntil = this.#now() + aloneMs
      clearTimeout(this.#aloneTimer)
      this.#aloneTimer = setTimeout(() => {
        // A timer may come a moment before its time by the clock, and nobody would ask again.
        this.#aloneUntil = -Infinity
        this.#admit()
      }, aloneMs)
    }
    this.#admit()
  }

  /** Calls already let through are not touched. */
  close (): void { this.#open = false }

  /** Another server stands behind the gate: all its places are free, and calls that are still with the one before take none of them. */
  renew (): void {
    this.#places = { taken: 0 }
    this.#admit()
  }

  /** Refuses everything that waits and everything that comes. */
  shut (error: () => OutriggerError): void {
    this.#shut = error
    clearTimeout(this.#aloneTimer)
    for (const line of [this.#alone, this.#queue]) {
      line.stop()
      for (let waiting = line.first; waiting !== undefined; waiting = line.first) {
        line.take(waiting)
        waiting.refuse(error())
      }
    }
  }

  #full (bytes: number, deadline: number): OutriggerError | undefined {
    const expectedMs = this.#expectedMs()
    const { maxQueueBytes = Infinity, foresee = false } = this.#limits
    const why = this.#queue.size > 0 && this.#queue.bytes + bytes > maxQueueBytes
      ? `${this.#queue.bytes} bytes of requests are waiting already`
      : foresee && this.#open && this.#now() + expectedMs > deadline
        ? `the wait would be about ${Math.ceil(expectedMs)} ms`
        : undefined
    return why === undefined ? undefined : overloaded(`The model server has more work than it can finish in time: ${why}`, expectedMs)
  }

  /** How long a call that queues now would wait. */
  #expectedMs (): number {
    return this.#meanMs * (this.#queue.size + 1) / this.#limits.maxInFlight
  }

  #begin (): Leave {
    const places = this.#places
    places.taken++
    const since = this.#now()
    let left = false
    return () => {
      if (left) return
      left = true
      places.taken--
      const took = this.#now() - since
      this.#meanMs += (took - this.#meanMs) * smoothing
      this.#admit()
    }
  }

  /** Whether the others wait for those that go alone. */
  #held (): boolean { return (this.#aloneIn || this.#alone.size > 0) && this.#now() < this.#aloneUntil }

  #admit (): void {
    if (!this.#open) return
    this.#admitFrom(this.#alone, () => this.#beginAlone(), () => this.#aloneIn)
    if (!this.#held()) this.#admitFrom(this.#queue, () => this.#begin(), () => false)
  }

  #admitFrom (line: WaitingLine<Waiting>, begin: () => Leave, enough: () => boolean): void {
    const now = this.#now()
    for (let waiting = line.first; waiting !== undefined; waiting = line.first) {
      if (enough() || this.#places.taken >= this.#limits.maxInFlight) break
      line.take(waiting)
      if (waiting.deadline <= now) waiting.refuse(this.#late())
      else waiting.enter(begin())
    }
  }

  #beginAlone (): Leave {
    this.#aloneIn = true
    const leave = this.#begin()
    return () => {
      this.#aloneIn = false
      leave()
    }
  }

  #late (): OutriggerError {
    return this.#open
      ? overloaded('The deadline passed while the request waited for its turn at the model server', this.#expectedMs())
      : new OutriggerError('MODEL_SERVER_UNREACHABLE', 'No model server came back before the deadline', { retryAfterMs: 1000 })
  }
}
