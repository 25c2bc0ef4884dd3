// The ports to the threads of a pool: each thread says hello with one; over it go logs, calls of other models, aborts and the farewell. Knows no tasks.
import type { MessagePort } from 'node:worker_threads'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import { toFault, type Origin, type Stage } from './fault.js'
import { packTensors, unpackTensors, type FromWorker, type ToWorker } from './messages.js'
import type { PredictModel } from './version-handler.js'

/** Who waits for a task, and until when. */
export interface TaskLimits { readonly deadline: number, readonly signal: AbortSignal | undefined, readonly predictModel: PredictModel | undefined }

export interface PortsOptions {
  readonly origin: Origin
  readonly log: Logger
  /** A thread tells that the stage of a task begins. */
  readonly onBegin: (id: string, stage: Stage) => void
  /** The limits of a task that runs; undefined when it has ended. */
  readonly limitsOf: (id: string) => TaskLimits | undefined
}

export class WorkerPorts {
  readonly #options: PortsOptions
  readonly #ports = new Set<MessagePort>()
  #disposed: ((detail: string | undefined) => void) | undefined

  constructor (options: PortsOptions) { this.#options = options }

  /** Takes the port of a thread that started; it leaves by itself when the thread ends, and keeps no process alive. */
  add (port: MessagePort): void {
    this.#ports.add(port)
    port.on('message', (message: FromWorker) => this.#hear(port, message))
    port.on('close', () => { this.#ports.delete(port) })
    port.unref()
  }

  /** Tells all threads that a task is given up; the one that has it aborts its signal. */
  abort (id: string): void { this.#tell({ kind: 'abort', id }) }

  /** Lets every thread run the handler's dispose; resolves when all have, or after `withinMs` with a line in the log. */
  async dispose (withinMs: number): Promise<void> {
    let left = this.#ports.size
    if (left === 0) return
    const { log } = this.#options
    await new Promise<void>(resolve => {
      const late = setTimeout(() => {
        log.warn({ threads: left }, 'handler did not dispose in time')
        resolve()
      }, withinMs)
      this.#disposed = detail => {
        if (detail !== undefined) log.error({ detail }, 'handler failed in dispose')
        if (--left > 0) return
        clearTimeout(late)
        resolve()
      }
      this.#tell({ kind: 'dispose' })
    })
  }

  close (): void {
    for (const port of this.#ports) port.close()
    this.#ports.clear()
  }

  #tell (message: ToWorker): void {
    for (const port of this.#ports) port.postMessage(message)
  }

  #hear (port: MessagePort, message: FromWorker): void {
    switch (message.kind) {
      case 'begin': return this.#options.onBegin(message.id, message.stage)
      case 'log': return this.#options.log[message.level](message.fields, message.message)
      case 'disposed': return this.#disposed?.(message.detail)
      case 'predict': return void this.#predict(port, message)
    }
  }

  async #predict (port: MessagePort, { id, nonce, model, tensors }: Extract<FromWorker, { kind: 'predict' }>): Promise<void> {
    const { limitsOf, origin } = this.#options
    const moved: ArrayBuffer[] = []
    let answer: ToWorker
    try {
      const limits = limitsOf(id)
      if (limits?.predictModel === undefined) throw new OutriggerError('REQUEST_CANCELLED', `The handler of model ${origin.model} version ${origin.version} asked for a model after its request had ended`)
      const outputs = await limits.predictModel(model, unpackTensors(tensors), { deadline: limits.deadline, signal: limits.signal ?? new AbortController().signal })
      answer = { kind: 'predicted', nonce, outputs: packTensors(outputs, moved) }
    } catch (error) {
      answer = { kind: 'predicted', nonce, fault: toFault(error, 'preprocess', origin) }
    }
    port.postMessage(answer, moved)
  }
}
