// A Consul agent in a few lines, as 1.8 or as 1.22 behaves: strict bodies, statuses for unknown ids. Records what it was asked, can hang, refuse and forget.
import { createServer, type Server } from 'node:http'
import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'

interface Asked { readonly method: string, readonly path: string, readonly query: URLSearchParams, readonly token: string | undefined, readonly body: Record<string, unknown> | undefined }

const members = new Set(['ID', 'Name', 'Tags', 'Address', 'Port', 'Meta', 'Check', 'Checks', 'Weights', 'EnableTagOverride', 'TaggedAddresses', 'Namespace', 'Partition'])

export class FakeConsul extends EventEmitter {
  readonly services = new Map<string, Record<string, unknown>>()
  readonly inMaintenance = new Set<string>()
  readonly asked: Asked[] = []
  /** Answers nothing while true. */
  hangs = false
  /** Token that calls must carry; any while undefined. */
  token: string | undefined
  readonly #version: '1.8' | '1.22'
  readonly #server: Server

  constructor (version: '1.8' | '1.22') {
    super()
    this.#version = version
    this.#server = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => {
        const url = new URL(request.url ?? '/', 'http://agent')
        const asked: Asked = { method: request.method ?? '', path: decodeURIComponent(url.pathname), query: url.searchParams, token: request.headers['x-consul-token'] as string | undefined, body: text === '' ? undefined : JSON.parse(text) as Record<string, unknown> }
        this.asked.push(asked)
        if (!this.hangs) {
          const [status, body] = this.#answer(asked)
          response.writeHead(status).end(body)
        }
        this.emit(`${asked.method} ${asked.path.split('/')[4]}`, asked)
      })
    })
  }

  #answer ({ method, path, query, token, body }: Asked): [number, string] {
    if (this.token !== undefined && token !== this.token) return [403, 'Permission denied']
    const id = path.split('/').slice(5).join('/')
    if (path === '/v1/agent/service/register') {
      const unknown = Object.keys(body ?? {}).find(name => !members.has(name))
      if (unknown !== undefined) return [400, `Request decode failed: invalid config key ${unknown}`]
      this.services.set(String(body?.ID), body ?? {})
      if (query.get('replace-existing-checks') === 'true') this.inMaintenance.delete(String(body?.ID))
      return [200, '']
    }
    const known = this.services.has(id)
    if (path.startsWith('/v1/agent/service/deregister/')) {
      this.services.delete(id)
      return known || this.#version === '1.8' ? [200, ''] : [404, `Unknown service ID "${id}"`]
    }
    if (path.startsWith('/v1/agent/service/maintenance/')) {
      if (!known) return [404, `Unknown service ID "${id}"`]
      this.inMaintenance.add(id)
      return [200, '']
    }
    if (path.startsWith('/v1/agent/check/update/')) {
      const there = [...this.services.values()].some(service => (service.Check as { CheckID?: string } | undefined)?.CheckID === id)
      return there ? [200, ''] : this.#version === '1.8' ? [500, `CheckID "${id}" does not have associated TTL`] : [404, `Unknown check ID "${id}"`]
    }
    if (method === 'GET') return this.services.has(path.slice('/v1/agent/service/'.length)) ? [200, '{}'] : [404, 'unknown service ID']
    return [405, '']
  }

  async start (port = 0): Promise<string> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop (): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
