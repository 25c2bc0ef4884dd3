// Starts model server processes of one program: where their sockets are, their arguments and environment. Knows no state of them.
import type { Logger } from 'pino'
import { modelServerArgs } from './args.js'
import type { EngineKind } from './engine.js'
import { childEnvironment } from './environment.js'
import { defaultParents, makeSocketFolder, type SocketFolder } from './socket.js'
import { Run, type Program } from './spawn.js'

export interface LauncherOptions {
  kind: EngineKind
  program: Program
  /** The service's environment; the child sees the part that environment.ts allows. */
  environment: Readonly<NodeJS.ProcessEnv>
  log: Logger
  /** Calls in flight at once. */
  maxInFlight: number
  /** Further flags for the model server. */
  extraArgs?: readonly string[]
  /** Where the private folder of the socket is made; by default XDG_RUNTIME_DIR, then the folder for temporary files. */
  socketParents?: readonly string[]
  /** See EngineTiming. */
  terminateMs: number
}

export class Launcher {
  readonly #options: LauncherOptions
  /** The last one is used; those before it are not whole any more, but a child may still listen there. */
  readonly #folders: SocketFolder[] = []
  #starts = 0

  constructor (options: LauncherOptions) { this.#options = options }

  /** Processes so far. */
  get starts (): number { return this.#starts }

  /** Starts a process, unless `refuse` throws once there is a place for its socket. Rejects as makeSocketFolder does, and with what `refuse` throws. */
  async start (refuse: () => void): Promise<Run> {
    const { kind, program, environment, log, maxInFlight, extraArgs, terminateMs } = this.#options
    const folder = await this.#folder()
    try {
      refuse()
    } catch (error) {
      folder.remove()
      throw error
    }
    const socketPath = folder.socketPath(++this.#starts)
    const args = modelServerArgs({ socketPath, configFile: folder.configFile, maxInFlight, extra: extraArgs })
    return new Run({ program, args, environment: childEnvironment(environment, kind), socketPath, log, terminateMs })
  }

  /** Removes the folders of the sockets. */
  close (): void { for (const folder of this.#folders) folder.remove() }

  async #folder (): Promise<SocketFolder> {
    const last = this.#folders.at(-1)
    if (last?.isWhole() === true) return last
    const fresh = await makeSocketFolder(this.#options.socketParents ?? defaultParents(this.#options.environment))
    this.#folders.push(fresh)
    return fresh
  }
}
