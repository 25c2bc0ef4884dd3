// Asks a running model server again and again for the states of its models, each round with a deadline of its own. Knows no restart; what a round means is decided by its listener.
import { now } from '../clock.js'
import { CallError } from '../grpc/channel.js'
import type { ServableStatus } from './engine.js'
import type { Run } from './spawn.js'
import { fetchStatuses } from './statuses.js'

export interface ProbeTiming {
  /** From the start of a round to the start of the next. */
  everyMs: number
  /** How long a round waits for its answers. A child that stops is noticed after at most the sum of both. */
  withinMs: number
}

export interface Round {
  /** Whether anything came back from the server since the round began, be it to another call. */
  answered: boolean
  /** It answered, but not one question for a model's states in a way that can be read. */
  garbled: boolean
  /** Of the models whose call was answered. */
  statuses: ReadonlyMap<string, readonly ServableStatus[]>
}

const grpcInternal = 13
/** A model name that nobody serves: asked when there is no model, for the NOT_FOUND that proves life. */
const nobody = 'outrigger-probe'
/** A round that took this much longer than it waits says that this process was blocked or stopped, and nothing of the child; two in a row are believed. */
const lateMs = 300

/** fetchStatuses says so of an answer that it cannot read, and servers of their own failures. */
const isGarbled = (error: unknown): boolean => error instanceof CallError && error.origin === 'server' && error.status === grpcInternal

/** Runs rounds until the returned function is called or the process has ended. */
export function startProbe (run: Run, models: () => readonly string[], { everyMs, withinMs }: ProbeTiming, onRound: (round: Round) => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let excused = false

  async function round (): Promise<void> {
    const began = now()
    const statuses = new Map<string, readonly ServableStatus[]>()
    const names = models()
    const asked = names.length === 0 ? [nobody] : names
    const results = await Promise.allSettled(asked.map(async name => {
      const found = await fetchStatuses(run.channel, name, began + withinMs)
      if (names.length > 0) statuses.set(name, found)
    }))
    if (stopped || run.hasEnded) return
    const answered = run.lastAnswerAt >= began
    const garbled = results.every(result => result.status === 'rejected' && isGarbled(result.reason))
    excused = !answered && !excused && now() - began > withinMs + lateMs
    if (!excused) onRound({ answered, garbled, statuses })
    if (!stopped) timer = setTimeout(() => { void round() }, Math.max(0, began + everyMs - now()))
  }

  void round()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
