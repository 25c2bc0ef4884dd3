// One version of one model on its way from START to END, with its worker. Knows no config and no other servable.
import { ModelError } from './formats/format.js'
import { INTERNAL, NOT_FOUND, OK, statusName } from './status.js'
import { WorkerHost, type WorkerProgram } from './worker-host.js'
import type { CallContext } from './method.js'
import type { Log } from './log.js'
import type { CallMethod } from './worker-messages.js'

/**
 * START: known, nothing done yet. LOADING: its worker reads it. AVAILABLE: it answers. UNLOADING: calls that came finish, no new ones.
 * END: gone; with an error code it never became AVAILABLE, or was lost. Each is entered before its work begins, AVAILABLE after the load.
 */
export type ServableState = 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END'

/** How long calls that run may take when their version is unloaded. */
const drainMs = 30_000

export interface ServableOptions {
  readonly model: string
  readonly version: bigint
  readonly folder: string
  readonly log: Log
  /** See WorkerSetup; 0 unless given. */
  readonly warmupIterations?: number | undefined
  readonly program?: WorkerProgram | undefined
}

export class Servable {
  readonly model: string
  readonly version: bigint
  readonly folder: string
  state: ServableState = 'START'
  error: ModelError | undefined
  readonly #log: Log
  readonly #host: WorkerHost

  constructor ({ model, version, folder, log, warmupIterations, program }: ServableOptions) {
    this.model = model
    this.version = version
    this.folder = folder
    this.#log = log
    this.#host = new WorkerHost({ folder, version, warmupIterations, title: this.title, log, program, onLost: error => this.#lose(error) })
  }

  get title (): string { return `${this.model} version ${this.version}` }

  /** As TensorFlow Serving prints it. */
  get id (): string { return `{name: ${this.model} version: ${this.version}}` }

  get errorCode (): number { return this.error?.status ?? OK }

  get signatureDefMap (): Uint8Array { return this.#host.signatureDefMap }

  /** Loads the version; never rejects, see `state` and `error`. An unload ends it at once. */
  async load (): Promise<void> {
    this.state = 'LOADING'
    this.#log('I', 'servable.ts', `Loading servable: ${this.id} from ${this.folder}`)
    const begun = performance.now()
    try {
      await this.#host.load()
      if (this.#isEnding()) return
      this.error = undefined
      this.#log('I', 'servable.ts', `Successfully loaded servable version ${this.id} in ${Math.round(performance.now() - begun)} ms`)
      this.state = 'AVAILABLE'
    } catch (error) {
      if (!this.#isEnding()) this.#lose(error instanceof ModelError ? error : new ModelError(INTERNAL, String(error)))
    }
  }

  /** Unloaded while it loaded. */
  #isEnding (): boolean { return this.state === 'UNLOADING' || this.state === 'END' }

  /** See WorkerHost.call. */
  call (method: CallMethod, request: Uint8Array, context: CallContext): Promise<Uint8Array> {
    if (this.state === 'AVAILABLE') return this.#host.call(method, request, context)
    return Promise.reject(new ModelError(NOT_FOUND, `Servable not found for request: Specific(${this.model}, ${this.version})`))
  }

  /** Lets running calls finish and frees everything. */
  async unload (): Promise<void> {
    if (this.state === 'END') return
    this.state = 'UNLOADING'
    await this.#host.close(drainMs)
    this.state = 'END'
    this.#log('I', 'servable.ts', `Done unloading servable version ${this.id}`)
  }

  /** Frees everything at once; for the end of the process. */
  async kill (): Promise<void> {
    await this.#host.close(0)
  }

  #lose (error: ModelError): void {
    this.error = error
    this.#log('E', 'servable.ts', `Loading servable: ${this.id} failed: ${describe(error)}`)
    this.state = 'END'
  }
}

/** An error as TensorFlow prints a status. */
export const describe = (error: ModelError): string => `${statusName(error.status)}: ${error.message}`
