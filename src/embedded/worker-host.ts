// The main thread's side of a servable's worker: starts it, hands it its calls in order, ends it when a call overstays its deadline, starts it again when it died. Knows no gRPC and no version policy.
import { Worker } from 'node:worker_threads'
import { now } from '../clock.js'
import { besideModule } from '../module-url.js'
import { movable, worthMoving } from '../movable.js'
import { ModelError } from './formats/format.js'
import { CANCELLED, DEADLINE_EXCEEDED, INTERNAL, RESOURCE_EXHAUSTED, UNAVAILABLE } from './status.js'
import { maxHanded, noneTakenBack, type CallMethod, type CallOutcome, type LoadOutcome, type WorkerSetup } from './worker-messages.js'
import type { CallContext } from './method.js'
import type { Log } from './log.js'

/** Calls that wait for one servable. Beyond it calls are refused at once, in the real server's words. */
const maxQueued = 1024

/** A call that is over its deadline gets at least this long before its worker is ended: an answer that nobody waits for is cheaper than a reload. */
const minGraceMs = 250

/** Delay before a worker that died by itself is started again: doubles from the second death in a row on. */
const firstRestartDelayMs = 100
const maxRestartDelayMs = 10_000

/**
 * Calls are handed ahead only for about so long a work: to wake a thread costs more than a small call. Behind a slow one nothing is gained by it, and a call
 * that still waits here can be dropped for nothing.
 */
const aheadMs = 1

/** How much of the mean running time the last call is. */
const meanWeight = 0.1

/** setTimeout's limit. */
const maxTimerMs = 2 ** 31 - 1

interface Call {
  /** Counts the calls that were handed to a worker. */
  id: number
  readonly method: CallMethod
  readonly request: Uint8Array
  readonly resolve: (response: Uint8Array) => void
  readonly reject: (error: ModelError) => void
  timer: NodeJS.Timeout | undefined
  /** Answered, here or there: nobody waits for it any more. */
  settled: boolean
  /** Its deadline has passed. */
  late: boolean
}

/** The program of a worker, when it is not the usual one. */
export interface WorkerProgram { readonly entry: URL, readonly execArgv?: string[] }

export interface WorkerHostOptions extends Omit<WorkerSetup, 'warmupIterations' | 'takenBack'> {
  /** See WorkerSetup; 0 unless given. */
  readonly warmupIterations?: number | undefined
  /** For messages, e.g. `titanic version 1`. */
  readonly title: string
  readonly log: Log
  /** The servable cannot be loaded again after its worker was lost: it is gone for good. */
  readonly onLost: (error: ModelError) => void
  readonly program?: WorkerProgram | undefined
  /** See minGraceMs, which it is otherwise. */
  readonly graceMs?: number
}

export class WorkerHost {
  readonly #options: WorkerHostOptions
  #worker: Worker | undefined
  #loaded = false
  #loadMs = 0
  #signatureDefMap: Uint8Array = new Uint8Array(0)
  #queue: Call[] = []
  /** What the worker holds, in its order: the first one runs. */
  readonly #handed: Call[] = []
  readonly #takenBack = noneTakenBack()
  /** Of calls that ran; a slow one counts in full at once. */
  #meanMs = Infinity
  #grace: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined
  #deaths = 0
  #nextId = 0
  #closed = false
  #whenIdle: (() => void) | undefined

  constructor (options: WorkerHostOptions) {
    this.#options = options
  }

  /** A serialized tensorflow.serving.SignatureDefMap; empty before the load and after the end. */
  get signatureDefMap (): Uint8Array { return this.#signatureDefMap }

  /** Starts the worker and waits for the version to be loaded. Rejects with the ModelError of the load. Called once. */
  async load (): Promise<void> {
    await this.#start(this.#options.warmupIterations ?? 0)
  }

  /**
   * One call. The bytes are the host's from here on. Rejects with a ModelError: the model's own, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED when too many wait,
   * INTERNAL when the worker died of it, UNAVAILABLE when the servable is gone. A call whose caller left is dropped unless it runs; then it is not interrupted.
   */
  call (method: CallMethod, request: Uint8Array, context: CallContext): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new ModelError(UNAVAILABLE, `${this.#options.title} is being unloaded`))
      if (this.#queue.length >= maxQueued) return reject(new ModelError(RESOURCE_EXHAUSTED, `Too many calls wait for ${this.#options.title}`))
      const remaining = context.deadline - now()
      if (remaining <= 0) return reject(late())
      const call: Call = { id: -1, method, request, resolve, reject, timer: undefined, settled: false, late: false }
      call.timer = setTimeout(() => this.#expire(call), Math.min(remaining, maxTimerMs))
      context.onLeft = () => this.#drop(call)
      this.#queue.push(call)
      this.#dispatch()
    })
  }

  /** Takes no more calls, lets those that came finish within `drainMs`, and ends the worker. */
  async close (drainMs: number): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    if (this.#loaded && this.#handed.length + this.#queue.length > 0) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, drainMs)
        this.#whenIdle = () => { clearTimeout(timer); resolve() }
      })
    }
    this.#failAll(new ModelError(UNAVAILABLE, `${this.#options.title} was unloaded`))
    clearTimeout(this.#grace)
    // Versions that have ended are remembered.
    this.#signatureDefMap = new Uint8Array(0)
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  #start (warmupIterations: number): Promise<void> {
    const { folder, version, program } = this.#options
    this.#takenBack.fill(0)
    const begun = performance.now()
    const worker = new Worker(program?.entry ?? besideModule(import.meta.url, 'worker'), {
      workerData: { folder, version, warmupIterations, takenBack: this.#takenBack } satisfies WorkerSetup,
      ...(program?.execArgv === undefined ? {} : { execArgv: program.execArgv })
    })
    this.#worker = worker
    return new Promise((resolve, reject) => {
      let fault: Error | undefined
      worker.once('message', (outcome: LoadOutcome) => {
        if (worker !== this.#worker) return
        if (!outcome.loaded) {
          this.#worker = undefined
          void worker.terminate()
          return reject(new ModelError(outcome.status, outcome.message))
        }
        this.#loadMs = performance.now() - begun
        this.#signatureDefMap = outcome.signatureDefMap
        const { records, milliseconds } = outcome.warmup
        if (records > 0) this.#options.log('I', 'worker-host.ts', `Finished reading warmup data of ${this.#options.title}. Number of warmup records read: ${records}. Elapsed time (microseconds): ${Math.round(milliseconds * 1000)}.`)
        this.#loaded = true
        worker.on('message', (answer: CallOutcome) => this.#settle(worker, answer))
        resolve()
        this.#dispatch()
      })
      worker.on('error', error => { fault = error instanceof Error ? error : new Error(String(error)) })
      worker.on('exit', code => {
        const why = fault?.message ?? `exit code ${code}`
        reject(new ModelError(INTERNAL, `The worker of ${this.#options.title} ended while loading: ${why}`))
        if (worker === this.#worker) this.#died(why, fault)
      })
    })
  }

  #dispatch (): void {
    if (!this.#loaded || this.#worker === undefined) return
    while (this.#queue.length > 0 && this.#mayHand()) this.#hand(this.#worker, this.#queue.shift()!)
    if (this.#handed.length === 0) this.#whenIdle?.()
  }

  /** Whether the worker may get one more call. What is moved instead of copied could not be handed again, should the worker die of one before it. */
  #mayHand (): boolean {
    const { length } = this.#handed
    if (length === 0) return true
    return length < maxHanded && length * this.#meanMs < aheadMs && this.#queue[0].request.byteLength < worthMoving
  }

  #hand (worker: Worker, call: Call): void {
    this.#handed.push(call)
    call.id = this.#nextId++
    Atomics.store(this.#takenBack, call.id % maxHanded, 0)
    const [request, transfer] = movable(call.request)
    worker.postMessage({ id: call.id, method: call.method, request }, transfer)
  }

  #settle (worker: Worker, answer: CallOutcome): void {
    const call = this.#handed[0]
    if (worker !== this.#worker || call?.id !== answer.id) return
    this.#handed.shift()
    this.#deaths = 0
    this.#meanMs = Number.isFinite(this.#meanMs) ? Math.max(answer.ms, this.#meanMs + (answer.ms - this.#meanMs) * meanWeight) : answer.ms
    clearTimeout(call.timer)
    clearTimeout(this.#grace)
    this.#watchFirst()
    this.#dispatch()
    if (call.settled) return
    call.settled = true
    if ('response' in answer) call.resolve(answer.response)
    else call.reject(new ModelError(answer.status, answer.message))
  }

  #fail (call: Call, error: ModelError): void {
    if (call.settled) return
    call.settled = true
    const place = this.#queue.indexOf(call)
    if (place === -1) Atomics.store(this.#takenBack, call.id % maxHanded, 1)
    else {
      clearTimeout(call.timer)
      this.#queue.splice(place, 1)
    }
    call.reject(error)
  }

  #failAll (error: ModelError): void {
    for (const call of [...this.#handed, ...this.#queue]) {
      this.#fail(call, error)
      clearTimeout(call.timer)
    }
    this.#queue = []
    this.#handed.length = 0
  }

  /** The caller left. */
  #drop (call: Call): void {
    if (call !== this.#handed[0]) this.#fail(call, new ModelError(CANCELLED, 'The caller left'))
  }

  /** The deadline passed. */
  #expire (call: Call): void {
    call.late = true
    this.#fail(call, late())
    if (call === this.#handed[0]) this.#watchFirst()
  }

  /** A call that runs though its deadline has passed is left alone for as long as a reload would take; then its worker is ended. */
  #watchFirst (): void {
    const call = this.#handed[0]
    if (call?.late !== true) return
    this.#grace = setTimeout(() => { if (call === this.#handed[0]) void this.#end(call) }, Math.max(this.#options.graceMs ?? minGraceMs, this.#loadMs))
  }

  /** What the worker held is to be handed again, to its successor. */
  #takeBack (): void {
    for (const call of this.#handed) if (call.settled) clearTimeout(call.timer)
    this.#queue = [...this.#handed.filter(call => !call.settled), ...this.#queue]
    this.#handed.length = 0
  }

  async #end (call: Call): Promise<void> {
    const worker = this.#worker
    this.#options.log('W', 'worker-host.ts', `A call on ${this.#options.title} runs on after its deadline: its worker is ended and the servable loaded again.`)
    this.#worker = undefined
    this.#loaded = false
    await worker?.terminate()
    if (call === this.#handed[0]) this.#takeBack()
    await this.#again()
  }

  #died (why: string, fault: Error | undefined): void {
    const wasLoaded = this.#loaded
    this.#worker = undefined
    this.#loaded = false
    const running = this.#handed[0]
    if (running !== undefined) {
      const outOfMemory = (fault as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.#fail(running, new ModelError(outOfMemory ? RESOURCE_EXHAUSTED : INTERNAL, `The worker of ${this.#options.title} ended during the call: ${why}`))
    }
    this.#takeBack()
    if (this.#closed || !wasLoaded) return
    this.#options.log('E', 'worker-host.ts', `The worker of ${this.#options.title} ended: ${why}. It is started again.`)
    const delayMs = this.#deaths++ === 0 ? 0 : Math.min(firstRestartDelayMs * 2 ** (this.#deaths - 2), maxRestartDelayMs)
    this.#restart = setTimeout(() => { void this.#again() }, delayMs)
  }

  async #again (): Promise<void> {
    if (this.#closed) return
    try {
      // Callers wait: they rather have a cold answer now.
      await this.#start(0)
    } catch (error) {
      const lost = error instanceof ModelError ? error : new ModelError(INTERNAL, String(error))
      this.#closed = true
      this.#failAll(new ModelError(UNAVAILABLE, `${this.#options.title} could not be loaded again: ${lost.message}`))
      this.#options.onLost(lost)
    }
  }
}

const late = (): ModelError => new ModelError(DEADLINE_EXCEEDED, 'Timed out waiting for notification')
