// The child's output as log records: glog lines with their level, lines without a prefix attached to the record before. Knows no logger.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export interface LogRecord {
  readonly level: LogLevel
  /** `file:line` inside the model server; undefined for lines in another form. */
  readonly source: string | undefined
  /** The child's own time stamp, as it wrote it. */
  readonly time: string | undefined
  readonly text: string
}

const glog = /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d+): ([IWEF]) ([^\s\]]+:\d+)\] ?(.*)$/s
/** As absl writes before its log is set up, and libraries like libprotobuf: `I0000 00:00:1763718176.693917   12345 file.cc:20] text`. */
const absl = /^([IWEF])(\d{4} [\d:.]+)\s+\d+ ([^\s\]]+:\d+)\] ?(.*)$/s
const levels: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warn', E: 'error', F: 'fatal' }

/** A record keeps no more than this; a child cannot fill our memory with one endless record. */
const maxChars = 64 * 1024
/** How long a record waits for continuation lines before it is given out. */
const settleMs = 100

function prefixed (line: string): LogRecord | undefined {
  const [, time, level, source, text] = glog.exec(line) ?? []
  if (level !== undefined) return { level: levels[level] ?? 'info', source, time, text: text ?? '' }
  const [, abslLevel, abslTime, abslSource, abslText] = absl.exec(line) ?? []
  if (abslLevel !== undefined) return { level: levels[abslLevel] ?? 'info', source: abslSource, time: abslTime, text: abslText ?? '' }
  return undefined
}

/** Turns chunks of output into records. Chunks may end anywhere. Feed it, and call `end` when the stream has ended. */
export class LogLines {
  #rest = ''
  #record: LogRecord | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #emit: (record: LogRecord) => void

  constructor (emit: (record: LogRecord) => void) {
    this.#emit = emit
  }

  feed (chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (this.#rest.length > maxChars) {
      this.#line(this.#rest)
      this.#rest = ''
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#flush(), settleMs).unref()
  }

  end (): void {
    clearTimeout(this.#timer)
    if (this.#rest !== '') this.#line(this.#rest)
    this.#rest = ''
    this.#flush()
  }

  #line (line: string): void {
    const start = prefixed(line)
    if (start !== undefined) {
      this.#flush()
      this.#record = start
    } else if (this.#record === undefined) {
      if (line.trim() !== '') this.#record = { level: 'info', source: undefined, time: undefined, text: line.slice(0, maxChars) }
    } else if (this.#record.text.length < maxChars) {
      this.#record = { ...this.#record, text: `${this.#record.text}\n${line}`.slice(0, maxChars) }
    }
  }

  #flush (): void {
    const record = this.#record
    this.#record = undefined
    if (record !== undefined) this.#emit({ ...record, text: record.text.trimEnd() })
  }
}
