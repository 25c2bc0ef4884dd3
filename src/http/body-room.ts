// The memory that a large body is put together in while it arrives. Knows no request.
import type { MemoryPool } from './memory-pool.js'

/** Room for so much is made at once, whatever comes of it: an announcement alone costs little. */
const atOnceBytes = 4 * 1024 * 1024
/** Who announces more has room for so much at first, and for all of it once that has come: a large body is not copied again and again while it grows, and of memory that nobody has written yet the system gives none away. */
const firstBytes = 1024 * 1024

/** Where a room gets its memory, and gives back what it has grown out of. */
type Source = Pick<MemoryPool, 'take' | 'give'>

/** Memory of exactly that size, left to the garbage collector. */
const plain: Source = { take: bytes => Buffer.allocUnsafeSlow(bytes), give () {} }

export class BodyRoom {
  readonly #announced: number
  readonly #source: Source
  #memory: Buffer
  #length = 0

  /** For a body of `announced` bytes, all of which may come. */
  constructor (announced: number, source: Source = plain) {
    this.#announced = announced
    this.#source = source
    this.#memory = source.take(announced > atOnceBytes ? firstBytes : announced)
  }

  get length (): number { return this.#length }

  /** Copies the chunk to the end. There must not come more than was announced. */
  add (chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (length > this.#memory.length) this.#grow()
    this.#memory.set(chunk, this.#length)
    this.#length = length
  }

  #grow (): void {
    const small = this.#memory
    this.#memory = this.#source.take(this.#announced)
    this.#memory.set(small.subarray(0, this.#length))
    this.#source.give(small)
  }

  /** What has come, as a view that holds until the next chunk is added. */
  get arrived (): Buffer { return this.#memory.subarray(0, this.#length) }

  /** Whether bytes lie in this memory. */
  holds ({ buffer }: Uint8Array | ArrayBufferView): boolean { return buffer === this.#memory.buffer }

  /** Gives the memory back: nobody may point into it, and the room is not to be used any more. */
  free (): void { this.#source.give(this.#memory) }
}
