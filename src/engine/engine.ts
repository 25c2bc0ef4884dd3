// What the rest of the service knows of an engine: a child process that serves models. The supervisor implements it.
import type { CallOptions } from '../grpc/channel.js'

export type EngineKind = 'tensorflow' | 'embedded'

/**
 * starting: spawned, its socket does not answer yet. running: it answers. unresponsive: alive, but status calls get no answer.
 * restarting: the child ended and its successor is due. failed: given up, the service must end. stopped: ended on purpose.
 */
export type EngineState = 'starting' | 'running' | 'unresponsive' | 'restarting' | 'failed' | 'stopped'

/** Servable states of TensorFlow Serving (get_model_status.proto), and UNKNOWN. */
export type ServableState = 'UNKNOWN' | 'START' | 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END'

export interface ServableStatus {
  readonly version: bigint
  readonly state: ServableState
  /** gRPC code of the load's failure; 0 when there is none. END with a code is a failed load. */
  readonly errorCode: number
  readonly errorMessage: string
}

/** One model of the full list that is pushed to the engine: all versions that it shall serve now. */
export interface ServableList {
  readonly name: string
  readonly basePath: string
  readonly versions: readonly bigint[]
}

export interface EngineCallOptions extends CallOptions {
  /** Whether the call may be sent once more after the transport failed. False for graphs that assign variables. */
  resend: boolean
  /** The request was sent before, in the company of others, and the transport failed: this is its second and last sending. */
  again?: boolean
}

/** A request that is written when its turn has come, so that it holds only what is wanted then. */
export interface LateRequest {
  /** About how many bytes it will have. */
  readonly bytes: number
  /** Called once for each sending, in the moment before it. What it throws is what the call rejects with; nothing is sent then. */
  write (): Uint8Array
}

/**
 * Whether a version that a model server has served still is what it was; asked before another one reads it. Rejects with the reason when it is not,
 * and so does `confirm`, asked after the read, when it was touched since. `free`: nothing says what it must be. `away`: nobody can tell now, and no
 * model server is given it until somebody can.
 */
export type Recheck = (name: string, version: bigint) => Promise<{ readonly confirm: () => Promise<void> } | 'free' | 'away'>

/** A version that was served and is not what it was any more. */
export interface Unfit { readonly name: string, readonly version: bigint, readonly error: Error }

export interface EngineReport {
  readonly kind: EngineKind
  readonly state: EngineState
  readonly pid: number | undefined
  readonly restarts: number
  /** When the state was entered, in milliseconds since the epoch. */
  readonly since: number
  /** Why the state is what it is, for health and log: how the last child ended, or for how long it has not answered. */
  readonly reason: string | undefined
  /** Resident set size of the child in bytes, where /proc tells. */
  readonly rssBytes: number | undefined
  /** What the child may need before the memory guard has it replaced; undefined without a guard. */
  readonly memoryBudgetBytes: number | undefined
  readonly replacements: {
    readonly completed: number
    readonly failed: number
    /** Why the last one failed; undefined after one that did not. */
    readonly failure: string | undefined
  }
}

/** A replacement that has ended: `to` is undefined for one that failed, and then `failure` says why. */
export interface Replacement {
  readonly reason: string
  readonly by: string
  /** Process ids. */
  readonly from: number | undefined
  readonly to: number | undefined
  readonly failure: string | undefined
}

export interface EngineEvents {
  /** A state was entered. */
  state: [report: EngineReport]
  /** The child was replaced by another one, or could not be. */
  replacement: [replacement: Replacement]
  /** The successor of a child that ended does not get this version, and no later child will under this name. */
  unfit: [unfit: Unfit]
}

/** A supervised model server. Survives its child: calls wait through a restart within their deadline, and what it served is pushed again. */
export interface Engine {
  readonly kind: EngineKind
  /** Pushes that run at a time; one more waits for its turn. */
  readonly pushesAtOnce: number
  start (): Promise<void>
  /** SIGTERM, wait, SIGKILL. Idempotent. */
  stop (): Promise<void>
  /** A unary call by the rules of restarts and resending. The request's memory, all that it lies in, is the engine's, and may be gone with the answer. Rejects with an OutriggerError (statuses of the server as MODEL_…, see grpc/status.ts). */
  call (path: string, request: Uint8Array | LateRequest, options: EngineCallOptions): Promise<Buffer>
  /**
   * Makes the child serve exactly these models and versions; resolves when the child has answered the push. Pushes are sent in their order, and
   * the newest holds: one that meets the end of a child while a later one is under way ends with that one.
   * A load that fails inside the child does not reject (see `statuses`); a base path without one of its version folders is refused here and never pushed.
   */
  push (models: readonly ServableList[], deadline: number): Promise<void>
  /**
   * Replaces the child without a failed call: another one is started beside it and loads what was pushed; once it serves all that the old one
   * serves, new calls go to it, the old one finishes its own and is ended. Pushes go on meanwhile, and reach both. Resolves when the calls go to
   * the new one; rejects with ENGINE_REPLACE, and the old one serves on. Who asks while one is under way gets that one's outcome.
   */
  replace (reason: string, by: string): Promise<void>
  /** Whether the file of the model server's program is another than when the child was started. */
  programChanged (): boolean
  /** What the child says of a model's versions now, newest first. [] for a model that it does not know. Rejects like `call`. */
  statuses (model: string, deadline: number): Promise<readonly ServableStatus[]>
  /** The last statuses that the probe saw of every pushed model; empty while the child does not answer. Never waits. */
  lastStatuses (): ReadonlyMap<string, readonly ServableStatus[]>
  report (): EngineReport
  on<E extends keyof EngineEvents> (event: E, listener: (...args: EngineEvents[E]) => void): void
}
