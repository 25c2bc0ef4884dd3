// A pool of worker threads for one version's handler: starts tasks, ends those that take too long, replaces threads that died. Knows threads and messages, not what a handler is.
import type { MessagePort } from 'node:worker_threads'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { OutriggerError } from '../errors.js'
import { besideModule } from '../module-url.js'
import { describeThrown, fromFault, toFault, type Stage } from './fault.js'
import { packTensors, unpackTensors, type Done, type FromWorker, type Task, type ToWorker } from './messages.js'
import type { RunnerOptions } from './runner.js'
import type { PredictModel } from './version-handler.js'

export interface PoolOptions extends RunnerOptions {
  /** Threads at most. */
  readonly maxThreads?: number
  /** Calls that may wait for a thread. */
  readonly maxWaiting?: number
  /** Heap of one thread in megabytes; a handler that grows beyond it loses its thread. */
  readonly memoryMb?: number
}

/** Handlers are short and their pictures are decoded elsewhere, so a few threads saturate the cores; two at least, so that one that hangs does not stop the others. */
const defaultMaxThreads = Math.max(2, Math.min(4, availableParallelism()))
const defaultMaxWaiting = 256
const defaultMemoryMb = 512
/** How long a thread beyond the first stays without work. */
const idleMs = 30_000
/** How long `dispose` may take before its thread is ended. */
const disposeWithinMs = 2000

/** Who waits for a task, and until when. */
export interface TaskLimits { readonly deadline: number, readonly signal: AbortSignal | undefined, readonly predictModel: PredictModel | undefined }

interface Running {
  readonly limits: TaskLimits
  started: boolean
  begin (stage: Stage): void
}

/** Timers take at most this many milliseconds. */
const longest = 2 ** 31 - 1

export class HandlerPool {
  readonly #options: PoolOptions
  readonly #threads: Piscina<Task, Done | null>
  readonly #ports = new Set<MessagePort>()
  readonly #running = new Map<string, Running>()
  readonly #limit: number
  #disposing: ((detail: string | undefined) => void) | undefined
  #closed = false

  constructor (options: PoolOptions) {
    const { maxThreads = defaultMaxThreads, maxWaiting = defaultMaxWaiting, memoryMb = defaultMemoryMb } = options
    this.#options = options
    this.#limit = maxThreads + maxWaiting
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
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: 4 }
    })
    this.#threads.on('message', (message: { kind?: unknown, port?: MessagePort }) => { if (message.kind === 'hello') this.#listen(message.port!) })
    this.#threads.on('error', (thrown: unknown) => this.#died(thrown))
  }

  /** The threads that are there now. */
  get threads (): number { return this.#threads.threads.length }

  /**
   * Runs a task in a free thread and resolves with what the thread answers. Rejects with HANDLER_TIMEOUT when the stage's limit or the deadline is reached,
   * REQUEST_CANCELLED when the signal fires, HANDLER_FAILED when the thread died, SERVICE_OVERLOADED when no thread is free. A task that nobody waits for any more is told by its signal, and is ended at the stage's limit.
   */
  async run (id: string, task: Task, moved: ArrayBuffer[], limits: TaskLimits): Promise<Done> {
    if (this.#closed) throw this.#error('MODEL_NOT_READY', 'is being unloaded', 1000)
    if (this.#running.size >= this.#limit) throw this.#error('SERVICE_OVERLOADED', 'has more requests waiting than it may hold', 1000)
    if (limits.signal?.aborted === true) throw this.#error('REQUEST_CANCELLED', 'was not asked: the caller left')
    return await new Promise((resolve, reject) => this.#start(id, task, moved, limits, resolve, reject))
  }

  #start (id: string, task: Task, moved: ArrayBuffer[], limits: TaskLimits, resolve: (done: Done) => void, reject: (error: OutriggerError) => void): void {
    const end = new AbortController()
    let stage: Stage = 'load'
    let stageTimer: NodeJS.Timeout | undefined
    const giveUp = (error: OutriggerError): void => {
      reject(error)
      if (running.started) this.#tell({ kind: 'abort', id })
      else end.abort()
    }
    const running: Running = {
      limits,
      started: false,
      begin: entered => {
        running.started = true
        stage = entered
        clearTimeout(stageTimer)
        const limitMs = entered === 'load' ? this.#options.loadWithinMs : this.#options.timeoutMs
        stageTimer = setTimeout(() => {
          reject(this.#error('HANDLER_TIMEOUT', `took longer than ${limitMs} ms in ${entered} and was ended`))
          this.#options.log.error({ stage: entered, limit_ms: limitMs }, 'handler took too long, its thread is ended')
          end.abort()
        }, limitMs)
      }
    }
    const deadlineTimer = setTimeout(() => giveUp(running.started
      ? this.#error('HANDLER_TIMEOUT', `did not finish ${stage} within the request's time`)
      : this.#error('SERVICE_OVERLOADED', "had no thread free within the request's time", 1000)), Math.max(0, Math.min(longest, limits.deadline - Date.now())))
    const onCancel = (): void => giveUp(this.#error('REQUEST_CANCELLED', `was stopped in ${stage}: the caller left`))
    limits.signal?.addEventListener('abort', onCancel, { once: true })
    this.#running.set(id, running)
    const finish = (): void => {
      clearTimeout(stageTimer)
      clearTimeout(deadlineTimer)
      limits.signal?.removeEventListener('abort', onCancel)
      this.#running.delete(id)
    }
    this.#threads.run(task, { transferList: moved, signal: end.signal }).then(done => {
      finish()
      if (done !== null) return resolve(done)
      this.#lost(task, null, stage, reject)
    }, (thrown: unknown) => {
      finish()
      if (end.signal.aborted) return this.#warm(task)
      this.#lost(task, thrown, stage, reject)
    })
  }

  /** The thread is gone with its task. */
  #lost (task: Task, thrown: unknown, stage: Stage, reject: (error: OutriggerError) => void): void {
    if (this.#closed) return reject(this.#error('MODEL_NOT_READY', 'was unloaded while it worked', 1000))
    const { code, message } = (thrown instanceof Error ? thrown : {}) as { code?: string, message?: string }
    const exited = /^worker exited with code: (.*)$/.exec(message ?? '')
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') reject(this.#error('HANDLER_FAILED', `used more memory than its limit of ${this.#options.memoryMb ?? defaultMemoryMb} MB in ${stage} and was ended`))
    else if (exited !== null) reject(this.#error('HANDLER_FAILED', `ended its own thread in ${stage} (exit code ${exited[1]})`))
    else reject(fromFault(toFault(thrown, stage, this.#options.settings), this.#options.settings))
    this.#warm(task)
  }

  /** After a thread was lost its successor loads the handler at once, unless loading is what failed. */
  #warm (lost: Task): void {
    if (lost.kind === 'load' || this.#closed) return
    const id = crypto.randomUUID()
    this.run(id, { kind: 'load', id }, [], { deadline: Date.now() + this.#options.loadWithinMs, signal: undefined, predictModel: undefined }).catch(() => {})
  }

  /** A thread died while it had no task, e.g. of a rejection that nobody handled. */
  #died (thrown: unknown): void {
    this.#options.log.error({ detail: describeThrown(thrown) }, 'handler failed outside any request, its thread is replaced')
  }

  #listen (port: MessagePort): void {
    this.#ports.add(port)
    port.on('message', (message: FromWorker) => this.#hear(port, message))
    port.on('close', () => { this.#ports.delete(port) })
    port.unref()
  }

  #hear (port: MessagePort, message: FromWorker): void {
    if (message.kind === 'begin') this.#running.get(message.id)?.begin(message.stage)
    else if (message.kind === 'log') this.#options.log[message.level](message.fields, message.message)
    else if (message.kind === 'disposed') this.#disposing?.(message.detail)
    else void this.#predict(port, message)
  }

  async #predict (port: MessagePort, { id, nonce, model, tensors }: Extract<FromWorker, { kind: 'predict' }>): Promise<void> {
    const moved: ArrayBuffer[] = []
    let answer: ToWorker
    try {
      const limits = this.#running.get(id)?.limits
      if (limits?.predictModel === undefined) throw this.#error('REQUEST_CANCELLED', 'asked for a model after its request had ended')
      const outputs = await limits.predictModel(model, unpackTensors(tensors), { deadline: limits.deadline, signal: limits.signal ?? new AbortController().signal })
      answer = { kind: 'predicted', nonce, outputs: packTensors(outputs, moved) }
    } catch (error) {
      answer = { kind: 'predicted', nonce, fault: toFault(error, 'preprocess', this.#options.settings) }
    }
    port.postMessage(answer, moved)
  }

  #tell (message: ToWorker): void {
    for (const port of this.#ports) port.postMessage(message)
  }

  #error (code: 'HANDLER_FAILED' | 'HANDLER_TIMEOUT' | 'REQUEST_CANCELLED' | 'SERVICE_OVERLOADED' | 'MODEL_NOT_READY', what: string, retryAfterMs?: number): OutriggerError {
    const { model, version } = this.#options.settings
    return new OutriggerError(code, `The handler of model ${model} version ${version} ${what}`, { model, version, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  }

  /** Lets every thread run the handler's dispose, then ends them all; what still runs is rejected with MODEL_NOT_READY. */
  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#dispose()
    await this.#threads.destroy()
    for (const port of this.#ports) port.close()
    this.#ports.clear()
  }

  async #dispose (): Promise<void> {
    let left = this.#ports.size
    if (left === 0) return
    await new Promise<void>(resolve => {
      const late = setTimeout(() => {
        this.#options.log.warn({ threads: left }, 'handler did not dispose in time')
        resolve()
      }, disposeWithinMs)
      this.#disposing = detail => {
        if (detail !== undefined) this.#options.log.error({ detail }, 'handler failed in dispose')
        if (--left > 0) return
        clearTimeout(late)
        resolve()
      }
      this.#tell({ kind: 'dispose' })
    })
  }
}
