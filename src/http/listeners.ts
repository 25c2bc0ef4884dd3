// The servers that connections come in by: plain or TLS, each with the same limits on heads, bodies, slow callers and the number of connections. Knows no route.
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { once } from 'node:events'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import type { ConnectionEnd } from '../metrics.js'
import type { Certificates } from './certificates.js'
import { clientErrorHandler } from './plugins/errors.js'

/** Times in milliseconds. */
export interface ConnectionLimits {
  /** Connections at a time. A few more are let in, answered 503, and ended; beyond these none is accepted. */
  readonly maxConnections: number
  /** Request line and headers together. */
  readonly maxHeaderBytes: number
  /** From a connection's begin, or a request's first byte, to the end of its head. */
  readonly headTimeoutMs: number
  /** From a request's first byte to the end of its body. */
  readonly receiveTimeoutMs: number
  /** Between two requests of one connection. */
  readonly keepAliveTimeoutMs: number
}

export interface ListenerParts {
  readonly limits: ConnectionLimits
  /** Undefined for plain HTTP. */
  readonly certificates?: Certificates | undefined
  readonly log: Pick<Logger, 'debug' | 'warn'>
  readonly metrics?: { connections (change: 1 | -1): void, connectionEnded (reason: ConnectionEnd): void }
}

export interface At { readonly host: string, readonly port: number }

export interface Opened {
  readonly port: number
  /** Whether a connection came in by this server. */
  readonly owns: (socket: Socket) => boolean
  /** Resolves when its last connection has ended. */
  readonly close: () => Promise<void>
}

export interface Listeners {
  /** A server of these limits that listens nowhere yet. */
  readonly server: (listener: RequestListener) => Server
  /** A further server that listens. `setting` is the port's flag. Rejects with CONFIG_INVALID. */
  readonly open: (listener: RequestListener, at: At, setting: string) => Promise<Opened>
  readonly scheme: 'http' | 'https'
  /** Whether a connection came in beyond the limit. */
  readonly isOver: (socket: Socket) => boolean
}

export const defaultLimits: ConnectionLimits = { maxConnections: 4096, maxHeaderBytes: 16_384, headTimeoutMs: 10_000, receiveTimeoutMs: 60_000, keepAliveTimeoutMs: 72_000 }

/** Connections beyond the limit that are answered 503 rather than reset; health and metrics are answered on them too. */
const reserve = 64
/** A connection beyond the limit must have asked and been answered within this. */
const overMs = 5000
/** Node looks for late heads and bodies this often. */
const checkEveryMs = 1000
/** Between two log lines about refused connections. */
const sayEveryMs = 10_000

/** Connections that may wait to be accepted; the system may allow fewer (net.core.somaxconn). With Node's 511 callers that come at once wait a second for their next try. */
export const backlog = 4096

/** Servers for as many listeners as are wanted; they count their connections together. */
export function createListeners ({ limits, certificates, log, metrics }: ListenerParts): Listeners {
  /** With TLS a connection is known by its encrypted socket, once the handshake is done. */
  const arrival = certificates === undefined ? 'connection' : 'secureConnection'
  const over = new WeakSet<Socket>()
  let count = 0
  let saidAt = -Infinity

  function refused (reason: 'limit' | 'dropped'): void {
    metrics?.connectionEnded(reason)
    if (performance.now() - saidAt < sayEveryMs) return
    saidAt = performance.now()
    log.warn({ connections: count, limit: limits.maxConnections }, 'more connections than max-connections allows: further ones are refused')
  }

  function accept (socket: Socket): void {
    count++
    metrics?.connections(1)
    socket.once('close', () => { count--; metrics?.connections(-1) })
    if (count <= limits.maxConnections) return
    refused('limit')
    over.add(socket)
    const timer = setTimeout(() => socket.destroy(), overMs).unref()
    socket.once('close', () => clearTimeout(timer))
  }

  const httpOptions: ServerOptions = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: Math.min(limits.headTimeoutMs, limits.receiveTimeoutMs),
    requestTimeout: limits.receiveTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: checkEveryMs
  }

  function tlsServer (from: Certificates, listener: RequestListener): TlsServer {
    const server = createTlsServer({ ...httpOptions, ...from.options(), handshakeTimeout: limits.headTimeoutMs }, listener)
    from.follow(server)
    // Node would hand these on as bytes that are no request; there is nobody to answer yet.
    server.prependListener('tlsClientError', (error: Error & { code?: string }, socket: Socket) => {
      metrics?.connectionEnded('tls')
      log.debug({ code: error.code, reason: error.message, remoteAddress: socket.remoteAddress }, 'a TLS handshake failed')
      socket.destroy()
    })
    return server
  }

  function server (listener: RequestListener): Server {
    const made: Server = certificates === undefined ? createServer(httpOptions, listener) : tlsServer(certificates, listener) as unknown as Server
    made.maxConnections = limits.maxConnections + reserve
    made.on('drop', () => refused('dropped'))
    made.on(arrival, accept)
    return made
  }

  async function open (listener: RequestListener, at: At, setting: string): Promise<Opened> {
    const owned = new WeakSet<Socket>()
    const made = server(listener)
    made.on(arrival, (socket: Socket) => { owned.add(socket) })
    made.on('clientError', clientErrorHandler)
    const port = await listening(made, at, setting)
    return {
      port,
      owns: socket => owned.has(socket),
      close: async () => {
        const closed = once(made, 'close')
        made.close()
        made.closeIdleConnections()
        await closed
      }
    }
  }

  return { server, open, isOver: socket => over.has(socket), scheme: certificates === undefined ? 'http' : 'https' }
}

/** Why a server cannot listen, in words. `setting` is the port's flag. */
export function listenFault (error: unknown, { host, port }: At, setting: string): OutriggerError {
  const { code, message } = error as NodeJS.ErrnoException
  const why = code === 'EADDRINUSE' ? `port ${port} of ${host} is taken by another program; choose one with --${setting}` : code === 'EACCES' ? `port ${port} may not be used by this user; choose one above 1023 with --${setting}` : code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL' ? `${host} is not an address of this machine` : message
  return new OutriggerError('CONFIG_INVALID', why, { cause: error })
}

/** Listens and gives the port, a free one where 0 was wanted. Throws CONFIG_INVALID. */
async function listening (server: Server, at: At, setting: string): Promise<number> {
  try {
    server.listen({ ...at, backlog })
    await once(server, 'listening')
  } catch (error) {
    throw listenFault(error, at, setting)
  }
  return (server.address() as AddressInfo).port
}
