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
  /** Of the server behind the gate now. */
  #places = { taken: 0 }
  #open = false
  #meanMs = 0
  #shut: (() => OutriggerError) | undefined

  constructor (limits: GateLimits, now: () => number = clock) {
    this.#limits = limits
    this.#now = now
    this.#queue = new WaitingLine(waiting => waiting.refuse(this.#late()), now)
  }

  get inFlight (): number { return this.#places.taken }
  get queued (): number { return this.#queue.size }

  /**
   * Resolves when the call may be made. Rejects with SERVICE_OVERLOADED (and when to come back) when the queue is full or so long that the
   * deadline cannot be met, or when the deadline passes in the open queue; with MODEL_SERVER_UNREACHABLE when it passes while the gate is
   * closed; with MODEL_CANCELLED when the signal fires; with its error once the gate was shut.
   */
  enter (bytes: number, deadline: number, signal?: AbortSignal): Promise<Leave> {
    if (this.#shut !== undefined) return Promise.reject(this.#shut())
    if (signal?.aborted === true) return Promise.reject(cancelled())
    if (deadline <= this.#now()) return Promise.reject(this.#late())
    if (this.#open && this.#queue.size === 0 && this.#places.taken < this.#limits.maxInFlight) return Promise.resolve(this.#begin())
    const full = this.#full(bytes, deadline)
    if (full !== undefined) return Promise.reject(full)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        bytes,
        deadline,
        enter: leave => { signal?.removeEventListener('abort', abort); resolve(leave) },
        refuse: error => { signal?.removeEventListener('abort', abort); reject(error) }
      }
      const abort = (): void => { if (this.#queue.take(waiting)) reject(cancelled()) }
      signal?.addEventListener('abort', abort, { once: true })
      this.#queue.add(waiting)
    })
  }

  open (): void {
    this.#open = true
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
    this.#queue.stop()
    for (const waiting of this.#queue) {
      this.#queue.take(waiting)
      waiting.refuse(error())
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

  #admit (): void {
    if (!this.#open) return
    const now = this.#now()
    for (const waiting of this.#queue) {
      if (this.#places.taken >= this.#limits.maxInFlight) break
      this.#queue.take(waiting)
      if (waiting.deadline <= now) waiting.refuse(this.#late())
      else waiting.enter(this.#begin())
    }
  }

  #late (): OutriggerError {
    return this.#open
      ? overloaded('The deadline passed while the request waited for its turn at the model server', this.#expectedMs())
      : new OutriggerError('MODEL_SERVER_UNREACHABLE', 'No model server came back before the deadline', { retryAfterMs: 1000 })
  }
}
