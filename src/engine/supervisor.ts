// The engine: keeps one model server serving, in the states of engine.ts. Starts, restarts, replaces, gives up and stops them; what happens inside one's life is generation.ts.
import { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { CallError } from '../grpc/channel.js'
import { errorOfCall } from '../grpc/status.js'
import { defaultMaxInFlight, modelServerArgs } from './args.js'
import { Backoff, restartRules, type BackoffRules } from './backoff.js'
import type { Engine, EngineCallOptions, EngineEvents, EngineKind, EngineReport, EngineState, LateRequest, Replacement, ServableList, ServableStatus } from './engine.js'
import { childEnvironment } from './environment.js'
import { programStamp } from './find.js'
import { Gate } from './gate.js'
import { Generation } from './generation.js'
import { guardRules, MemoryGuard, type GuardRules } from './memory-guard.js'
import { checkServables } from './push.js'
import { prepare } from './replacement.js'
import { Caller } from './resend.js'
import { defaultParents, makeSocketFolder, type SocketFolder } from './socket.js'
import { Run, type Program } from './spawn.js'
import { fetchStatuses } from './statuses.js'
import { defaultTiming, type EngineTiming } from './timing.js'

/** Who it was, in log and journal. */
const guardName = 'the memory guard'
/** Calls of a crash that go again take milliseconds each; where they take longer, the others wait no longer than this for them. */
const aloneMs = 2000
const defaultMaxQueueBytes = 256 * 1024 * 1024

export interface EngineOptions {
  kind: EngineKind
  program: Program
  /** The service's environment; the child sees the part that environment.ts allows. */
  environment: Readonly<NodeJS.ProcessEnv>
  log: Logger
  /** Calls in flight at once, over all models; the rest waits. While one child takes over from another it counts for each of them. */
  maxInFlight?: number
  /** Bytes of the requests that may wait. */
  maxQueueBytes?: number
  /** Further flags for the model server. */
  extraArgs?: readonly string[]
  /** Where the private folder of the socket is made; by default XDG_RUNTIME_DIR, then the folder for temporary files. */
  socketParents?: readonly string[]
  /** Resident memory over which the child is replaced. Not watched without it. */
  memoryBudgetBytes?: number
  timing?: Partial<EngineTiming>
  backoff?: BackoffRules
  guard?: GuardRules
}

export function createEngine (options: EngineOptions): Engine { return new Supervisor(options) }

const draining = (): OutriggerError => new OutriggerError('SERVICE_DRAINING', 'The model server is being stopped')

class Supervisor implements Engine {
  readonly kind: EngineKind
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
  readonly #pushes = new Gate({ maxInFlight: 1 })
  /** The last one is used; those before it are not whole any more, but a child may still listen there. */
  readonly #folders: SocketFolder[] = []
  /** The one that new calls go to; the last one while none is there. */
  #current: Generation | undefined
  /** All whose process has not ended. */
  readonly #living = new Set<Generation>()
  #starts = 0
  #restarts = 0
  #replacements: EngineReport['replacements'] = { completed: 0, failed: 0, failure: undefined }
  #state: EngineState = 'stopped'
  #since = Date.now()
  #reason: string | undefined
  /** What the server answered for, to be pushed again after a restart. */
  #pushed: readonly ServableList[] = []
  /** What is being pushed, or was last: the models to ask for their states. */
  #wanted: readonly ServableList[] = []
  /** When it was last found to have no socket. */
  #unreachableAt = -Infinity
  #nextStart: NodeJS.Timeout | undefined
  #replacing: Promise<void> | undefined
  #started: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor (options: EngineOptions) {
    this.kind = options.kind
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#log = options.log.child({ child: options.kind })
    this.#maxInFlight = options.maxInFlight ?? defaultMaxInFlight()
    this.#backoff = new Backoff(options.backoff ?? restartRules)
    this.#guard = options.memoryBudgetBytes === undefined ? undefined : new MemoryGuard(options.memoryBudgetBytes, options.guard ?? guardRules)
    this.#places = new Gate({ maxInFlight: this.#maxInFlight, maxQueueBytes: options.maxQueueBytes ?? defaultMaxQueueBytes, foresee: true, aloneMs })
    this.#pushes.open()
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
      for (const folder of this.#folders) folder.remove()
    })()
    return this.#stopping
  }

  call (path: string, request: Uint8Array | LateRequest, options: EngineCallOptions): Promise<Buffer> { return this.#caller.call(path, request, options) }

  async push (models: readonly ServableList[], deadline: number): Promise<void> {
    checkServables(models)
    const leave = await this.#pushes.enter(0, deadline)
    try {
      this.#wanted = models
      await this.#push(models, deadline)
      this.#pushed = models
      this.#guard?.loaded()
    } catch (error) {
      this.#wanted = this.#pushed
      throw error
    } finally {
      leave()
    }
  }

  replace (reason: string, by: string): Promise<void> {
    return this.#replaceOnce(reason, by)
  }

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
      replacements: this.#replacements
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

  /** Where a child's socket goes. Rejects as makeSocketFolder does. */
  async #folder (): Promise<SocketFolder> {
    const last = this.#folders.at(-1)
    if (last?.isWhole() === true) return last
    const fresh = await makeSocketFolder(this.#options.socketParents ?? defaultParents(this.#options.environment))
    this.#folders.push(fresh)
    return fresh
  }

  /** Starts a process. It serves nobody yet. */
  async #begin (): Promise<Generation> {
    const { program, extraArgs, environment } = this.#options
    const folder = await this.#folder()
    if (this.#stopping !== undefined) {
      folder.remove()
      throw draining()
    }
    const socketPath = folder.socketPath(++this.#starts)
    const args = modelServerArgs({ socketPath, configFile: folder.configFile, maxInFlight: this.#maxInFlight, extra: extraArgs })
    const run = new Run({ program, args, environment: childEnvironment(environment), socketPath, log: this.#log, terminateMs: this.#timing.terminateMs })
    const generation = new Generation({
      run,
      timing: this.#timing,
      log: this.#log,
      models: () => this.#wanted.map(model => model.name),
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
    generation.comeUp(() => this.#pushed).then(
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
    if (generation.run.isReachable) this.#guardMemory(generation)
    else this.#becomeReachable()
  }

  /** Its connection may hold for long, but the next one would find nobody. */
  #becomeReachable (): void {
    if (this.#replacing !== undefined || now() - this.#unreachableAt < this.#timing.frozenMs) return
    this.#unreachableAt = now()
    this.#replaceOnce('its socket was removed', 'the supervisor').catch(() => {})
  }

  #guardMemory ({ rssBytes }: Generation): void {
    const guard = this.#guard
    if (guard === undefined || rssBytes === undefined || this.#replacing !== undefined || this.#wanted !== this.#pushed) return
    const verdict = guard.look(rssBytes, now())
    const why = `the model server needs ${rssBytes} bytes of memory, and its budget is ${guard.budgetBytes}`
    if (verdict === 'hopeless') this.#notReplaced({ reason: `${why}; it did so from the start, so that another would not need less`, by: guardName, from: this.report().pid, to: undefined, failure: 'not tried' })
    if (verdict === 'replace') this.#replaceOnce(why, guardName, guard.budgetBytes).catch(() => {})
  }

  async #push (models: readonly ServableList[], deadline: number): Promise<void> {
    for (let last = false; ; last = true) {
      const generation = await this.#served(deadline)
      try {
        return await generation.reload(models, deadline)
      } catch (error) {
        if (!(error instanceof CallError)) throw new OutriggerError('MODEL_ANSWER_INVALID', 'The answer of the model server to a reload cannot be read', { cause: error })
        if (error.origin !== 'transport') throw errorOfCall(error)
        const fate = await this.#fate(generation)
        if (last) throw fate === 'ended' ? new OutriggerError('MODEL_SERVER_CRASHED', 'The model server died twice while it loaded these models', { cause: error }) : errorOfCall(error)
      }
    }
  }

  #replaceOnce (reason: string, by: string, maxRssBytes?: number): Promise<void> {
    this.#replacing ??= this.#replace(reason, by, maxRssBytes).finally(() => { this.#replacing = undefined })
    return this.#replacing
  }

  async #replace (reason: string, by: string, maxRssBytes?: number): Promise<void> {
    const old = this.#current
    if (old?.serves !== true || old.hasEnded || this.#stopping !== undefined) throw this.#notReplaced({ reason, by, from: undefined, to: undefined, failure: `none serves that could be replaced: it is ${this.#state}` })
    const from = old.pid
    this.#log.info({ reason, by, from }, 'the model server is to be replaced')
    let successor: Generation | undefined
    try {
      successor = await this.#begin()
      const leave = await prepare(old, successor, { timing: this.#timing, pushed: () => this.#pushed, pushes: this.#pushes, maxRssBytes })
      if (!successor.hasEnded && this.#stopping === undefined) this.#serve(successor)
      leave()
      if (this.#current !== successor) throw new Error('it ended before it could take over')
    } catch (error) {
      const failure = (error as Error).message
      if (maxRssBytes !== undefined && (successor?.rssBytes ?? 0) > maxRssBytes) this.#guard?.giveUp()
      await successor?.end()
      throw this.#notReplaced({ reason, by, from, to: undefined, failure }, error)
    }
    const replacement: Replacement = { reason, by, from, to: successor.pid, failure: undefined }
    this.#replacements = { ...this.#replacements, completed: this.#replacements.completed + 1, failure: undefined }
    this.#log.info(replacement, 'the model server was replaced')
    this.#events.emit('replacement', replacement)
    void this.#retire(old)
  }

  /** Tells of a replacement that failed. */
  #notReplaced (replacement: Replacement & { failure: string }, cause?: unknown): OutriggerError {
    const { failure } = replacement
    this.#replacements = { ...this.#replacements, failed: this.#replacements.failed + 1, failure }
    if (this.#stopping === undefined) {
      this.#log.error({ ...replacement, err: cause }, 'the model server could not be replaced; the old one serves on')
      this.#events.emit('replacement', replacement)
    }
    return new OutriggerError('ENGINE_REPLACE', `The ${this.kind} model server could not be replaced: ${failure}`, { cause })
  }

  /** Ends a server that was replaced: once its calls have ended, or at once where it gives no answers. Its probe goes on, so that one that freezes with calls in it is killed, and they go to its successor. */
  async #retire (old: Generation): Promise<void> {
    if (old.state === 'running') await Promise.race([old.run.idle(), old.run.ended])
    await old.end()
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
    if (generation.pid === undefined && this.#starts === 1) return this.#fail('CONFIG_INVALID', `The model server ${this.#options.program.file} cannot be started: ${how}`)
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
    if (this.#replacing === undefined) next()
    else this.#replacing.then(next, next)
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
