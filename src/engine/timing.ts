// How long the parts of a model server's life may take. Values only.
import type { ProbeTiming } from './probe.js'

/** All in milliseconds. */
export interface EngineTiming extends ProbeTiming {
  /** Between two looks for the socket of a child that starts. */
  pollMs: number
  /** A child that does not answer this long after its start is killed; it starts without models, so this is only the program itself. */
  startMs: number
  /** How long a restarted child, or one that shall take over, may take to load what is served. */
  restoreMs: number
  /** A child from which nothing came for so long is killed. */
  frozenMs: number
  /** Between SIGTERM and SIGKILL. */
  terminateMs: number
}

export const defaultTiming: EngineTiming = {
  everyMs: 600, withinMs: 1000, pollMs: 25, startMs: 60_000, restoreMs: 10 * 60_000, frozenMs: 10_000, terminateMs: 5000
}
