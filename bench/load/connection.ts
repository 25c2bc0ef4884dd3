// One HTTP/1.1 connection: a request out, its answer in, one at a time. Reads only what servers under test send: answers with a Content-Length. Knows no deadline and never sends twice.
import { connect, type Socket } from 'node:net'
import type { Answer } from './traffic.js'

export interface Target { readonly host: string, readonly port: number }

/** Answers of this status have no body and no length. */
const bodiless = new Set([204, 304])
const endOfHead = Buffer.from('\r\n\r\n')

export interface Head { readonly status: number, readonly headers: Map<string, string>, readonly bodyBytes: number }

/** Reads an answer's head, without its empty line. Throws for what is no such head. */
export function readHead (text: string): Head {
  const lines = text.split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(lines[0])?.[1])
  if (Number.isNaN(status)) throw new Error(`no status line: ${lines[0].slice(0, 100)}`)
  const headers = new Map<string, string>()
  for (let i = 1; i < lines.length; i++) {
    const colon = lines[i].indexOf(':')
    if (colon > 0) headers.set(lines[i].slice(0, colon).toLowerCase(), lines[i].slice(colon + 1).trim())
  }
  const length = headers.get('content-length')
  if (length === undefined && !bodiless.has(status)) throw new Error('an answer without a Content-Length')
  return { status, headers, bodyBytes: Number(length ?? 0) }
}

type Done = (outcome: Answer | Error) => void

export class Connection {
  readonly #socket: Socket
  readonly #onClose: (connection: Connection) => void
  #done: Done | undefined
  #head: Head | undefined
  #parts: Buffer[] = []
  #bytes = 0
  #usable = true

  /** `onClose` is called once when no further request can be sent, for whatever reason. */
  constructor ({ host, port }: Target, onClose: (connection: Connection) => void) {
    this.#onClose = onClose
    this.#socket = connect({ host, port, noDelay: true })
    this.#socket.on('data', chunk => this.#read(chunk))
    this.#socket.on('error', error => this.#fail(error))
    this.#socket.on('end', () => this.#fail(new Error('the connection was closed before the answer')))
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed before the answer')))
  }

  /** Whether another request may be sent once the current one is answered. */
  get usable (): boolean { return this.#usable }

  /** Sends a request; `done` is called once, with the answer or with what came in its place. Only one request at a time. */
  send (bytes: Buffer, done: Done): void {
    this.#done = done
    this.#socket.write(bytes)
  }

  /** Closes it, in the middle of a request too. */
  close (): void {
    this.#end()
    this.#socket.destroy()
  }

  #read (chunk: Buffer): void {
    if (this.#done === undefined) return this.#fail(new Error('bytes that belong to no request'))
    this.#parts.push(chunk)
    this.#bytes += chunk.length
    if (this.#head === undefined) {
      const so = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts)
      const at = so.indexOf(endOfHead)
      if (at < 0) return
      try {
        this.#head = readHead(so.toString('latin1', 0, at))
      } catch (error) {
        return this.#fail(error as Error)
      }
      this.#parts = [so.subarray(at + endOfHead.length)]
      this.#bytes = this.#parts[0].length
    }
    if (this.#bytes < this.#head.bodyBytes) return
    if (this.#bytes > this.#head.bodyBytes) return this.#fail(new Error(`${this.#bytes - this.#head.bodyBytes} bytes too many`))
    const { status, headers } = this.#head
    const body = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
    if (headers.get('connection')?.toLowerCase() === 'close') {
      this.#end()
      this.#socket.end()
    }
    this.#finish({ status, headers, body })
  }

  #fail (error: Error): void {
    this.#end()
    this.#socket.destroy()
    this.#finish(error)
  }

  #finish (outcome: Answer | Error): void {
    const done = this.#done
    this.#done = undefined
    this.#head = undefined
    this.#parts = []
    this.#bytes = 0
    done?.(outcome)
  }

  #end (): void {
    if (!this.#usable) return
    this.#usable = false
    this.#onClose(this)
  }
}
