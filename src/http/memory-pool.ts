// Memory that is used again and again instead of being left to the garbage collector, which large pieces keep busy. Knows nothing of what lies in it.
import { release } from '../release.js'

const smallest = 64 * 1024
const defaultMaxBytes = 16 * 1024 * 1024

export class MemoryPool {
  readonly #maxBytes: number
  readonly #free = new Map<number, Buffer[]>()
  #bytes = 0

  /** `maxBytes`: how much is kept while nobody uses it. */
  constructor (maxBytes = defaultMaxBytes) { this.#maxBytes = maxBytes }

  /** Bytes that are kept now. */
  get bytes (): number { return this.#bytes }

  /** At least so many bytes, and at most a quarter more where they are many; what lies in them is left over from somebody else. */
  take (bytes: number): Buffer {
    const step = 2 ** Math.floor(Math.log2(bytes)) / 4
    const size = Math.max(smallest, Math.ceil(bytes / step) * step)
    const kept = this.#free.get(size)?.pop()
    if (kept === undefined) return Buffer.allocUnsafeSlow(size)
    this.#bytes -= size
    return kept
  }

  /** Takes memory back that it gave out and that nobody points into. Beyond the limit other sizes are let go first: what is in use now is what will be asked for. To be called once for each. What is not kept is gone at once. */
  give (memory: Buffer): void {
    const { length } = memory
    if (length <= this.#maxBytes) {
      for (const [size, others] of this.#free) {
        for (; size !== length && others.length > 0 && this.#bytes + length > this.#maxBytes; this.#bytes -= size) release(others.pop()!)
      }
    }
    if (this.#bytes + length > this.#maxBytes) { release(memory); return }
    const same = this.#free.get(length)
    if (same === undefined) this.#free.set(length, [memory])
    else same.push(memory)
    this.#bytes += length
  }
}
