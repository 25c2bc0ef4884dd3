// The engine: keeps one model server serving, in the states of engine.ts. Starts, restarts, gives up and stops them; how one takes over from another is replacer.ts, what they are told pushes.ts, one's life generation.ts.
import { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import { CallError } from '../grpc/channel.js'
import { errorOfCall } from '../grpc/status.js'
import { defaultMaxInFlight, loadsAtOnce } from './args.js'
import { Backoff, restartRules, type BackoffRules } from './backoff.js'
import type { Engine, EngineCallOptions, EngineEvents, EngineKind, EngineReport, EngineState, LateRequest, Recheck, ServableList, ServableStatus } from './engine.js'
import { programStamp } from './find.js'
import { Gate } from './gate.js'
import { Generation } from './generation.js'
import { Launcher, type LauncherOptions } from './launcher.js'
import { guardRules, MemoryGuard, type GuardRules } from './memory-guard.js'
import { Pushes } from './pushes.js'
import { Replacer } from './replacer.js'
import { Caller } from './resend.js'
import { fetchStatuses } from './statuses.js'
import { defaultTiming, type EngineTiming } from './timing.js'

/** Calls of a crash that go again take milliseconds each; where they take longer, the others wait no longer than this for them. */
const aloneMs = 2000
/**
 * Ours takes up a list beside the loads of those before, and with so many it has a load in every thread. TensorFlow's answers the lists one after
 * the other, and takes those that wait there in the order in which its threads got hold of them, not in ours: there a list waits here, where the
 * next one can take its place.
 */
const atOnce: Readonly<Record<EngineKind, number>> = { embedded: loadsAtOnce, tensorflow: 1 }
const defaultMaxQueueBytes = 256 * 1024 * 1024

export interface EngineOptions extends Pick<LauncherOptions, 'program' | 'environment' | 'log' | 'extraArgs' | 'socketParents'> {
  kind: EngineKind
  /** Calls in flight at once, over all models; the rest waits. While one child takes over from another it counts for each of them. */
  maxInFlight?: number
  /** Bytes of the requests that may wait. */
  maxQueueBytes?: number
  /** Resident memory over which the child is replaced. Not watched without it. */
  memoryBudgetBytes?: number
  /** Lists that may be pushed at once, in place of what is right for the kind of model server. */
  pushesAtOnce?: number
  /** Nothing is looked at again without it. */
  recheck?: Recheck
  timing?: Partial<EngineTiming>
  backoff?: BackoffRules
  guard?: GuardRules
}

export function createEngine (options: EngineOptions): Engine { return new Supervisor(options) }

const draining = (): OutriggerError => new OutriggerError('SERVICE_DRAINING', 'The model server is being stopped')

class Supervisor implements Engine {
  readonly kind: EngineKind
  readonly pushesAtOnce: number
  readonly #options: EngineOptions
  readonly #timing: EngineTiming
  readonly #log: Logger
  readonly #maxInFlight: number
  readonly #events = new EventEmitter<EngineEvents>()
  readonly #backoff: Backoff
  readonly #guard: MemoryGuard | undefined
  readonly #caller: Caller<Generation>
  /** Both open exactly while a server serves: the one for the calls that are counted, the other for those that wait for a server only. */
  readonly #places: Gate
  readonly #serving = new Gate({ maxInFlight: Infinity })
  readonly #pushes: Pushes
  readonly #replacer: Replacer
  readonly #launcher: Launcher
  /** The one that new calls go to; the last one while none is there. */
  #current: Generation | undefined
  /** All whose process has not ended. */
  readonly #living = new Set<Generation>()
  #restarts = 0
  #state: EngineState = 'stopped'
  #since = Date.now()
  #reason: string | undefined
  #nextStart: NodeJS.Timeout | undefined
  #started: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor (options: EngineOptions) {
    this.kind = options.kind
    this.pushesAtOnce = options.pushesAtOnce ?? atOnce[options.kind]
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#log = options.log.child({ child: options.kind })
    this.#maxInFlight = options.maxInFlight ?? defaultMaxInFlight()
    this.#launcher = new Launcher({ ...options, log: this.#log, maxInFlight: this.#maxInFlight, terminateMs: this.#timing.terminateMs })
    this.#backoff = new Backoff(options.backoff ?? restartRules)
    this.#guard = options.memoryBudgetBytes === undefined ? undefined : new MemoryGuard(options.memoryBudgetBytes, options.guard ?? guardRules)
    this.#places = new Gate({ maxInFlight: this.#maxInFlight, maxQueueBytes: options.maxQueueBytes ?? defaultMaxQueueBytes, foresee: true, aloneMs })
    this.#pushes = new Pushes({
      atOnce: this.pushesAtOnce,
      served: async deadline => await this.#served(deadline),
      fate: async generation => await this.#fate(generation),
      onAnswer: () => this.#guard?.loaded(),
      recheck: options.recheck,
      onUnfit: unfit => { this.#events.emit('unfit', unfit) }
    })
    this.#replacer = new Replacer({
      timing: this.#timing,
      log: this.#log,
      guard: this.#guard,
      pushes: this.#pushes,
      current: () => this.#current,
      begin: async () => await this.#begin(),
      serve: generation => this.#serve(generation),
      stopping: () => this.#stopping !== undefined,
      report: () => this.report(),
      onEnd: replacement => { this.#events.emit('replacement', replacement) }
    })
    this.#caller = new Caller({ gate: this.#places, current: () => this.#current as Generation, fate: generation => this.#fate(generation), log: this.#log })
  }

  start (): Promise<void> {
    this.#started ??= (async () => {
      await this.#launch()
      await this.#served(Infinity)
    })()
    return this.#started
  }

  stop (): Promise<void> {
    this.#stopping ??= (async () => {
      this.#shut(draining)
      this.#enter('stopped', undefined)
      await Promise.all([...this.#living].map(async generation => { await generation.end() }))
      this.#launcher.close()
    })()
    return this.#stopping
  }

  call (path: string, request: Uint8Array | LateRequest, options: EngineCallOptions): Promise<Buffer> { return this.#caller.call(path, request, options) }

  push (models: readonly ServableList[], deadline: number): Promise<void> { return this.#pushes.push(models, deadline) }

  replace (reason: string, by: string): Promise<void> { return this.#replacer.replace(reason, by) }

  programChanged (): boolean {
    return this.#current !== undefined && ![this.#current.run.programStamp, undefined].includes(programStamp(this.#options.program.file))
  }

  async statuses (model: string, deadline: number): Promise<readonly ServableStatus[]> {
    for (let last = false; ; last = true) {
      const generation = await this.#served(deadline)
      try {
        return await fetchStatuses(generation.channel, model, deadline)
      } catch (error) {
        if (!(error instanceof CallError)) throw error
        if (error.origin !== 'transport' || last) throw errorOfCall(error, { model })
        await this.#fate(generation)
      }
    }
  }

  lastStatuses (): ReadonlyMap<string, readonly ServableStatus[]> { return this.#current?.statuses ?? new Map() }

  report (): EngineReport {
    const alive = this.#current?.hasEnded === false
    return {
      kind: this.kind,
      state: this.#state,
      pid: alive ? this.#current?.pid : undefined,
      restarts: this.#restarts,
      since: this.#since,
      reason: this.#reason,
      rssBytes: alive ? this.#current?.rssBytes : undefined,
      memoryBudgetBytes: this.#guard?.budgetBytes,
      replacements: this.#replacer.counts
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
  async #served (deadline: number): Promise<Generation> {
    (await this.#serving.enter(0, deadline))()
    return this.#current as Generation
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
    clearTimeout(this.#nextStart)
    this.#close()
    for (const gate of [this.#places, this.#serving, this.#pushes]) gate.shut(error)
  }

  /** Starts a process. It serves nobody yet. */
  async #begin (): Promise<Generation> {
    const run = await this.#launcher.start(() => { if (this.#stopping !== undefined) throw draining() })
    const generation = new Generation({
      run,
      timing: this.#timing,
      log: this.#log,
      models: () => this.#pushes.wanted.map(model => model.name),
      onChange: changed => { if (changed === this.#current && this.#stopping === undefined) this.#follow(changed) }
    })
    this.#living.add(generation)
    void run.ended.then(how => {
      this.#living.delete(generation)
      if (generation === this.#current && this.#stopping === undefined) this.#ended(generation, how)
    })
    return generation
  }

  async #launch (): Promise<void> {
    const generation = await this.#begin()
    this.#current = generation
    this.#enter('starting', this.#reason)
    generation.comeUp(async () => { await this.#pushes.restore(generation, this.#timing.restoreMs) }).then(
      () => { if (generation === this.#current && !generation.hasEnded && this.#stopping === undefined) this.#serve(generation) },
      (error: unknown) => { if (this.#stopping === undefined) this.#log.error({ err: error, pid: generation.pid }, 'the model server does not come up') }
    )
  }

  /** From this moment new calls go to this one. */
  #serve (generation: Generation): void {
    this.#current = generation
    this.#backoff.available()
    this.#guard?.fresh()
    this.#places.renew()
    this.#open()
    this.#follow(generation)
  }

  /** The engine's state is that of the server which serves, or shall. */
  #follow (generation: Generation): void {
    this.#enter(generation.state, generation.state === 'starting' ? this.#reason : generation.reason)
    if (!generation.serves) return
    this.#pushes.see(generation.statuses)
    this.#replacer.look(generation)
  }

  /** What becomes of a server after a failed transport. Meanwhile no call goes to it. */
  async #fate (generation: Generation): Promise<'alive' | 'ended'> {
    if (generation === this.#current) this.#close()
    const fate = await generation.fate()
    if (fate === 'alive' && generation === this.#current && generation.serves && this.#stopping === undefined) this.#open()
    return fate
  }

  #ended (generation: Generation, how: string): void {
    this.#close()
    const reason = `the model server ended: ${how}`
    if (generation.pid === undefined && this.#launcher.starts === 1) return this.#fail('CONFIG_INVALID', `The model server ${this.#options.program.file} cannot be started: ${how}`)
    this.#log.error({ how, pid: generation.pid, wasAvailable: generation.serves }, 'the model server ended')
    this.#startAfter(reason, generation)
  }

  /** The next start, or the end of all: `ended` is the server that was there, if one was. */
  #startAfter (reason: string, ended?: Generation): void {
    const delayMs = this.#backoff.ended(ended?.serves === true)
    if (delayMs === 'give-up') return this.#fail('MODEL_SERVER_UNREACHABLE', `The model server did not come up in ${this.#backoff.failedStarts} starts, last: ${reason}`)
    this.#restarts++
    this.#enter('restarting', reason)
    const current = this.#current
    const next = (): void => { if (this.#current === current && this.#stopping === undefined) this.#startIn(delayMs) }
    // One that is coming up to replace it is further than a new one would be.
    const replacing = this.#replacer.underWay
    if (replacing === undefined) next()
    else replacing.then(next, next)
  }

  #startIn (delayMs: number): void {
    this.#nextStart = setTimeout(() => {
      this.#launch().catch((error: unknown) => {
        if (this.#stopping !== undefined) return
        this.#log.error({ err: error }, 'the model server cannot be started again')
        this.#startAfter((error as Error).message)
      })
    }, delayMs)
  }

  #fail (code: 'CONFIG_INVALID' | 'MODEL_SERVER_UNREACHABLE', message: string): void {
    this.#shut(() => new OutriggerError(code, message))
    this.#enter('failed', message)
  }
}
