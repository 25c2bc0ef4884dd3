// The error by which a handler says that the caller's input is at fault. Knows no status and no answer.

const brand = Symbol.for('outrigger.InvalidInput')

/** Thrown in `preprocess` or `postprocess`, it becomes an answer with status 422 that holds the message; anything else that a handler throws becomes a 500. */
export class InvalidInput extends Error {
  /** JSON Pointer into the request, e.g. `/age`; `` for the whole. */
  readonly pointer: string
  readonly [brand] = true

  constructor (message: string, pointer = '') {
    super(message)
    this.name = 'InvalidInput'
    this.pointer = pointer
  }
}

/** True for an InvalidInput, also of another instance of this module. Never runs a getter of a foreign object. */
export function isInvalidInput (thrown: unknown): thrown is InvalidInput {
  return thrown instanceof InvalidInput || (thrown instanceof Error && Object.getOwnPropertyDescriptor(thrown, brand)?.value === true)
}
