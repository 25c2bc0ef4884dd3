// The logger of one request: made when its first line is written, since most requests write none. Knows no plugin.
import type { FastifyBaseLogger } from 'fastify'
import type { Bindings, ChildLoggerOptions, LogFn } from 'pino'

class RequestLog {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: Bindings
  readonly #options: ChildLoggerOptions
  #own: FastifyBaseLogger | undefined

  constructor (parent: FastifyBaseLogger, bindings: Bindings, options: ChildLoggerOptions) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  get #logger (): FastifyBaseLogger { return this.#own ??= this.#parent.child(this.#bindings, this.#options) }

  get level (): string { return this.#logger.level }
  set level (level: string) { this.#logger.level = level }

  child (bindings: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger { return this.#logger.child(bindings, options) }

  trace (...line: unknown[]): void { this.#logger.trace(...line as Parameters<LogFn>) }
  debug (...line: unknown[]): void { this.#logger.debug(...line as Parameters<LogFn>) }
  info (...line: unknown[]): void { this.#logger.info(...line as Parameters<LogFn>) }
  warn (...line: unknown[]): void { this.#logger.warn(...line as Parameters<LogFn>) }
  error (...line: unknown[]): void { this.#logger.error(...line as Parameters<LogFn>) }
  fatal (...line: unknown[]): void { this.#logger.fatal(...line as Parameters<LogFn>) }
  silent (): void {}
}

/** Fastify's option `childLoggerFactory`: a logger with the request's bindings that costs next to nothing until it is used. */
export function requestLog (parent: FastifyBaseLogger, bindings: Bindings, options: ChildLoggerOptions): FastifyBaseLogger {
  return new RequestLog(parent, bindings, options) as unknown as FastifyBaseLogger
}
