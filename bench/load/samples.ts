// The samples of a load: when each request was due and how long it took. Two numbers each, so that an hour of them fits into memory.

export interface Percentiles { readonly count: number, readonly p50: number, readonly p99: number, readonly max: number }

/** The value below which this share of the sorted values lies (nearest rank); NaN of nothing. */
export const quantile = (sorted: ArrayLike<number>, share: number): number => sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]

export class Samples {
  #dueAt = new Float64Array(1 << 14)
  #tookMs = new Float32Array(1 << 14)
  #count = 0

  get count (): number { return this.#count }

  /** Moments in milliseconds since the epoch, lengths in milliseconds. */
  add (dueAt: Float64Array, tookMs: Float32Array): void {
    const count = this.#count + dueAt.length
    if (count > this.#dueAt.length) {
      const room = Math.max(count, this.#dueAt.length * 2)
      const [due, took] = [new Float64Array(room), new Float32Array(room)]
      due.set(this.#dueAt.subarray(0, this.#count))
      took.set(this.#tookMs.subarray(0, this.#count))
      this.#dueAt = due
      this.#tookMs = took
    }
    this.#dueAt.set(dueAt, this.#count)
    this.#tookMs.set(tookMs, this.#count)
    this.#count = count
  }

  /** Takes over all samples of another load. */
  join (other: Samples): void { this.add(other.#dueAt.subarray(0, other.#count), other.#tookMs.subarray(0, other.#count)) }

  /** Of the requests whose due moment (milliseconds since the epoch) is chosen; of all without a choice. */
  percentiles (chosen: (dueAt: number) => boolean = () => true): Percentiles {
    const took = this.#tookMs.subarray(0, this.#count).filter((_, i) => chosen(this.#dueAt[i])).sort()
    return { count: took.length, p50: quantile(took, 0.5), p99: quantile(took, 0.99), max: quantile(took, 1) }
  }
}
