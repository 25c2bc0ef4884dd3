// The model server's log: lines on stderr in the form of tensorflow_model_server, so that a supervisor reads both alike.

export type LogLevel = 'I' | 'W' | 'E' | 'F'

/** Writes one record. `source` is a file of this server, e.g. servables.ts; further lines of `text` are continuation lines. */
export type Log = (level: LogLevel, source: string, text: string) => void

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0')

/** `2026-11-21 09:42:56.693917: I outrigger/servables.ts:0] text`, in local time as the real one writes it. Milliseconds are all that the clock gives, zeros fill the rest. */
export function logLine (level: LogLevel, source: string, text: string, now: Date): string {
  const day = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`
  const time = `${pad(now.getHours())}:${pad(now.getMinutes())}:${pad(now.getSeconds())}.${pad(now.getMilliseconds(), 3)}000`
  return `${day} ${time}: ${level} outrigger/${source}:0] ${text}\n`
}

export const logToStderr: Log = (level, source, text) => { process.stderr.write(logLine(level, source, text, new Date())) }
