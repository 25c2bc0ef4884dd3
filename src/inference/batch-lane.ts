// The requests that may go together (same version, signature, dtypes and inner shapes), and when they are sent. Knows no engine.
import type { Holder, Member } from './batch-member.js'
import type { BatchSettings } from './batch-settings.js'

export interface LaneOptions {
  /** Asked whenever requests are sent, so that it may change meanwhile. */
  readonly settings: () => BatchSettings
  /** Sends the members as one call and settles them; resolves when nothing is under way for them any more. Never rejects. */
  readonly send: (members: readonly Member[]) => Promise<void>
  /** Nothing waits and nothing is under way. */
  readonly onIdle: () => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** A newer measurement of a call's time counts this much. */
const smoothing = 0.1
/** So many that have ended are no reason to look through all. */
const fewEnded = 64

export class Lane implements Holder {
  readonly #options: LaneOptions
  /** Oldest first. Those that have ended stand here until they are met, or are half of all. */
  #waiting: Member[] = []
  /** Of those that have not ended. */
  #count = 0
  #rows = 0
  #bytes = 0
  #inFlight = 0
  #planned = false
  #meanMs = 0

  constructor (options: LaneOptions) { this.#options = options }

  /** A member that waits, until it is sent or has ended. */
  add (member: Member): void {
    this.#waiting.push(member)
    this.#counted(member, 1)
    member.holder = this
    this.#plan()
  }

  /** How long a request that comes now would take until its answer, as far as the calls so far tell. */
  expectedMs (): number {
    const { inFlight, maxRows, maxBytes } = this.#options.settings()
    if (this.#inFlight < inFlight && this.#count === 0) return this.#meanMs
    const callsAhead = 1 + Math.max(this.#rows / maxRows, this.#bytes / maxBytes)
    return this.#meanMs * (1 + callsAhead / inFlight)
  }

  /**
   * On the next turn of the loop, so that all requests that this turn brings go together; a lone one waits for nothing else.
   * With enough calls under way the next one that comes back sends what was collected.
   */
  #plan (): void {
    if (this.#planned || this.#count === 0 || this.#inFlight >= this.#options.settings().inFlight) return
    this.#planned = true
    setImmediate(flush, this)
  }

  /** One that waits here left, or its time is up. */
  ended (member: Member): void {
    this.#counted(member, -1)
    if (this.#waiting.length > 2 * this.#count + fewEnded) this.#waiting = this.#waiting.filter(({ settled }) => !settled)
  }

  flush (): void {
    this.#planned = false
    const settings = this.#options.settings()
    while (this.#count > 0 && this.#inFlight < settings.inFlight) void this.#send(this.#next(settings))
    if (this.#count === 0 && this.#inFlight === 0) this.#options.onIdle()
  }

  /** The oldest ones, as many as fit into one call and at least one. */
  #next ({ maxRows, maxBytes }: BatchSettings): Member[] {
    const waiting = this.#waiting
    const members: Member[] = []
    let rows = 0
    let bytes = 0
    let met = 0
    for (; met < waiting.length; met++) {
      const member = waiting[met]
      if (member.settled) continue
      rows += member.rows
      bytes += member.dataBytes
      if (members.length > 0 && (rows > maxRows || bytes > maxBytes)) break
      members.push(member)
      this.#counted(member, -1)
      member.holder = undefined
    }
    if (met === waiting.length) waiting.length = 0
    else waiting.splice(0, met)
    return members
  }

  async #send (members: readonly Member[]): Promise<void> {
    const begun = this.#options.now()
    this.#inFlight++
    await this.#options.send(members)
    this.#inFlight--
    this.#meanMs += (this.#options.now() - begun - this.#meanMs) * (this.#meanMs === 0 ? 1 : smoothing)
    if (this.#count > 0) this.#plan()
    else if (this.#inFlight === 0 && !this.#planned) this.#options.onIdle()
  }

  #counted ({ rows, dataBytes }: Member, sign: 1 | -1): void {
    this.#count += sign
    this.#rows += sign * rows
    this.#bytes += sign * dataBytes
  }
}

const flush = (lane: Lane): void => lane.flush()
