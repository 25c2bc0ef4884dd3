// Who may use the admin routes while there are no tokens. Pure: looks at what is known of a connection and its request's head.
import { isLoopback } from '../../../auth/address-list.js'

/** What decides. */
export interface AdminCaller {
  /** Came through the admin Unix socket, whose folder only our own user can enter. */
  readonly viaAdminSocket: boolean
  /** The option `--allow-local-admin`. */
  readonly allowLocalAdmin: boolean
  /** Address of the peer of the TCP connection itself, never one from a header. */
  readonly peer: string | undefined
  /** Port that the connection came in by. */
  readonly localPort: number | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Whether a Host header names this machine's loopback at this port; without a port it means 80. */
export function isOwnHost (host: string | undefined, port: number | undefined): boolean {
  const match = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::(\d{1,5}))?$/i.exec(host ?? '')
  return match !== null && port !== undefined && Number(match[2] ?? '80') === port
}

const isJson = (type: unknown): boolean => typeof type === 'string' && /^application\/json\s*(;|$)/i.test(type)

/** Headers that a proxy adds: behind one on this machine everybody would be loopback. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/**
 * Why the caller may not, with what to do about it; undefined when he may. Loopback alone is not enough: on a host network every
 * process of the machine is loopback, and a web page in its user's browser is too, so a JSON body (which a page cannot send to another
 * origin unasked), our own Host (against rebound names) and no Origin are asked for.
 */
export function adminFault (caller: AdminCaller): string | undefined {
  if (caller.viaAdminSocket) return undefined
  const { headers } = caller
  if (!caller.allowLocalAdmin) return 'The admin routes are closed; start the service with --allow-local-admin to open them to this machine, or with --admin-socket PATH and use that socket'
  if (!isLoopback(caller.peer)) return 'The admin routes take calls from this machine only, over its loopback address'
  const proxied = proxyHeaders.find(name => headers[name] !== undefined)
  if (proxied !== undefined) return `The admin routes take no calls through a proxy, and the request carries the header ${proxied}; call the service directly`
  if (headers.origin !== undefined) return 'The admin routes take no calls from web pages: the request carries the header Origin'
  const host = typeof headers.host === 'string' ? headers.host : undefined
  if (!isOwnHost(host, caller.localPort)) return `The header Host must name the loopback address and port of this service, such as 127.0.0.1:${caller.localPort ?? 8501}`
  if (!isJson(headers['content-type'])) return 'The admin routes take JSON only; send the header Content-Type: application/json'
  return undefined
}
