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

export class Lane implements Holder {
  readonly #options: LaneOptions
  /** Oldest first; a Set, because those that leave are taken out of the middle. */
  readonly #waiting = new Set<Member>()
  #rows = 0
  #bytes = 0
  #inFlight = 0
  #planned = false
  #meanMs = 0

  constructor (options: LaneOptions) { this.#options = options }

  /** A member that waits, until it is sent or has ended. */
  add (member: Member): void {
    this.#waiting.add(member)
    this.#count(member, 1)
    member.holder = this
    this.#plan()
  }

  /** How long a request that comes now would take until its answer, as far as the calls so far tell. */
  expectedMs (): number {
    const { inFlight, maxRows, maxBytes } = this.#options.settings()
    if (this.#inFlight < inFlight && this.#waiting.size === 0) return this.#meanMs
    const callsAhead = 1 + Math.max(this.#rows / maxRows, this.#bytes / maxBytes)
    return this.#meanMs * (1 + callsAhead / inFlight)
  }

  /**
   * On the next turn of the loop, so that all requests that this turn brings go together; a lone one waits for nothing else.
   * With enough calls under way the next one that comes back sends what was collected.
   */
  #plan (): void {
    if (this.#planned || this.#waiting.size === 0 || this.#inFlight >= this.#options.settings().inFlight) return
    this.#planned = true
    setImmediate(flush, this)
  }

  /** One that waits here left, or its time is up. */
  ended (member: Member): void { this.#take(member) }

  flush (): void {
    this.#planned = false
    const settings = this.#options.settings()
    while (this.#waiting.size > 0 && this.#inFlight < settings.inFlight) void this.#send(this.#next(settings))
    if (this.#waiting.size === 0 && this.#inFlight === 0) this.#options.onIdle()
  }

  /** The oldest ones, as many as fit into one call and at least one. */
  #next ({ maxRows, maxBytes }: BatchSettings): Member[] {
    const members: Member[] = []
    let rows = 0
    let bytes = 0
    for (const member of this.#waiting) {
      rows += member.rows
      bytes += member.dataBytes
      if (members.length > 0 && (rows > maxRows || bytes > maxBytes)) break
      members.push(member)
      this.#take(member)
      member.holder = undefined
    }
    return members
  }

  async #send (members: readonly Member[]): Promise<void> {
    const begun = this.#options.now()
    this.#inFlight++
    await this.#options.send(members)
    this.#inFlight--
    this.#meanMs += (this.#options.now() - begun - this.#meanMs) * (this.#meanMs === 0 ? 1 : smoothing)
    if (this.#waiting.size > 0) this.#plan()
    else if (this.#inFlight === 0 && !this.#planned) this.#options.onIdle()
  }

  #take (member: Member): void {
    if (this.#waiting.delete(member)) this.#count(member, -1)
  }

  #count ({ rows, dataBytes }: Member, sign: 1 | -1): void {
    this.#rows += sign * rows
    this.#bytes += sign * dataBytes
  }
}

const flush = (lane: Lane): void => lane.flush()
