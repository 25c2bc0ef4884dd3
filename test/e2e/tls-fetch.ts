// Fetch with an authority and a certificate of the caller's own, which Node's has no way for. No tests here.
import { Agent, request, type AgentOptions } from 'node:https'
import type { Closing } from './service.js'

/** Takes what the tests give to fetch: a method, headers, a body of text or bytes, a signal. Rejects when there is no connection, or no whole answer. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** `keepAlive: false` makes a connection, and a handshake, for every request. */
export function tlsFetch (t: Closing, options: AgentOptions): Fetch {
  const agent = new Agent({ keepAlive: true, ...options })
  t.teardown(() => { agent.destroy() })
  return async (url, { method = 'GET', headers, body, signal } = {}) => await new Promise((resolve, reject) => {
    const call = request(url, { agent, method, headers: Object.fromEntries(new Headers(headers)), ...(signal instanceof AbortSignal ? { signal } : {}) }, answer => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => { chunks.push(chunk) }).on('error', reject)
      answer.on('end', () => {
        const told = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)])
        resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode!, headers: told }))
      })
    }).on('error', reject)
    call.end(body as string | Uint8Array | undefined)
  })
}
