// The gRPC server of the embedded model server: listens on a Unix socket and, when asked, on a TCP port. Knows no model.
import { rmSync } from 'node:fs'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'

/** `unlimited` for grpc-js. */
const noLimit = -1

/** sun_path of a Unix socket, with its closing zero. */
const maxSocketPathBytes = 107

export interface ListenOptions {
  readonly socketPath: string | undefined
  /** 0 or undefined for none. */
  readonly port: number | undefined
}

export class ModelServer {
  readonly #server = new Server({ 'grpc.max_receive_message_length': noLimit, 'grpc.max_send_message_length': noLimit })
  #socketPath: string | undefined

  add (services: readonly { definition: ServiceDefinition, implementation: UntypedServiceImplementation }[]): void {
    for (const { definition, implementation } of services) this.#server.addService(definition, implementation)
  }

  /** Starts listening; a socket file that was left behind is replaced. Returns the TCP port, if there is one. Rejects with an Error that says which address failed. */
  async listen ({ socketPath, port }: ListenOptions): Promise<number | undefined> {
    if (socketPath !== undefined) {
      if (Buffer.byteLength(socketPath) > maxSocketPathBytes) throw new Error(`the socket path is longer than ${maxSocketPathBytes} bytes: ${socketPath}`)
      rmSync(socketPath, { force: true })
      await this.#bind(`unix:${socketPath}`)
      this.#socketPath = socketPath
    }
    return port === undefined || port === 0 ? undefined : await this.#bind(`0.0.0.0:${port}`)
  }

  /** Ends all connections at once and removes the socket. */
  close (): void {
    this.#server.forceShutdown()
    if (this.#socketPath !== undefined) rmSync(this.#socketPath, { force: true })
  }

  #bind (address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port)
        else reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }))
      })
    })
  }
}
