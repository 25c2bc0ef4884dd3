// The audit trail: one JSON line for each request about who called what and how it ended, appended to a file or written to the log. Never a token, never a body.
import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'

export interface AuditEntry {
  readonly request_id: string
  /** The token's subject; null where the request had no good token. */
  readonly subject: string | null
  /** The subject of the client's TLS certificate; null where the connection had none. */
  readonly certificate: string | null
  /** The caller's own address, behind trusted proxies too; `admin-socket` for those who came through it. */
  readonly address: string
  readonly method: string
  /** The route's pattern. */
  readonly route: string
  readonly model: string | null
  readonly version: string | null
  /** 499 for a caller that left. */
  readonly status: number
  /** The code of the error, where there was one. */
  readonly code: string | null
}

export interface Audit {
  /** Never waits and never throws; what does not fit into the memory while the disk is slow or full is dropped and counted. */
  readonly write: (entry: AuditEntry) => void
  /** Resolves when all is written, or the disk has refused it once more. */
  readonly close: () => Promise<void>
}

/** Lines that wait for the disk: about four thousand. */
const maxWaitingBytes = 1024 * 1024
/** Between two tries to write to a disk that refused. */
const retryMs = 1000

export interface AuditOptions {
  /** `log`, or the path of a file. */
  readonly to: string
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly onDropped?: () => void
  readonly now?: () => number
}

/** Begins the trail. A file is opened by its name for each write, so that it may be rotated at any time. Throws CONFIG_INVALID when it cannot be written. */
export function openAudit ({ to, log, onDropped, now = Date.now }: AuditOptions): Audit {
  if (to === 'log') return { write: entry => { log.info(entry, 'audit') }, close: async () => {} }
  try {
    closeSync(openSync(to, 'a', 0o600))
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `audit: ${to} cannot be written (${codeOf(cause)})`, { cause })
  }
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let writing: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let broken = false
  let dropping = false

  async function writeWaiting (): Promise<void> {
    const file = await open(to, 'a', 0o600)
    try {
      // Only what waits now: under load the file would never be opened anew.
      let batchBytes = waitingBytes
      while (batchBytes > 0) {
        waiting = [Buffer.concat(waiting)]
        const { bytesWritten } = await file.write(waiting[0]!)
        // What came meanwhile stands behind.
        waiting[0] = waiting[0]!.subarray(bytesWritten)
        waitingBytes -= bytesWritten
        batchBytes -= bytesWritten
      }
    } finally {
      await file.close()
    }
    if (broken || dropping) log.warn({ file: to }, 'the audit trail is written again')
    broken = dropping = false
  }

  function flush (): Promise<void> {
    clearTimeout(retry)
    retry = undefined
    return writing ??= writeWaiting().catch((error: unknown) => {
      if (!broken) log.error({ reason: codeOf(error), file: to }, 'the audit trail cannot be written; its lines wait in memory')
      broken = true
      retry = setTimeout(() => { void flush() }, retryMs).unref()
    }).finally(() => {
      writing = undefined
      if (waitingBytes > 0 && retry === undefined) void flush()
    })
  }

  return {
    write (entry) {
      const line = Buffer.from(`${JSON.stringify({ at: new Date(now()).toISOString(), ...entry })}\n`)
      if (waitingBytes + line.length > maxWaitingBytes) {
        if (!dropping) log.error({ file: to }, 'the audit trail loses lines: the disk does not take them in time')
        dropping = true
        onDropped?.()
        return
      }
      waiting.push(line)
      waitingBytes += line.length
      if (retry === undefined) void flush()
    },
    async close () {
      while (writing !== undefined) await writing
      if (waitingBytes > 0) await flush()
      clearTimeout(retry)
    }
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown reason'
