// How the service logs: one JSON line per event on standard output, secrets left out. Knows no destination but pino's.
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino'
import { joinLines } from './joined-lines.js'

/** Header and setting names whose values never reach a log line. */
const secretPaths = ['authorization', 'cookie', 'token', 'password', 'secret'].flatMap(name => [name, `*.${name}`, `*.*.${name}`])

export function logOptions (level: string, service: string): LoggerOptions {
  return {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    errorKey: 'error',
    formatters: { level: label => ({ level: label }) },
    redact: { paths: secretPaths, censor: '(hidden)' }
  }
}

export interface Log {
  readonly log: Logger
  /** Changes the level of the logger and of all that were made from it. */
  readonly setLevel: (level: string) => void
}

/** The service's logger. `level` is one of pino's; `service` is the name that every line carries. Without a stream it writes to standard output, the lines of one turn together. */
export function createLog (level: string, service: string, stream: DestinationStream = joinLines(pino.destination({ dest: 1, sync: true }))): Log {
  // Pino gives a child the level of its birth.
  const children = new Set<WeakRef<Logger>>()
  const forget = new FinalizationRegistry((child: WeakRef<Logger>) => { children.delete(child) })
  const onChild = (child: Logger): void => {
    const weak = new WeakRef(child)
    children.add(weak)
    forget.register(child, weak)
  }
  const options = { ...logOptions(level, service), onChild }
  const log = pino(options, stream)
  return {
    log,
    setLevel: next => {
      log.level = next
      for (const child of children) {
        const alive = child.deref()
        if (alive !== undefined) alive.level = next
      }
    }
  }
}
