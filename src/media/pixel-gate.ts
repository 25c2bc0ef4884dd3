// How many pixels are decoded at once: a picture waits for its turn, not for long and not in any number. Knows no pictures.
import { OutriggerError } from '../errors.js'

export interface PixelGateLimits {
  /** Together, of all that are let through; a larger one goes alone. */
  readonly maxPixels: number
  readonly maxWaiting: number
}

interface Waiting { readonly pixels: number, readonly enter: () => void }

const overloaded = (why: string): OutriggerError => new OutriggerError('SERVICE_OVERLOADED', `More pictures came than can be decoded: ${why}`, { retryAfterMs: 1000 })

export class PixelGate {
  readonly #limits: PixelGateLimits
  #inUse = 0
  #queue: Waiting[] = []

  constructor (limits: PixelGateLimits) { this.#limits = limits }

  /** Runs the work as soon as there is room for so many pixels, in the order of the calls. Rejects with SERVICE_OVERLOADED when too many wait already, or when its turn has not come by the deadline (milliseconds since the epoch). */
  async run<T> (pixels: number, deadline: number, work: () => Promise<T>): Promise<T> {
    if (this.#queue.length > 0 || !this.#fits(pixels)) await this.#turn(pixels, deadline)
    else this.#inUse += pixels
    try {
      return await work()
    } finally {
      this.#inUse -= pixels
      this.#admit()
    }
  }

  #fits (pixels: number): boolean { return this.#inUse === 0 || this.#inUse + pixels <= this.#limits.maxPixels }

  async #turn (pixels: number, deadline: number): Promise<void> {
    if (this.#queue.length >= this.#limits.maxWaiting) throw overloaded(`${this.#queue.length} are waiting already`)
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = { pixels, enter: () => { clearTimeout(timer); resolve() } }
      const timer = setTimeout(() => {
        this.#queue = this.#queue.filter(other => other !== waiting)
        reject(overloaded('its turn did not come in time'))
        this.#admit()
      }, Math.max(0, deadline - Date.now()))
      this.#queue.push(waiting)
    })
  }

  #admit (): void {
    while (this.#queue.length > 0 && this.#fits(this.#queue[0]!.pixels)) {
      const next = this.#queue.shift()!
      this.#inUse += next.pixels
      next.enter()
    }
  }
}
