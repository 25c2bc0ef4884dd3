// Calls to the local Consul agent: every one with a time limit and the token of the moment. The package `consul` where it can; what it drops or lacks by a request of our own.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions as HttpsAgentOptions } from 'node:https'
import Consul from 'consul'
import { OutriggerError } from '../errors.js'
import type { ServiceRegistration } from './service.js'

/** A call to the agent that did not succeed. */
export class ConsulError extends OutriggerError {
  /** HTTP status of the agent's answer; undefined when there was none. */
  readonly agentStatus: number | undefined
  constructor (message: string, agentStatus: number | undefined, cause?: unknown) {
    super('CONSUL_CALL', message, { cause })
    this.agentStatus = agentStatus
  }
}

/** What we ask of the agent. Everything rejects with a ConsulError and with nothing else. */
export interface ConsulAgent {
  /** `replaceChecks`: checks that the registration does not name go, a maintenance check of an earlier life too. Without it they stay. */
  register (registration: ServiceRegistration, replaceChecks: boolean): Promise<void>
  /** Whether the agent knows the service. */
  knows (id: string): Promise<boolean>
  /** Tells a TTL check how the service is. False when the agent does not know the check. */
  update (checkId: string, status: 'passing' | 'critical', output: string): Promise<boolean>
  maintenance (id: string, reason: string): Promise<void>
  /** A service that the agent does not know counts as deregistered. */
  deregister (id: string): Promise<void>
  close (): void
}

export interface AgentSettings {
  /** `host:port`, `http://…`, `https://…` or `unix:///path`. */
  readonly address: string
  readonly token?: string | undefined
  /** Read anew at every call, so that a renewed token counts. Wins over `token`. */
  readonly tokenFile?: string | undefined
  /** Limit of each call in milliseconds. */
  readonly timeoutMs: number
  readonly tls?: AgentTls
  /** Consul Enterprise's; not sent unless set. */
  readonly namespace?: string | undefined
  readonly partition?: string | undefined
}

/** The TLS of the agent's API, as Consul's own tools read it from the environment. Files are read when the service starts. */
export interface AgentTls {
  /** CONSUL_HTTP_SSL: https where the address does not say. */
  readonly on?: boolean | undefined
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly serverName?: string | undefined
  readonly verify?: boolean | undefined
}

/** Throws CONFIG_INVALID for a file that cannot be read. */
function tlsOptions ({ caFile, certFile, keyFile, serverName, verify = true }: AgentTls): HttpsAgentOptions {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file)
    } catch (cause) {
      throw new OutriggerError('CONFIG_INVALID', `${file}, for the TLS of the Consul agent, cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'})`, { cause })
    }
  }
  return {
    rejectUnauthorized: verify,
    ...(caFile === undefined ? {} : { ca: read(caFile) }),
    ...(certFile === undefined ? {} : { cert: read(certFile) }),
    ...(keyFile === undefined ? {} : { key: read(keyFile) }),
    ...(serverName === undefined ? {} : { servername: serverName })
  }
}

export interface AgentAddress { readonly secure: boolean, readonly host: string, readonly port: number, readonly socketPath: string | undefined }

/** Reads CONSUL_HTTP_ADDR as Consul's own tools do. Throws CONFIG_INVALID. */
export function parseAgentAddress (text: string, secureUnlessSaid = false): AgentAddress {
  if (text.startsWith('unix://')) return { secure: false, host: 'localhost', port: 80, socketPath: text.slice('unix://'.length) }
  const bad = new OutriggerError('CONFIG_INVALID', `the address of the Consul agent, ${JSON.stringify(text)}, must be host:port, http://host:port, https://host:port or unix:///path`)
  let url: URL
  try {
    url = new URL(/^\w+:\/\//.test(text) ? text : `${secureUnlessSaid ? 'https' : 'http'}://${text}`)
  } catch {
    throw bad
  }
  const secure = url.protocol === 'https:'
  if (!secure && url.protocol !== 'http:') throw bad
  return { secure, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? (/:\d+$/.test(text) ? (secure ? 443 : 80) : 8500) : Number(url.port), socketPath: undefined }
}

interface Answer { readonly status: number, readonly text: string }

/** Longest part of an agent's own words that is passed on. */
const maxWords = 300

export function createAgent (settings: AgentSettings): ConsulAgent {
  const { secure, host, port, socketPath } = parseAgentAddress(settings.address, settings.tls?.on === true)
  const pool = secure ? new HttpsAgent({ keepAlive: true, ...tlsOptions(settings.tls ?? {}) }) : new HttpAgent({ keepAlive: true, ...(socketPath === undefined ? {} : { socketPath }) })
  const client = new Consul({ host: host.includes(':') ? `[${host}]` : host, port, secure, agent: pool })
  const { timeoutMs } = settings

  const token = async (): Promise<string | undefined> => {
    if (settings.tokenFile === undefined) return settings.token
    try {
      return (await readFile(settings.tokenFile, 'utf8')).trim()
    } catch (cause) {
      throw new ConsulError('the token file for the Consul agent cannot be read', undefined, cause)
    }
  }

  /** Namespace and partition go with every path; the package knows neither. */
  const scope = new URLSearchParams({ ...(settings.namespace === undefined ? {} : { ns: settings.namespace }), ...(settings.partition === undefined ? {} : { partition: settings.partition }) }).toString()
  const scoped = (path: string): string => scope === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${scope}`

  /** For what the package has no way: one request, its whole time bounded. */
  const send = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const secret = await token()
    const headers = { ...(secret === undefined ? {} : { 'x-consul-token': secret }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    return await new Promise<Answer>((resolve, reject) => {
      const fail = (cause: Error): void => { reject(new ConsulError(`${method} ${path.split('?', 1)[0]}: ${cause.message}`, undefined, cause)) }
      const call = (secure ? httpsRequest : httpRequest)({ method, host, port, path: scoped(path), headers, agent: pool, signal: AbortSignal.timeout(timeoutMs) }, answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < 65_536) text += chunk })
        answer.on('end', () => { resolve({ status: answer.statusCode ?? 0, text }) })
        answer.on('error', fail)
      })
      call.on('error', cause => { fail(cause.name === 'AbortError' ? new Error(`no answer within ${timeoutMs} ms`) : cause) })
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  /** Through the package, whose errors carry `statusCode` or none. Its types lack the time limit, which it takes with every call. */
  const viaPackage = async (what: string, call: (common: { token?: string }) => Promise<unknown>): Promise<void> => {
    const secret = await token()
    const common = { timeout: timeoutMs, ...(secret === undefined ? {} : { token: secret }) }
    try {
      await call(common)
    } catch (cause) {
      const { message, statusCode } = cause as Error & { statusCode?: number }
      throw new ConsulError(`${what}: ${message.slice(0, maxWords)}`, statusCode, cause)
    }
  }

  const refuse = (what: string, { status, text }: Answer): ConsulError => new ConsulError(`${what}: the agent answered ${status} ${text.trim().slice(0, maxWords)}`, status)

  return {
    async register (registration, replaceChecks) {
      const answer = await send('PUT', `/v1/agent/service/register${replaceChecks ? '?replace-existing-checks=true' : ''}`, registration)
      if (answer.status !== 200) throw refuse('register', answer)
    },
    async knows (id) {
      const answer = await send('GET', `/v1/agent/service/${encodeURIComponent(id)}`)
      if (answer.status !== 200 && answer.status !== 404) throw refuse('read', answer)
      return answer.status === 200
    },
    async update (checkId, status, output) {
      const answer = await send('PUT', `/v1/agent/check/update/${encodeURIComponent(checkId)}`, { Status: status, Output: output })
      // 404 from newer agents, 500 from older ones.
      if (answer.status === 404 || (answer.status === 500 && /unknown|does not have/i.test(answer.text))) return false
      if (answer.status !== 200) throw refuse('update', answer)
      return true
    },
    async maintenance (id, reason) {
      if (scope !== '') {
        const answer = await send('PUT', `/v1/agent/service/maintenance/${encodeURIComponent(id)}?enable=true&reason=${encodeURIComponent(reason)}`)
        if (answer.status !== 200) throw refuse('maintenance', answer)
      } else await viaPackage('maintenance', async common => await client.agent.service.maintenance({ id, enable: true, reason, ...common }))
    },
    async deregister (id) {
      if (scope !== '') {
        const answer = await send('PUT', `/v1/agent/service/deregister/${encodeURIComponent(id)}`)
        if (answer.status !== 200 && answer.status !== 404) throw refuse('deregister', answer)
        return
      }
      try {
        await viaPackage('deregister', async common => await client.agent.service.deregister({ id, ...common }))
      } catch (error) {
        if (!(error instanceof ConsulError && error.agentStatus === 404)) throw error
      }
    },
    close () { pool.destroy() }
  }
}
