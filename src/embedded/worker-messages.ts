// What the model server's main thread and a servable's worker say to each other. Requests and answers stay bytes: the worker reads and writes them.

/** What the worker is started with. */
export interface WorkerSetup {
  /** See noneTakenBack. */
  readonly takenBack: Int32Array
  readonly folder: string
  readonly version: bigint
  /** How often each record of the version's warm-up file is run before it is loaded; 0 for not at all. */
  readonly warmupIterations: number
}

/** The first message of a worker. */
export type LoadOutcome =
  | { readonly loaded: true, readonly format: string, readonly signatureDefMap: Uint8Array, readonly warmup: { readonly records: number, readonly milliseconds: number } }
  | { readonly loaded: false, readonly status: number, readonly message: string }

export type CallMethod = 'predict' | 'classify' | 'regress'

export interface CallRequest { readonly id: number, readonly method: CallMethod, readonly request: Uint8Array }

/** `ms` is how long the call ran. A call that was taken back is answered with CANCELLED. */
export type CallOutcome = { readonly id: number, readonly ms: number } & ({ readonly response: Uint8Array } | { readonly status: number, readonly message: string })

/** Calls that a worker may hold at a time: the one that runs, and those handed ahead so that it need not wait for the next. */
export const maxHanded = 16

/** Which of the handed calls were taken back, so that the worker passes over them: one element for each id modulo its length. */
export const noneTakenBack = (): Int32Array => new Int32Array(new SharedArrayBuffer(maxHanded * Int32Array.BYTES_PER_ELEMENT))
