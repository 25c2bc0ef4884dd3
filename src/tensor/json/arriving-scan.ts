// A scan of a body that is still arriving: goes on with each piece, holds what came of it. Knows no form of body.
import { NumericScanner, type ScannerOptions, type Steps } from './numeric-scanner.js'

/** Room for the numbers of so many bytes is made at once, whatever is announced: more comes with the numbers, so that an announcement alone costs little. */
const mostExpectedBytes = 4 * 1024 * 1024

const nothing = Buffer.alloc(0)

export class ArrivingScan<T> {
  /** Undefined once it has come to its end. */
  #under: { readonly scanner: NumericScanner, readonly steps: Steps<T | undefined> } | undefined
  #result: T | undefined

  /** `steps` answers undefined for what is not to its liking. */
  constructor (expectedBytes: number, steps: (scanner: NumericScanner) => Steps<T | undefined>, options: ScannerOptions = {}) {
    const scanner = new NumericScanner(nothing, { ...options, expectedBytes: Math.min(expectedBytes, mostExpectedBytes) })
    this.#under = { scanner, steps: steps(scanner) }
  }

  /**
   * Goes on with all that is there of the body: `bytes` begin at its first byte and never take back what was there before, though they may lie elsewhere. `whole`: nothing comes after them.
   * Keeps hold of them until the next look, and of nothing once it answers false: then it has come to its end.
   */
  look (bytes: Buffer, whole: boolean): boolean {
    if (this.#under === undefined) return false
    this.#under.scanner.extend(bytes, whole)
    const step = this.#under.steps.next()
    if (step.done !== true) return true
    this.#result = step.value
    this.#under = undefined
    return false
  }

  /** What came of the scan; undefined before its end, and where the body was not to its liking. */
  get result (): T | undefined { return this.#result }
}
