// Sends requests and judges their answers: each on a connection, with a deadline, never twice. Knows no schedule and no process.
import type { Connection } from './connection.js'
import type { Connections } from './connections.js'
import type { Failure, Plan, Served } from './plan.js'
import type { Answer, Shot, Traffic } from './traffic.js'

interface Flight { readonly connection: Connection, readonly expires: number, expired: boolean }

/** How often requests are looked at that are over their time. */
const sweepMs = 50
/** More at once means that nothing comes back; what is due then is a failure without being sent. */
const maxOpen = 8000
/** Characters of an answer that are kept. */
const maxText = 600

export interface Outcome { readonly startedAt: number, readonly endedAt: number, readonly failure: Failure | undefined }

export class Shooter {
  readonly #traffic: Traffic
  readonly #connections: Connections
  readonly #plan: Pick<Plan, 'freshShare' | 'deadlineMs'>
  /** Oldest first: all have the same time. */
  readonly #flights = new Set<Flight>()
  readonly #served = new Map<string, { model: string, version: string, count: number, firstEnd: number, lastStart: number }>()
  readonly #sweeper: NodeJS.Timeout
  #shots = 0

  constructor (traffic: Traffic, connections: Connections, plan: Pick<Plan, 'freshShare' | 'deadlineMs'>) {
    this.#traffic = traffic
    this.#connections = connections
    this.#plan = plan
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs)
  }

  get inFlight (): number { return this.#flights.size }

  /** Sends the nth request; `done` is called once, at the latest some milliseconds after its deadline. */
  shoot (index: number, done: (outcome: Outcome) => void): void {
    const startedAt = Date.now()
    const end = (kind?: Failure['kind'], text = '', refused = false): void => {
      const endedAt = Date.now()
      done({ startedAt, endedAt, failure: kind === undefined ? undefined : { kind, at: endedAt, index, text: `after ${endedAt - startedAt} ms: ${text.slice(0, maxText)}`, refused } })
    }
    if (this.#connections.open >= maxOpen) return end('failed', `${maxOpen} connections are open already`)
    const { freshShare } = this.#plan
    const fresh = Math.floor(++this.#shots * freshShare) > Math.floor((this.#shots - 1) * freshShare)
    const shot = this.#traffic(index)
    const connection = this.#connections.take(fresh)
    const flight: Flight = { connection, expires: performance.now() + this.#plan.deadlineMs, expired: false }
    this.#flights.add(flight)
    connection.send(shot.bytes, outcome => {
      this.#flights.delete(flight)
      if (outcome instanceof Error) return end('failed', flight.expired ? `no answer within ${this.#plan.deadlineMs} ms` : `${fresh ? 'new connection' : 'kept connection'}: ${outcome.message}`)
      this.#connections.giveBack(connection)
      if (outcome.status !== 200) return end('failed', `${outcome.status} ${outcome.body.toString()}`, outcome.status === 503 && outcome.headers.has('retry-after'))
      this.#note(shot, outcome, startedAt)
      const fault = shot.check(outcome)
      end(fault === undefined ? undefined : 'wrong', fault)
    })
  }

  served (): Served[] { return [...this.#served.values()] }

  close (): void {
    clearInterval(this.#sweeper)
    this.#connections.close()
  }

  #note ({ model }: Shot, { headers }: Answer, startedAt: number): void {
    const version = headers.get('outrigger-model-version')
    if (version === undefined) return
    const key = `${model}/${version}`
    let served = this.#served.get(key)
    if (served === undefined) this.#served.set(key, served = { model, version, count: 0, firstEnd: Infinity, lastStart: 0 })
    served.count++
    served.firstEnd = Math.min(served.firstEnd, Date.now())
    served.lastStart = Math.max(served.lastStart, startedAt)
  }

  #sweep (): void {
    const now = performance.now()
    for (const flight of this.#flights) {
      if (flight.expires > now) break
      flight.expired = true
      flight.connection.close()
    }
  }
}
