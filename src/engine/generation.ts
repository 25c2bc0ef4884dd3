// One model server from its start to its end: it comes up, is given models, is asked for their states, and is killed when it is frozen or has lost its way. Knows no other model server and no call of the service.
import type { Logger } from 'pino'
import { now } from '../clock.js'
import { CallError, type Channel } from '../grpc/channel.js'
import type { ServableList, ServableStatus } from './engine.js'
import { terminate } from './kill.js'
import { rssBytes } from './proc.js'
import { startProbe, type Round } from './probe.js'
import { pushable } from './push.js'
import { isUnanswered, progress, reload, restore } from './reload.js'
import type { Run } from './spawn.js'
import { fetchStatuses } from './statuses.js'
import type { EngineTiming } from './timing.js'
import { within } from './within.js'

export interface GenerationOptions {
  run: Run
  timing: EngineTiming
  log: Logger
  /** Names of the models whose states are asked for, at every round. */
  models: () => readonly string[]
  /** Its state or what is known of it has changed: after its start, and after every round of the probe. */
  onChange: (generation: Generation) => void
}

/** starting: its socket does not answer yet. running: it answers. unresponsive: alive, but nothing that makes sense comes from it. */
export type GenerationState = 'starting' | 'running' | 'unresponsive'

/** So many unanswered rounds in a row, besides the time, before a child counts as frozen: not after one long pause of our own. */
const frozenRounds = 4
/** A model name that nobody serves: any answer of the server to a question for it proves life. */
const nobody = 'outrigger-start'

export class Generation {
  readonly run: Run
  readonly #options: GenerationOptions
  readonly #log: Logger
  state: GenerationState = 'starting'
  /** Why it is unresponsive. */
  reason: string | undefined
  /** Of every model, as the last round saw them; empty while it does not answer. */
  statuses: ReadonlyMap<string, readonly ServableStatus[]> = new Map()
  /** Resident set in bytes, where the system tells it. */
  rssBytes: number | undefined
  /** It has come up, with all that it was given. */
  serves = false
  #silentRounds = 0
  #sensibleAt = now()
  #answeredReloads = 0
  /** The list that was sent last. */
  #latest: readonly ServableList[] = []
  #fate: Promise<'alive' | 'ended'> | undefined
  #stopProbe = (): void => {}

  constructor (options: GenerationOptions) {
    this.#options = options
    this.run = options.run
    this.#log = options.log
    void this.run.ended.then(() => {
      this.#stopProbe()
      this.statuses = new Map()
      this.rssBytes = undefined
    })
  }

  get channel (): Channel { return this.run.channel }
  get pid (): number | undefined { return this.run.child.pid }
  get hasEnded (): boolean { return this.run.hasEnded }

  /** From the start of the process to the moment when it serves what `restore` gives it, once it answers. Else the process is killed, and the rejection says why in words for people. */
  async comeUp (restore: () => Promise<void>): Promise<void> {
    try {
      await this.#answersFirst()
      await restore()
    } catch (error) {
      // A process that ends breaks its calls: how it ended says more.
      const how = await Promise.race([this.run.ended, pause(this.#options.timing.pollMs * 4)])
      if (how !== undefined) throw new Error(`it ended: ${how}`, { cause: error })
      this.run.child.kill('SIGKILL')
      throw error
    }
    this.serves = true
  }

  /** Makes it serve what of this list is on disk; resolves when each version is AVAILABLE or has failed. Rejects when the server fails at it. */
  async fill (models: readonly ServableList[]): Promise<void> {
    const { restoreMs, pollMs } = this.#options.timing
    await restore(this.channel, await pushable(models), now() + restoreMs, pollMs, this.#log)
  }

  /** As reload.ts. Sent before it returns. A server that does not answer in time, and is found to be lost in it, is killed. */
  async reload (models: readonly ServableList[], deadline: number): Promise<void> {
    this.#latest = models
    try {
      await reload(this.channel, models, deadline, this.#log)
      this.#answeredReloads++
    } catch (error) {
      if (error instanceof CallError && isUnanswered(error)) void this.#killIfLost(models)
      throw error
    }
  }

  /** What becomes of it after a failed transport: it ends, or it answers after all and serves on. All who ask meanwhile get the same promise. */
  fate (): Promise<'alive' | 'ended'> {
    this.#fate ??= Promise.race([this.run.ended.then(() => 'ended' as const), this.#answersAgain()]).finally(() => { this.#fate = undefined })
    return this.#fate
  }

  /** Looks now, besides the probe's own rounds: the states of these models, where it tells them. */
  async look (models: readonly string[]): Promise<void> {
    const deadline = now() + this.#options.timing.withinMs
    const found = await Promise.all(models.map(async name => [name, await fetchStatuses(this.channel, name, deadline)] as const))
    this.statuses = new Map([...this.statuses, ...found])
    this.#measure()
  }

  /** SIGTERM, wait, SIGKILL. Resolves when it has ended. */
  async end (): Promise<void> {
    this.#stopProbe()
    await terminate(this.run.child, this.#options.timing.terminateMs)
    await this.run.ended
  }

  async #answersFirst (): Promise<void> {
    const { pollMs, startMs } = this.#options.timing
    if (await within(startMs, this.run.listening(pollMs).then(() => true)) === undefined) throw new Error(`it does not open its socket within ${startMs} ms`)
    await fetchStatuses(this.channel, nobody, now() + startMs)
    this.#sensibleAt = now()
    this.state = 'running'
    this.#options.onChange(this)
    this.#stopProbe = startProbe(this.run, this.#options.models, this.#options.timing, round => this.#round(round))
  }

  async #answersAgain (): Promise<'alive' | 'ended'> {
    const { pollMs, withinMs } = this.#options.timing
    while (!this.hasEnded) {
      // The process of a connection that was cut has most often ended: that news comes first.
      await pause(pollMs)
      const answered = await fetchStatuses(this.channel, nobody, now() + withinMs).then(() => true, (error: unknown) => error instanceof CallError && error.origin === 'server')
      if (answered) return 'alive'
    }
    return 'ended'
  }

  #measure (): void { this.rssBytes = this.pid === undefined ? undefined : rssBytes(this.pid) }

  #round ({ answered, garbled, statuses }: Round): void {
    this.#measure()
    if (answered && !garbled) this.#sensible(statuses)
    else this.#silent(garbled)
    this.#options.onChange(this)
  }

  #sensible (statuses: Round['statuses']): void {
    this.#silentRounds = 0
    this.#sensibleAt = now()
    const wanted = new Set(this.#options.models())
    this.statuses = new Map([...this.statuses, ...statuses].filter(([name]) => wanted.has(name)))
    this.state = 'running'
    this.reason = undefined
  }

  #silent (garbled: boolean): void {
    const { frozenMs } = this.#options.timing
    const silentMs = now() - (garbled ? this.#sensibleAt : this.run.lastAnswerAt)
    this.#silentRounds++
    this.statuses = new Map()
    this.state = 'unresponsive'
    this.reason = `${garbled ? 'nothing that can be read' : 'nothing'} came from the model server for ${(silentMs / 1000).toFixed(1)} s`
    if (silentMs < frozenMs || this.#silentRounds < frozenRounds) return
    this.#log.error({ silentMs, pid: this.pid, garbled }, 'the model server is frozen and is killed')
    this.run.child.kill('SIGKILL')
  }

  /** Follows a reload without an answer to its end, and ends a server that has lost its way in it: two looks in a row must say so. */
  async #killIfLost (models: readonly ServableList[]): Promise<void> {
    const { everyMs, withinMs } = this.#options.timing
    const answered = this.#answeredReloads
    for (let lost = 0; lost < 2;) {
      const found = await progress(this.channel, [...models, ...this.#latest], now() + withinMs)
      // Whether a later reload waited behind this one or was taken beside it: a server that answers it has not lost its way.
      if (found === 'complete' || this.hasEnded || this.#answeredReloads !== answered) return
      lost = found === 'lost' ? lost + 1 : 0
      await pause(everyMs)
    }
    this.#log.error({ pid: this.pid }, 'the model server does not answer the reload and loads nothing; it is killed')
    this.run.child.kill('SIGKILL')
  }
}

const pause = (ms: number): Promise<undefined> => new Promise(resolve => setTimeout(resolve, ms, undefined))
