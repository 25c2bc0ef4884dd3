// How the service logs: one JSON line per event on standard output, secrets left out. Knows no destination but pino's.
import { pino, type Logger, type LoggerOptions } from 'pino'

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

/** The service's logger. `level` is one of pino's; `service` is the name that every line carries. */
export const createLog = (level: string, service: string): Logger => pino(logOptions(level, service))
