// Starts one model server: process, log, watchdog, channel. One run is one process; the supervisor makes the next. Knows no state and no restart.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import type { Logger } from 'pino'
import { now } from '../clock.js'
import { CallError, type Channel } from '../grpc/channel.js'
import { openChannel } from '../grpc/channel-http2.js'
import { programStamp } from './find.js'
import { hasEnded, killAtExit } from './kill.js'
import { LogLines } from './log-lines.js'
import { startWatchdog } from './watchdog.js'

/** What to execute; the flags of args.ts follow after `args`. */
export interface Program { readonly file: string, readonly args: readonly string[] }

export interface RunOptions {
  program: Program
  /** The flags. */
  args: readonly string[]
  environment: Record<string, string>
  socketPath: string
  log: Logger
  /** Milliseconds that the watchdog gives the child between SIGTERM and SIGKILL. */
  terminateMs: number
}

/** A watchdog that somebody killed is replaced; one that cannot run is not tried for ever. */
const maxReplacements = 3

/** One process of the model server, from its start to its end. */
export class Run {
  readonly child: ChildProcess
  readonly channel: Channel
  /** Resolves, and never rejects, with how it ended: `exit code 1`, `signal SIGKILL`, `it could not be started: …`. */
  readonly ended: Promise<string>
  /** When anything last came back from it, by clock.ts. */
  lastAnswerAt = now()
  /** Of the program's file, as find.ts tells it. */
  readonly programStamp: string | undefined
  readonly #socketPath: string
  #inFlight = 0
  readonly #whenIdle = new Set<() => void>()

  constructor (options: RunOptions) {
    const { program, log } = options
    this.#socketPath = options.socketPath
    this.programStamp = programStamp(program.file)
    let watchdog = startWatchdog({ graceMs: options.terminateMs, onLost: reason => replaceWatchdog(reason) })
    let replacements = 0
    const replaceWatchdog = (reason: string): void => {
      log.warn({ reason }, 'the watchdog of the model server is gone; without one the model server may outlive this process')
      if (this.child.pid === undefined || this.hasEnded || ++replacements > maxReplacements) return
      watchdog = startWatchdog({ graceMs: options.terminateMs, onLost: replaceWatchdog })
      watchdog.watch(this.child.pid)
    }
    // A session of its own: the signals of a terminal or of our process group are for us, who then drain before we end the child.
    this.child = spawn(program.file, [...program.args, ...options.args], { env: options.environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    if (this.child.pid !== undefined) watchdog.watch(this.child.pid)
    killAtExit(this.child)
    logOutput(this.child, log)
    this.ended = new Promise(resolve => {
      this.child.once('error', error => { if (this.child.pid === undefined) resolve(`it could not be started: ${error.message}`) })
      this.child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
    })
    const channel = openChannel(options.socketPath)
    this.channel = { unary: (path, request, call) => this.#observe(channel.unary(path, request, call)), close: () => channel.close() }
    void this.ended.then(() => {
      watchdog.done()
      channel.close()
    })
  }

  get hasEnded (): boolean { return hasEnded(this.child) }

  /** Whether a new connection could find it: somebody may have removed its socket, which open connections outlive. */
  get isReachable (): boolean { return existsSync(this.#socketPath) }

  /** Resolves when somebody listens on the socket, or when the process has ended. */
  async listening (pollMs: number): Promise<void> {
    while (!this.hasEnded && !await accepts(this.#socketPath)) await new Promise(resolve => setTimeout(resolve, pollMs))
  }

  /** Resolves when no call is with it; each ends by its deadline. */
  async idle (): Promise<void> {
    if (this.#inFlight > 0) await new Promise<void>(resolve => this.#whenIdle.add(resolve))
  }

  /** Notes each sign of life: an answer, or a status that the server itself sent. */
  async #observe (call: Promise<Buffer>): Promise<Buffer> {
    this.#inFlight++
    try {
      const answer = await call
      this.lastAnswerAt = now()
      return answer
    } catch (error) {
      if (error instanceof CallError && error.origin === 'server') this.lastAnswerAt = now()
      throw error
    } finally {
      if (--this.#inFlight === 0) for (const wake of this.#whenIdle) wake()
    }
  }
}

function accepts (path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => resolve(false))
  })
}

/** Its lines become ours, with their level. */
function logOutput (child: ChildProcess, log: Logger): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    const lines = new LogLines(({ level, source, time, text }) => log[level]({ source, childTime: time }, text))
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => lines.feed(chunk))
    stream.once('close', () => lines.end())
    stream.on('error', () => {})
  }
}
