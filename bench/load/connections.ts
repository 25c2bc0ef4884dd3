// The connections of a generator: kept open and used again, the last one used first, with a share of requests that open one of their own. Knows no request.
import { Connection, type Target } from './connection.js'

/** One that was not used for this long is closed by us: servers close theirs after longer, and a request that crosses such a close is lost without anybody's fault. */
const idleMs = 4000

export class Connections {
  readonly #target: Target
  readonly #now: () => number
  /** The last one used is the last one here. */
  readonly #idle: { connection: Connection, since: number }[] = []
  #open = 0
  #opened = 0

  constructor (target: Target, now: () => number = () => performance.now()) {
    this.#target = target
    this.#now = now
  }

  /** How many are open now. */
  get open (): number { return this.#open }

  /** How many were ever opened. */
  get opened (): number { return this.#opened }

  /** A connection for one request; to be given back when it is answered. A fresh one takes the place of one that is idle. */
  take (fresh: boolean): Connection {
    const now = this.#now()
    while (this.#idle.length > 0 && now - this.#idle[0].since > idleMs) this.#idle.shift()!.connection.close()
    const idle = this.#idle.pop()
    if (!fresh && idle !== undefined) return idle.connection
    idle?.connection.close()
    this.#open++
    this.#opened++
    return new Connection(this.#target, closed => this.#forget(closed))
  }

  /** Keeps it for another request, if it can still be used. */
  giveBack (connection: Connection): void {
    if (connection.usable) this.#idle.push({ connection, since: this.#now() })
  }

  /** Closes those that are idle. */
  close (): void {
    for (const { connection } of this.#idle.splice(0)) connection.close()
  }

  #forget (connection: Connection): void {
    this.#open--
    const at = this.#idle.findIndex(one => one.connection === connection)
    if (at >= 0) this.#idle.splice(at, 1)
  }
}
