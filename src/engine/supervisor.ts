// The engine: keeps one model server running, in the states of engine.ts. Starts, restores, restarts, gives up and stops; the parts stand beside it.
import { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import { CallError } from '../grpc/channel.js'
import { errorOfCall } from '../grpc/status.js'
import { defaultMaxInFlight, modelServerArgs } from './args.js'
import { Backoff, restartRules, type BackoffRules } from './backoff.js'
import type { Engine, EngineCallOptions, EngineEvents, EngineKind, EngineReport, EngineState, ServableList, ServableStatus } from './engine.js'
import { childEnvironment } from './environment.js'
import { Gate } from './gate.js'
import { terminate } from './kill.js'
import { rssBytes } from './proc.js'
import { startProbe, type ProbeTiming, type Round } from './probe.js'
import { checkServables, pushable } from './push.js'
import { progress, reload, restore } from './reload.js'
import { Caller } from './resend.js'
import { defaultParents, makeSocketFolder, type SocketFolder } from './socket.js'
import { Run, type Program } from './spawn.js'
import { fetchStatuses } from './statuses.js'

/** All in milliseconds. */
export interface EngineTiming extends ProbeTiming {
  /** Between two looks for the socket of a child that starts. */
  pollMs: number
  /** A child that does not answer this long after its start is killed; it starts without models, so this is only the program itself. */
  startMs: number
  /** How long a restarted child may take to load what was served before. */
  restoreMs: number
  /** A child from which nothing came for so long is killed. */
  frozenMs: number
  /** Between SIGTERM and SIGKILL. */
  terminateMs: number
}

const defaultTiming: EngineTiming = {
  everyMs: 600, withinMs: 1000, pollMs: 25, startMs: 60_000, restoreMs: 10 * 60_000, frozenMs: 10_000, terminateMs: 5000
}

/** So many unanswered rounds in a row, besides the time, before a child counts as frozen: not after one long pause of our own. */
const frozenRounds = 4
const defaultMaxQueueBytes = 256 * 1024 * 1024

export interface EngineOptions {
  kind: EngineKind
  program: Program
  /** The service's environment; the child sees the part that environment.ts allows. */
  environment: Readonly<NodeJS.ProcessEnv>
  log: Logger
  /** Calls in flight at once, over all models; the rest waits. */
  maxInFlight?: number
  /** Bytes of the requests that may wait. */
  maxQueueBytes?: number
  /** Further flags for the model server. */
  extraArgs?: readonly string[]
  /** Where the private folder of the socket is made; by default XDG_RUNTIME_DIR, then the folder for temporary files. */
  socketParents?: readonly string[]
  timing?: Partial<EngineTiming>
  backoff?: BackoffRules
}

export function createEngine (options: EngineOptions): Engine { return new Supervisor(options) }

class Supervisor implements Engine {
  readonly kind: EngineKind
  readonly #options: EngineOptions
  readonly #timing: EngineTiming
  readonly #log: Logger
  readonly #maxInFlight: number
  readonly #events = new EventEmitter<EngineEvents>()
  readonly #backoff: Backoff
  readonly #caller: Caller
  /** Both open exactly while a server serves: the one for the calls that are counted, the other for those that wait for a server only. */
  readonly #places: Gate
  readonly #serving = new Gate({ maxInFlight: Infinity })
  readonly #pushes = new Gate({ maxInFlight: 1 })
  #fates = new WeakMap<Run, Promise<'alive' | 'ended'>>()
  #folder: SocketFolder | undefined
  #run: Run | undefined
  #starts = 0
  #restarts = 0
  #state: EngineState = 'stopped'
  #since = Date.now()
  #reason: string | undefined
  #rss: number | undefined
  /** What the server answered for, to be pushed again after a restart. */
  #pushed: readonly ServableList[] = []
  /** What is being pushed, or was last: the models to ask for their states. */
  #wanted: readonly ServableList[] = []
  #statuses: ReadonlyMap<string, readonly ServableStatus[]> = new Map()
  #silentRounds = 0
  #stopProbe = (): void => {}
  #nextStart: NodeJS.Timeout | undefined
  #started: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor (options: EngineOptions) {
    this.kind = options.kind
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#log = options.log.child({ child: options.kind })
    this.#maxInFlight = options.maxInFlight ?? defaultMaxInFlight()
    this.#backoff = new Backoff(options.backoff ?? restartRules)
    this.#places = new Gate({ maxInFlight: this.#maxInFlight, maxQueueBytes: options.maxQueueBytes ?? defaultMaxQueueBytes, foresee: true })
    this.#pushes.open()
    this.#caller = new Caller({ gate: this.#places, current: () => this.#run as Run, fate: run => this.#fate(run), log: this.#log })
  }

  start (): Promise<void> {
    this.#started ??= (async () => {
      this.#folder = await makeSocketFolder(this.#options.socketParents ?? defaultParents(this.#options.environment))
      if (this.#stopping !== undefined) return this.#folder.remove()
      this.#launch()
      await this.#served(Infinity)
    })()
    return this.#started
  }

  stop (): Promise<void> {
    this.#stopping ??= (async () => {
      clearTimeout(this.#nextStart)
      this.#shut(() => new OutriggerError('SERVICE_DRAINING', 'The model server is being stopped'))
      this.#enter('stopped', undefined)
      if (this.#run !== undefined) {
        await terminate(this.#run.child, this.#timing.terminateMs)
        await this.#run.ended
      }
      this.#folder?.remove()
    })()
    return this.#stopping
  }

  call (path: string, request: Uint8Array, options: EngineCallOptions): Promise<Buffer> { return this.#caller.call(path, request, options) }

  async push (models: readonly ServableList[], deadline: number): Promise<void> {
    checkServables(models)
    const leave = await this.#pushes.enter(0, deadline)
    try {
      this.#wanted = models
      await this.#push(models, deadline)
      this.#pushed = models
    } catch (error) {
      this.#wanted = this.#pushed
      throw error
    } finally {
      leave()
    }
  }

  async statuses (model: string, deadline: number): Promise<readonly ServableStatus[]> {
    for (let last = false; ; last = true) {
      const run = await this.#served(deadline)
      try {
        return await fetchStatuses(run.channel, model, deadline)
      } catch (error) {
        if (!(error instanceof CallError)) throw error
        if (error.origin !== 'transport' || last) throw errorOfCall(error, { model })
        await this.#fate(run)
      }
    }
  }

  lastStatuses (): ReadonlyMap<string, readonly ServableStatus[]> { return this.#statuses }

  report (): EngineReport {
    const alive = this.#run !== undefined && !this.#run.hasEnded
    return {
      kind: this.kind,
      state: this.#state,
      pid: alive ? this.#run?.child.pid : undefined,
      restarts: this.#restarts,
      since: this.#since,
      reason: this.#reason,
      rssBytes: alive ? this.#rss : undefined
    }
  }

  on<E extends keyof EngineEvents> (event: E, listener: (...args: EngineEvents[E]) => void): void {
    this.#events.on(event, listener as never)
  }

  #enter (state: EngineState, reason: string | undefined): void {
    this.#reason = reason
    if (state === this.#state) return
    this.#state = state
    this.#since = Date.now()
    this.#events.emit('state', this.report())
  }

  /** The server that serves now, or the next one. Rejects as a gate does. */
  async #served (deadline: number): Promise<Run> {
    (await this.#serving.enter(0, deadline))()
    return this.#run as Run
  }

  #open (): void {
    this.#places.open()
    this.#serving.open()
  }

  #close (): void {
    this.#places.close()
    this.#serving.close()
  }

  #shut (error: () => OutriggerError): void {
    this.#stopProbe()
    this.#statuses = new Map()
    this.#close()
    this.#caller.shut(error)
    for (const gate of [this.#places, this.#serving, this.#pushes]) gate.shut(error)
  }

  #launch (): void {
    const folder = this.#folder as SocketFolder
    const socketPath = folder.socketPath(++this.#starts)
    const args = modelServerArgs({ socketPath, configFile: folder.configFile, maxInFlight: this.#maxInFlight, extra: this.#options.extraArgs })
    const environment = childEnvironment(this.#options.environment)
    const run = new Run({ program: this.#options.program, args, environment, socketPath, log: this.#log, terminateMs: this.#timing.terminateMs })
    this.#run = run
    this.#rss = undefined
    this.#enter('starting', this.#reason)
    void run.ended.then(how => this.#ended(run, how))
    this.#bringUp(run).catch((error: unknown) => {
      if (run.hasEnded || this.#stopping !== undefined) return
      this.#log.error({ err: error }, 'the model server does not come up and is killed')
      run.child.kill('SIGKILL')
    })
  }

  /** From the start of the process to the moment when it serves all that its predecessor served. */
  async #bringUp (run: Run): Promise<void> {
    const late = setTimeout(() => {
      this.#log.error({ startMs: this.#timing.startMs }, 'the model server does not open its socket and is killed')
      run.child.kill('SIGKILL')
    }, this.#timing.startMs)
    const ended = run.ended.then(() => clearTimeout(late))
    await Promise.race([run.listening(this.#timing.pollMs), ended])
    clearTimeout(late)
    if (run.hasEnded || this.#stopping !== undefined) return
    await fetchStatuses(run.channel, 'outrigger-start', Date.now() + this.#timing.startMs)
    this.#silentRounds = 0
    this.#enter('running', undefined)
    this.#stopProbe = startProbe(run, () => this.#wanted.map(model => model.name), this.#timing, round => this.#round(run, round))
    await restore(run.channel, pushable(this.#pushed), Date.now() + this.#timing.restoreMs, this.#timing.pollMs, this.#log)
    if (run.hasEnded || this.#stopping !== undefined) return
    run.available = true
    this.#backoff.available()
    this.#open()
  }

  async #push (models: readonly ServableList[], deadline: number): Promise<void> {
    for (let last = false; ; last = true) {
      const run = await this.#served(deadline)
      try {
        return await reload(run.channel, models, deadline, this.#log)
      } catch (error) {
        if (!(error instanceof CallError)) throw new OutriggerError('MODEL_ANSWER_INVALID', 'The answer of the model server to a reload cannot be read', { cause: error })
        if (error.origin === 'deadline') void this.#killIfLost(run, models)
        if (error.origin !== 'transport') throw errorOfCall(error)
        const fate = await this.#fate(run)
        if (last) throw fate === 'ended' ? new OutriggerError('MODEL_SERVER_CRASHED', 'The model server died twice while it loaded these models', { cause: error }) : errorOfCall(error)
      }
    }
  }

  /** Follows a reload without an answer to its end, and ends a server that has lost its way in it: two looks in a row must say so. */
  async #killIfLost (run: Run, models: readonly ServableList[]): Promise<void> {
    for (let lost = 0; lost < 2;) {
      const found = await progress(run.channel, models, Date.now() + this.#timing.withinMs)
      if (found === 'complete' || run.hasEnded || this.#stopping !== undefined) return
      lost = found === 'lost' ? lost + 1 : 0
      await new Promise(resolve => setTimeout(resolve, this.#timing.everyMs))
    }
    this.#log.error('the model server does not answer the reload and loads nothing; it is killed')
    run.child.kill('SIGKILL')
  }

  /** What becomes of a server after a failed transport: it ends, or it answers after all and serves on. */
  #fate (run: Run): Promise<'alive' | 'ended'> {
    let fate = this.#fates.get(run)
    if (fate === undefined) {
      if (run === this.#run) this.#close()
      const ended = run.ended.then(() => 'ended' as const)
      fate = Promise.race([ended, this.#answers(run)]).then(async found => {
        this.#fates.delete(run)
        if (found === 'alive' && run === this.#run && run.available && this.#stopping === undefined) this.#open()
        return found
      })
      this.#fates.set(run, fate)
    }
    return fate
  }

  async #answers (run: Run): Promise<'alive' | 'ended'> {
    while (!run.hasEnded) {
      // The process of a connection that was cut has most often ended: that news comes first.
      await new Promise(resolve => setTimeout(resolve, this.#timing.pollMs))
      if (await fetchStatuses(run.channel, 'outrigger-start', Date.now() + this.#timing.withinMs).then(() => true, () => false)) return 'alive'
    }
    return 'ended'
  }

  #round (run: Run, { answered, statuses }: Round): void {
    this.#rss = run.child.pid === undefined ? undefined : rssBytes(run.child.pid)
    if (answered) {
      this.#silentRounds = 0
      const wanted = new Set(this.#wanted.map(model => model.name))
      this.#statuses = new Map([...this.#statuses, ...statuses].filter(([name]) => wanted.has(name)))
      if (this.#state === 'unresponsive') this.#enter('running', undefined)
      return
    }
    this.#silentRounds++
    this.#statuses = new Map()
    const silentMs = Date.now() - run.lastAnswerAt
    this.#enter('unresponsive', `nothing came from the model server for ${(silentMs / 1000).toFixed(1)} s`)
    if (silentMs < this.#timing.frozenMs || this.#silentRounds < frozenRounds) return
    this.#log.error({ silentMs, pid: run.child.pid }, 'the model server is frozen and is killed')
    run.child.kill('SIGKILL')
  }

  #ended (run: Run, how: string): void {
    this.#close()
    this.#stopProbe()
    this.#statuses = new Map()
    if (this.#stopping !== undefined) return
    const reason = `the model server ended: ${how}`
    if (run.child.pid === undefined && this.#starts === 1) return this.#fail('CONFIG_INVALID', `The model server ${this.#options.program.file} cannot be started: ${how}`)
    const delayMs = this.#backoff.ended(run.available)
    this.#log.error({ how, pid: run.child.pid, wasAvailable: run.available, delayMs }, 'the model server ended')
    if (delayMs === 'give-up') return this.#fail('MODEL_SERVER_UNREACHABLE', `The model server did not come up in ${this.#backoff.failedStarts} starts, last: ${how}`)
    this.#restarts++
    this.#enter('restarting', reason)
    this.#nextStart = setTimeout(() => this.#launch(), delayMs)
  }

  #fail (code: 'CONFIG_INVALID' | 'MODEL_SERVER_UNREACHABLE', message: string): void {
    this.#shut(() => new OutriggerError(code, message))
    this.#enter('failed', message)
  }
}
