// The jobs of a pool that wait for a thread: those that finish a request before those that begin one, each in the order in which they came. Knows no threads and no time.

export interface WaitingJob {
  /** Whether it ends a request that has had its model's answer already. */
  readonly finishes: boolean
  readonly bytes: number
}

export class JobQueue<J extends WaitingJob> {
  /** Sets, because callers that leave are taken out of the middle. */
  readonly #finishing = new Set<J>()
  readonly #beginning = new Set<J>()
  #bytes = 0

  get size (): number { return this.#finishing.size + this.#beginning.size }
  get bytes (): number { return this.#bytes }

  add (job: J): void {
    this.#laneOf(job).add(job)
    this.#bytes += job.bytes
  }

  /** Takes a job out; nothing happens to one that is not there. */
  remove (job: J): void {
    if (this.#laneOf(job).delete(job)) this.#bytes -= job.bytes
  }

  /** Takes the next one out; undefined when nobody waits. */
  next (): J | undefined {
    for (const lane of [this.#finishing, this.#beginning]) {
      for (const job of lane) {
        this.remove(job)
        return job
      }
    }
    return undefined
  }

  #laneOf ({ finishes }: J): Set<J> { return finishes ? this.#finishing : this.#beginning }
}
