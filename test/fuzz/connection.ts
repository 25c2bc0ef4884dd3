// Sends bytes over a connection of their own and reads what comes back as HTTP answers, with a deadline. Knows nothing of what the bytes mean.
import { connect } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export interface Exchange {
  readonly answers: readonly HttpAnswer[]
  /** What is left that is no complete answer. */
  readonly rest: Buffer
  /** `closed`: the service ended the connection. `late`: it did neither answer nor close within the deadline. */
  readonly end: 'closed' | 'late' | 'left'
  readonly milliseconds: number
}

export interface ExchangeOptions {
  readonly host: string
  readonly port: number
  readonly deadlineMs: number
  /** Without an answer for so long, the caller ends its side; never when undefined. */
  readonly patienceMs: number | undefined
  /** Goes away at once after sending. */
  readonly leaves: boolean
  /** Whether the n-th answer has no body whatever its head says (HEAD). */
  readonly bodiless: (index: number) => boolean
}

/** Reads a chunked body. Undefined while it is not complete; throws when it is no chunked body. */
function readChunked (bytes: Buffer): { body: Buffer, end: number } | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (!Number.isFinite(size)) throw new Error('a chunk of the answer has no size')
    if (bytes.length < line + 2 + size + 2) return undefined
    if (size === 0) return { body: Buffer.concat(parts), end: line + 4 }
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}

/** The first complete answer of these bytes; undefined while there is none. `closed` says that no more bytes come. Throws when they begin no answer. */
export function readAnswer (bytes: Buffer, bodiless: boolean, closed: boolean): { answer: HttpAnswer, end: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [first, ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(`${first} `)?.[1]
  if (status === undefined) throw new Error(`not the first line of an answer: ${first.slice(0, 100)}`)
  const headers = new Map(lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const start = headEnd + 4
  const whole = (end: number, body: Buffer): { answer: HttpAnswer, end: number } => ({ answer: { status: Number(status), headers, body }, end })
  if (bodiless || status.startsWith('1') || status === '204' || status === '304') return whole(start, Buffer.alloc(0))
  const length = headers.get('content-length')
  if (length !== undefined) {
    const end = start + Number(length)
    return bytes.length < end ? undefined : whole(end, bytes.subarray(start, end))
  }
  if (headers.get('transfer-encoding') === 'chunked') {
    const found = readChunked(bytes.subarray(start))
    return found === undefined ? undefined : whole(start + found.end, found.body)
  }
  return closed ? whole(bytes.length, bytes.subarray(start)) : undefined
}

/** Sends the pieces one after the other and reads until the service closes, or the deadline. Never rejects. */
export async function exchange (pieces: readonly Buffer[], options: ExchangeOptions): Promise<Exchange> {
  const { host, port, deadlineMs, patienceMs, leaves, bodiless } = options
  const began = performance.now()
  return await new Promise(resolve => {
    const answers: HttpAnswer[] = []
    let rest: Buffer = Buffer.alloc(0)
    let patience: NodeJS.Timeout | undefined
    let done = false
    const socket = connect({ host, port, noDelay: true })
    const finish = (end: Exchange['end']): void => {
      if (done) return
      done = true
      clearTimeout(deadline)
      clearTimeout(patience)
      if (end === 'closed') read(true)
      socket.destroy()
      resolve({ answers, rest, end, milliseconds: performance.now() - began })
    }
    const deadline = setTimeout(() => finish('late'), deadlineMs)
    const read = (closed: boolean): void => {
      try {
        for (;;) {
          const found = readAnswer(rest, bodiless(answers.length), closed)
          if (found === undefined) return
          rest = rest.subarray(found.end)
          if (found.answer.status >= 200) answers.push(found.answer)
        }
      } catch {
        // What begins no answer stays in `rest`, for the judge.
      }
    }
    const wait = (): void => {
      if (patienceMs === undefined) return
      clearTimeout(patience)
      patience = setTimeout(() => socket.end(), patienceMs)
    }
    socket.on('data', chunk => { rest = Buffer.concat([rest, chunk]); read(false); wait() })
    // A reset is how a service ends a connection whose rest it does not read.
    socket.on('error', () => finish('closed'))
    socket.on('close', () => finish('closed'))
    socket.on('end', () => socket.end())
    void (async () => {
      for (const piece of pieces) {
        if (done || !socket.writable) return
        await new Promise<void>(sent => { socket.write(piece, () => setImmediate(sent)) })
      }
      if (leaves) finish('left')
      else wait()
    })()
  })
}
