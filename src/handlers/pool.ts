// A pool of worker threads for one version's handler: hands tasks to free threads, ends those that take too long, replaces threads that died. Knows threads and messages, not what a handler is.
import { randomUUID } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { besideModule } from '../module-url.js'
import { describeThrown, fromFault, toFault, type Stage } from './fault.js'
import { JobQueue, type WaitingJob } from './job-queue.js'
import type { Done, Task } from './messages.js'
import { WorkerPorts, type TaskLimits } from './ports.js'
import type { RunnerOptions } from './runner.js'

export interface PoolOptions extends RunnerOptions {
  /** Threads at most. */
  readonly maxThreads?: number | undefined
  /** Bytes of the calls that may wait for a thread; one alone may be larger. */
  readonly maxWaitingBytes?: number | undefined
  /** Heap of one thread in megabytes; a handler that grows beyond it loses its thread. */
  readonly memoryMb?: number | undefined
  /** Node's own arguments for the threads. */
  readonly execArgv?: readonly string[] | undefined
}

/** Handlers are short and their pictures are decoded elsewhere, so a few threads saturate the cores; two at least, so that one that hangs does not stop the others. */
const defaultMaxThreads = Math.max(2, Math.min(4, availableParallelism()))
/**
 * In bytes, not in calls: a model server that comes back after a crash answers in one second what came in two, and each of these answers
 * waits for a thread. How many of them can be served in time is foreseen by the measured times.
 */
const defaultMaxWaitingBytes = 64 * 2 ** 20
/** What a waiting call costs besides its bytes. */
const jobBytes = 2048
/** A newer measurement of a call's time counts this much. */
const smoothing = 0.1
/** The share of its time that a request may wait for its first thread: the rest is for the model, and for its second. */
const waitShare = 0.5
const defaultMemoryMb = 512
/** How long a thread beyond the first stays without work. */
const idleMs = 30_000
/** How long `dispose` may take before its thread is ended. */
const disposeWithinMs = 1000
/** Timers take at most this many milliseconds. */
const longestMs = 2 ** 31 - 1

/** One task on its way. `waiting`: no thread was free yet. `given`: a thread has it. */
interface Job extends WaitingJob {
  readonly id: string
  readonly task: Task
  readonly moved: ArrayBuffer[]
  readonly limits: TaskLimits
  readonly resolve: (done: Done) => void
  readonly reject: (error: OutriggerError) => void
  state: 'waiting' | 'given'
  stage: Stage
  readonly end: AbortController
  stageTimer: NodeJS.Timeout | undefined
}

type Code = 'HANDLER_FAILED' | 'HANDLER_TIMEOUT' | 'REQUEST_CANCELLED' | 'SERVICE_OVERLOADED' | 'MODEL_NOT_READY'

export class HandlerPool {
  readonly #options: PoolOptions
  readonly #memoryMb: number
  readonly #maxThreads: number
  readonly #maxWaitingBytes: number
  readonly #threads: Piscina<Task, Done | null>
  readonly #ports: WorkerPorts
  readonly #given = new Map<string, Job>()
  readonly #waiting = new JobQueue<Job>()
  /** How long a thread works on one call. */
  #meanMs = 0
  #closed = false

  constructor (options: PoolOptions) {
    const { maxThreads = defaultMaxThreads, maxWaitingBytes = defaultMaxWaitingBytes, memoryMb = defaultMemoryMb, execArgv } = options
    this.#options = options
    this.#memoryMb = memoryMb
    this.#maxThreads = maxThreads
    this.#maxWaitingBytes = maxWaitingBytes
    this.#ports = new WorkerPorts({
      origin: options.settings,
      log: options.log,
      onBegin: (id, stage) => {
        const job = this.#given.get(id)
        if (job !== undefined) this.#enter(job, stage)
      },
      limitsOf: id => this.#given.get(id)?.limits
    })
    this.#threads = new Piscina({
      filename: fileURLToPath(besideModule(import.meta.url, 'worker')),
      workerData: options.settings,
      minThreads: 1,
      maxThreads,
      idleTimeout: idleMs,
      concurrentTasksPerWorker: 1,
      // A thread that waits with Atomics would hear neither of an abort nor of its own timers.
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: 4 },
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] })
    })
    this.#threads.on('message', (message: { kind?: unknown, port?: MessagePort }) => { if (message.kind === 'hello') this.#ports.add(message.port!) })
    // A thread died while it had no task, e.g. of a rejection that nobody handled.
    this.#threads.on('error', (thrown: unknown) => options.log.error({ detail: describeThrown(thrown) }, 'handler failed outside any request, its thread is replaced'))
  }

  /** The threads that are there now. */
  get threads (): number { return this.#threads.threads.length }

  /**
   * Runs a task in a free thread and resolves with what the thread answers. Rejects with HANDLER_TIMEOUT when the stage's limit or the deadline is reached,
   * REQUEST_CANCELLED when the signal fires, HANDLER_FAILED when the thread died, SERVICE_OVERLOADED when no thread came free in time, or, for a task that
   * begins a request, when too much waits already or the wait would be too long.
   * A task that nobody waits for any more is told by its signal; only the stage's limit ends its thread, so that impatient callers cost no threads.
   */
  async run (id: string, task: Task, moved: ArrayBuffer[], limits: TaskLimits): Promise<Done> {
    if (this.#closed) throw this.#error('MODEL_NOT_READY', 'is being unloaded')
    if (limits.signal?.aborted === true) throw this.#error('REQUEST_CANCELLED', 'was not asked: the caller left')
    const bytes = jobBytes + moved.reduce((sum, { byteLength }) => sum + byteLength, 0)
    if (task.kind === 'preprocess' && this.#given.size >= this.#maxThreads) this.#foresee(bytes, limits.deadline)
    let tidy = (): void => {}
    try {
      return await new Promise((resolve, reject) => {
        const job: Job = { id, task, moved, limits, bytes, finishes: task.kind === 'postprocess', resolve, reject, state: 'waiting', stage: 'load', end: new AbortController(), stageTimer: undefined }
        tidy = this.#watch(job)
        this.#waiting.add(job)
        this.#next()
      })
    } finally {
      tidy()
    }
  }

  /** Throws SERVICE_OVERLOADED for a request that would wait too long, or for which there is no room. */
  #foresee (bytes: number, deadline: number): void {
    if (this.#waiting.size > 0 && this.#waiting.bytes + bytes > this.#maxWaitingBytes) throw this.#error('SERVICE_OVERLOADED', 'has more requests waiting than it may hold')
    const expectedMs = this.#meanMs * (this.#waiting.size + 1) / this.#maxThreads
    if (expectedMs > (deadline - now()) * waitShare) throw this.#error('SERVICE_OVERLOADED', `has so many requests waiting that another would wait about ${Math.ceil(expectedMs)} ms`)
  }

  /** Stops waiting for the job at its deadline or when its caller leaves. */
  #watch (job: Job): () => void {
    const { signal, deadline } = job.limits
    const giveUp = (error: OutriggerError): void => {
      job.reject(error)
      if (job.state === 'given') this.#ports.abort(job.id)
      else this.#waiting.remove(job)
    }
    const timer = setTimeout(() => giveUp(job.state === 'given'
      ? this.#error('HANDLER_TIMEOUT', `did not finish ${job.stage} within the request's time`)
      : this.#error('SERVICE_OVERLOADED', "had no thread free within the request's time")), Math.max(0, Math.min(longestMs, deadline - now())))
    const onCancel = (): void => giveUp(this.#error('REQUEST_CANCELLED', `was stopped in ${job.task.kind}: the caller left`))
    signal?.addEventListener('abort', onCancel, { once: true })
    return () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onCancel)
    }
  }

  /** Gives waiting jobs to threads; Piscina starts one where none is free. */
  #next (): void {
    while (this.#given.size < this.#maxThreads && this.#waiting.size > 0) this.#give(this.#waiting.next()!)
  }

  #give (job: Job): void {
    job.state = 'given'
    this.#given.set(job.id, job)
    // Until the thread tells that it has begun, it starts and loads.
    this.#enter(job, 'load')
    const since = now()
    this.#threads.run(job.task, { transferList: job.moved, signal: job.end.signal }).then(done => {
      this.#leave(job)
      if (done === null) return this.#lost(job, null)
      if (job.task.kind !== 'load') this.#meanMs += (now() - since - this.#meanMs) * smoothing
      job.resolve(done)
    }, (thrown: unknown) => {
      this.#leave(job)
      this.#lost(job, thrown)
    })
  }

  /** A stage begins: its own limit runs from now. */
  #enter (job: Job, stage: Stage): void {
    job.stage = stage
    clearTimeout(job.stageTimer)
    const { loadWithinMs, timeoutMs, log } = this.#options
    const limitMs = stage === 'load' ? loadWithinMs : timeoutMs()
    job.stageTimer = setTimeout(() => {
      job.reject(this.#error('HANDLER_TIMEOUT', `took longer than ${limitMs} ms in ${stage} and was ended`))
      log.error({ stage, limit_ms: limitMs }, 'handler took too long, its thread is ended')
      job.end.abort()
    }, Math.min(longestMs, limitMs))
  }

  #leave (job: Job): void {
    clearTimeout(job.stageTimer)
    this.#given.delete(job.id)
    this.#next()
  }

  /** The thread is gone with its task. */
  #lost (job: Job, thrown: unknown): void {
    // A dying thread's last word may overtake the message that its stage began.
    const stage: Stage = job.task.kind
    const { code, message } = (thrown instanceof Error ? thrown : {}) as { code?: string, message?: string }
    const exited = /^worker exited with code: (.*)$/.exec(message ?? '')
    if (this.#closed) job.reject(this.#error('MODEL_NOT_READY', 'was unloaded while it worked'))
    else if (code === 'ERR_WORKER_OUT_OF_MEMORY') job.reject(this.#error('HANDLER_FAILED', `used more memory than its limit of ${this.#memoryMb} MB in ${stage} and was ended`))
    else if (exited !== null) job.reject(this.#error('HANDLER_FAILED', `ended its own thread in ${stage} (exit code ${exited[1]})`))
    else job.reject(fromFault(toFault(thrown, stage, this.#options.settings), this.#options.settings))
    if (stage !== 'load') this.#warm()
  }

  /** After a thread was lost in its work its successor loads the handler at once, and not with the next request. */
  #warm (): void {
    if (this.#closed || this.#given.size >= this.#maxThreads) return
    const id = randomUUID()
    this.run(id, { kind: 'load', id }, [], { deadline: now() + this.#options.loadWithinMs, signal: undefined, predictModel: undefined }).catch(() => {})
  }

  #error (code: Code, what: string): OutriggerError {
    const { model, version } = this.#options.settings
    const soon = code === 'SERVICE_OVERLOADED' || code === 'MODEL_NOT_READY'
    return new OutriggerError(code, `The handler of model ${model} version ${version} ${what}`, { model, version, ...(soon ? { retryAfterMs: 1000 } : {}) })
  }

  /** Lets every thread run the handler's dispose, then ends them all; what still runs or waits is rejected with MODEL_NOT_READY. Idempotent. */
  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (let job = this.#waiting.next(); job !== undefined; job = this.#waiting.next()) job.reject(this.#error('MODEL_NOT_READY', 'is being unloaded'))
    await this.#ports.dispose(disposeWithinMs)
    await this.#threads.destroy()
    this.#ports.close()
  }
}
