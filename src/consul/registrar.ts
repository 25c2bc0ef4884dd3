// Keeps the service registered: from its first readiness, through agents that are away, refuse or forget. Knows nothing of the end but that it comes.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import type { ModelEntry } from '../inference/registry.js'
import type { ConsulCall, Metrics } from '../metrics.js'
import { ConsulError, type ConsulAgent } from './client.js'
import { oddities, registrationOf, type Advertised, type ServiceRegistration } from './service.js'

/** Times in milliseconds. */
export interface ConsulTimes {
  /** Between two looks whether the service is ready for its first registration. */
  readonly readyPollMs: number
  /** Between two looks whether the agent still knows it; up to as much again is added at random. */
  readonly reconcileMs: number
  /** First and longest pause after a failed call. */
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** Limit of one call. */
  readonly callMs: number
  /** Between two heartbeats of a TTL check. */
  readonly heartbeatMs: number
}

export interface RegistrarOptions {
  /** Asked when it registers: the port is known only once the server listens. */
  readonly advertised: () => Advertised
  readonly ready: () => boolean
  readonly models: () => readonly ModelEntry[]
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'consulRegistered' | 'consulFailure'>
  /** 0 to 1, for jitter. */
  readonly random?: () => number
}

/** The loop that registers and keeps registered. Never throws; ends when `stop` fires. */
export class Registrar {
  /** The registration that the agent has, as far as is known. */
  #held: string | undefined
  /** The last registration that may have reached the agent: it must be taken back. */
  #sent: ServiceRegistration | undefined
  /** Whether one was taken in this life. */
  #everHeld = false
  #failures = 0
  #lastFault: string | undefined
  readonly #options: RegistrarOptions
  readonly #agent: ConsulAgent
  readonly #times: ConsulTimes
  readonly #stop: AbortSignal

  constructor (options: RegistrarOptions, agent: ConsulAgent, times: ConsulTimes, stop: AbortSignal) {
    this.#options = options
    this.#agent = agent
    this.#times = times
    this.#stop = stop
  }

  /** What was last sent to the agent; undefined when nothing ever was. */
  get sent (): ServiceRegistration | undefined { return this.#sent }

  /** Resolves when the signal has fired and no call is under way. */
  async run (): Promise<void> {
    while (!this.#stop.aborted) {
      const pauseMs = await this.#step()
      await sleep(pauseMs, undefined, { signal: this.#stop, ref: false }).catch(() => {})
    }
  }

  /** One look: registers where it is due. Resolves with the pause until the next. */
  async #step (): Promise<number> {
    const { ready, metrics } = this.#options
    const { readyPollMs, reconcileMs } = this.#times
    const jitter = 1 + (this.#options.random ?? Math.random)()
    let call: ConsulCall = 'read'
    try {
      if (this.#held !== undefined && !await this.#agent.knows(this.#sent?.ID ?? '')) {
        this.#options.log.warn('the Consul agent no longer knows this service; it is registered anew')
        this.#held = undefined
      }
      call = 'register'
      // An entry that the agent has is kept up in any state: its check says what is true. A new one waits until the service is ready.
      if (this.#stop.aborted || (this.#held === undefined && !ready())) {
        metrics.consulRegistered(this.#held !== undefined)
        return readyPollMs
      }
      await this.#register()
      if (this.#sent?.Check.TTL !== undefined) {
        call = 'update'
        await this.#tell(this.#sent)
      }
      this.#recovered()
      metrics.consulRegistered(true)
      // With a TTL each heartbeat is a look as well.
      return this.#sent?.Check.TTL === undefined ? reconcileMs * jitter : this.#times.heartbeatMs
    } catch (error) {
      metrics.consulRegistered(false)
      metrics.consulFailure(call)
      return this.#failed(error) * jitter
    }
  }

  /** Registers unless the agent holds exactly this. The first time checks of an earlier life are replaced; later an operator's maintenance must survive. */
  async #register (): Promise<void> {
    const registration = registrationOf(this.#options.advertised(), this.#options.models())
    const text = JSON.stringify(registration)
    if (text === this.#held) return
    const first = !this.#everHeld
    this.#sent = registration
    // A new entry is made only when the service is ready, so it need not wait critical for the first check; one that stands keeps the state of its check.
    const fresh = this.#held === undefined
    await this.#agent.register(fresh ? { ...registration, Check: { ...registration.Check, Status: 'passing' } } : registration, first)
    this.#held = text
    this.#everHeld = true
    const { ID: id, Name: service, Address: address, Port: port, Check: { HTTP: check } } = registration
    this.#options.log.info({ id, service, address: address ?? "the agent's", port, check: check ?? 'ttl' }, 'registered in Consul')
    if (first) for (const odd of oddities(registration)) this.#options.log.warn(odd)
  }

  /** A heartbeat that says whether the service is ready: one that only says that it lives would send callers to it. A check that the agent has lost is registered anew at the next look. */
  async #tell ({ Check: { CheckID } }: ServiceRegistration): Promise<void> {
    const ready = this.#options.ready()
    if (!await this.#agent.update(CheckID, ready ? 'passing' : 'critical', ready ? 'ready' : 'not ready; GET /health says why')) this.#held = undefined
  }

  #recovered (): void {
    if (this.#lastFault !== undefined) this.#options.log.info('the Consul agent answers again')
    this.#lastFault = undefined
    this.#failures = 0
  }

  /** Notes a failure, logs it when it is a new one, and says how long to wait. */
  #failed (error: unknown): number {
    const { backoffMs, maxBackoffMs } = this.#times
    const message = error instanceof Error ? error.message : String(error)
    const status = error instanceof ConsulError ? error.agentStatus : undefined
    // What the agent refuses as wrong or forbidden does not get right by asking often.
    const ours = status === 400 || status === 403 || (error instanceof OutriggerError && error.code === 'CONFIG_INVALID')
    if (message !== this.#lastFault) {
      this.#lastFault = message
      const log = this.#options.log.child({ failures: this.#failures + 1 })
      if (ours) log.error(error, 'Consul refuses this service: check token, name and meta')
      else log.warn(error, 'the Consul agent cannot be reached; the service serves without it and tries on')
    }
    return ours ? maxBackoffMs : Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(this.#failures++, 16))
  }
}
