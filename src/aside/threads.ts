// Threads that do what takes long with large bodies and answers, so that the service's own loop goes on meanwhile: started when they are needed, gone when they are not. Knows no HTTP.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import { besideModule } from '../module-url.js'
import { allMovable, movable, worthMoving } from '../movable.js'
import type { NumericData, Tensors } from '../tensor/tensor.js'
import { cancelled, overloaded } from '../waiting-line.js'
import type { Done, Outcome, Task } from './messages.js'

export interface AsideLimits {
  /** By clock.ts. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** The body asks for a signature that did not come along with the task. */
export class UnknownSignature extends Error {
  readonly signature: string

  constructor (signature: string) {
    super(`unknown signature ${signature}`)
    this.signature = signature
  }
}

/** Tasks of more bytes have threads of their own: behind one of them a smaller one would wait for seconds. */
const giantBytes = 4 * 1024 * 1024
/** The bodies that wait for a thread, all in all; one alone may be larger. */
const defaultMaxWaitingBytes = 256 * 1024 * 1024
/** Half of the cores for each kind: the rest is the service's and the model server's. */
const threadsOfAKind = Math.max(1, Math.min(4, availableParallelism() >> 1))
/** How long a thread stays without work: it holds on to memory, and is quickly there again. */
const idleMs = 5_000
/** Tens of millions of strings are a body that no model takes. */
const memoryMb = 2048
const longestTimerMs = 2 ** 31 - 1

export class AsideThreads {
  readonly #pools = new Map<'small' | 'giant', Piscina<Task, Outcome>>()
  readonly #maxWaitingBytes: number
  readonly #memoryMb: number
  #bytes = 0

  constructor (options: { readonly maxWaitingBytes?: number, readonly memoryMb?: number } = {}) {
    this.#maxWaitingBytes = options.maxWaitingBytes ?? defaultMaxWaitingBytes
    this.#memoryMb = options.memoryMb ?? memoryMb
  }

  /**
   * Has a thread do the task, whose bytes are gone from here on. Rejects with what is wrong with the body or answer, with UnknownSignature, SERVICE_OVERLOADED where too much waits already or the
   * deadline comes first, MODEL_CANCELLED when the signal fires, REQUEST_TOO_LARGE when a thread's memory does not suffice.
   */
  async run<T extends Task> (task: T, { deadline, signal }: AsideLimits): Promise<Done<T>> {
    if (signal.aborted) throw cancelled()
    const [moved, transferList] = packed(task)
    const bytes = transferList.reduce((sum, { byteLength }) => sum + byteLength, 0)
    // What has come so far is not thrown away.
    if (task.kind === 'read' && this.#bytes > 0 && this.#bytes + bytes > this.#maxWaitingBytes) throw overloaded(`The service has more large bodies at once than it can hold: ${this.#bytes} bytes of them`, 1000)
    const end = new AbortController()
    let why: OutriggerError | undefined
    const giveUp = (error: OutriggerError): void => {
      why ??= error
      end.abort()
    }
    const timer = setTimeout(() => { giveUp(overloaded('The deadline passed while the large body was worked on', 0)) }, Math.max(0, Math.min(deadline - now(), longestTimerMs)))
    const onLeft = (): void => { giveUp(cancelled()) }
    signal.addEventListener('abort', onLeft, { once: true })
    this.#bytes += bytes
    try {
      return doneOf<T>(await this.#pool(bytes > giantBytes ? 'giant' : 'small').run(moved, { transferList, signal: end.signal }))
    } catch (error) {
      if (why !== undefined) throw why
      if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') throw new OutriggerError('REQUEST_TOO_LARGE', `The request takes more memory than there is to read it: ${this.#memoryMb} MB`)
      throw error
    } finally {
      this.#bytes -= bytes
      clearTimeout(timer)
      signal.removeEventListener('abort', onLeft)
    }
  }

  #pool (kind: 'small' | 'giant'): Piscina<Task, Outcome> {
    let pool = this.#pools.get(kind)
    if (pool === undefined) {
      pool = new Piscina({
        filename: fileURLToPath(besideModule(import.meta.url, 'worker')),
        minThreads: 0,
        maxThreads: threadsOfAKind,
        idleTimeout: idleMs,
        concurrentTasksPerWorker: 1,
        atomics: 'disabled',
        recordTiming: false,
        resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb }
      })
      // Of a thread that dies after its task was given up: nobody waits for it, and the next task gets another.
      pool.on('error', () => {})
      this.#pools.set(kind, pool)
    }
    return pool
  }

  /** The threads that are there now. */
  get threads (): number { return [...this.#pools.values()].reduce((sum, pool) => sum + pool.threads.length, 0) }

  /** Ends all threads, with what they do. */
  async close (): Promise<void> { await Promise.all([...this.#pools.values()].map(async pool => { await pool.destroy() })) }
}

/** The task as it is posted, and what is moved. */
function packed (task: Task): [task: Task, transfer: ArrayBuffer[]] {
  switch (task.kind) {
    case 'read': {
      const [body, transfer] = movable(task.body)
      return [{ ...task, body }, transfer]
    }
    case 'join': {
      const [messages, transfer] = allMovable(task.messages)
      return [{ ...task, messages }, transfer]
    }
    case 'print': {
      if (!Array.isArray(task.outputs)) return [task, task.owned === true ? memoryOf(task.outputs as Tensors) : []]
      const [outputs, transfer] = allMovable(task.outputs as readonly Uint8Array[])
      return [{ ...task, outputs }, transfer]
    }
  }
}

/** The memory that lies under numeric tensors, where moving it is worth while. */
function memoryOf (tensors: Tensors): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  for (const { data } of Object.values(tensors)) {
    if (!Array.isArray(data) && (data as NumericData).byteLength >= worthMoving) found.add((data as NumericData).buffer as ArrayBuffer)
  }
  return [...found]
}

/** What came of a task. Throws what is wrong with the body or answer, or UnknownSignature. */
export function doneOf<T extends Task> (outcome: Outcome): Done<T> {
  if ('done' in outcome) return outcome.done as unknown as Done<T>
  if ('unknown' in outcome) throw new UnknownSignature(outcome.unknown)
  const { code, message, errors } = outcome.fault
  throw new OutriggerError(code, message, errors === undefined ? {} : { errors })
}
