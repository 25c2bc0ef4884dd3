// The gRPC server of the embedded model server: where it listens and how it ends. Knows no model.
import { listenOnSocket } from './socket-server.js'
import type { Methods } from './method.js'

export interface ListenOptions {
  readonly socketPath: string | undefined
  /** 0 or undefined for none. */
  readonly port: number | undefined
}

export class ModelServer {
  readonly #methods: Methods
  readonly #ends: (() => void)[] = []

  constructor (methods: Methods) {
    this.#methods = methods
  }

  /** Starts listening; returns the TCP port, if there is one. Rejects with an Error that says which address failed. */
  async listen ({ socketPath, port }: ListenOptions): Promise<number | undefined> {
    if (socketPath !== undefined) this.#ends.push(await listenOnSocket(socketPath, this.#methods))
    if (port === undefined || port === 0) return undefined
    // Imported where it is used: the private child does not pay for it.
    const { listenOnPort } = await import('./port-server.js')
    const bound = await listenOnPort(`0.0.0.0:${port}`, this.#methods)
    this.#ends.push(bound.end)
    return bound.port
  }

  /** Ends all connections at once and removes the socket. */
  close (): void {
    for (const end of this.#ends) end()
  }
}
