// Whether a version's folder has come to rest: its fingerprint must stay the same for a while, the longer the more haltingly it was copied. Reads no files.

/** After pauses of a copy, the next one may be as long and longer. */
const pauseFactor = 3
/** A version without a part that its predecessor has (handler, examples) is most likely not complete. */
const lackingFactor = 5
/** A longer pause is none of a copy: somebody came back and changed something. */
const longestPauseMs = 30_000

interface Seen { print: string, changedAt: number, longestPauseMs: number }

export class Settling {
  readonly #settleMs: () => number
  readonly #now: () => number
  #seen = new Map<string, Seen>()

  /** `settleMs`: how long nothing may change; the clock is a monotonic one, in milliseconds. */
  constructor (settleMs: () => number, now: () => number = () => performance.now()) {
    this.#settleMs = settleMs
    this.#now = now
  }

  /** Notes what the folder looks like now; true once it looked so for long enough. */
  settled (folder: string, print: string, lacking: boolean): boolean {
    const now = this.#now()
    const seen = this.#seen.get(folder)
    if (seen === undefined) {
      this.#seen.set(folder, { print, changedAt: now, longestPauseMs: 0 })
      return this.#settleMs() === 0
    }
    if (seen.print !== print) {
      const pauseMs = now - seen.changedAt
      if (pauseMs <= longestPauseMs) seen.longestPauseMs = Math.max(seen.longestPauseMs, pauseMs)
      seen.print = print
      seen.changedAt = now
    }
    const patienceMs = Math.max(this.#settleMs(), seen.longestPauseMs * pauseFactor) * (lacking ? lackingFactor : 1)
    return now - seen.changedAt >= patienceMs
  }

  /** Forgets all folders but these. */
  keep (folders: ReadonlySet<string>): void {
    for (const folder of this.#seen.keys()) if (!folders.has(folder)) this.#seen.delete(folder)
  }
}
