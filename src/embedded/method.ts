// A method of the model server, whatever carries it: bytes in, bytes or a status out.
import { ModelError } from './formats/format.js'
import { INTERNAL } from './status.js'

/** What the parts that answer a call know of its caller. */
export interface CallContext {
  /** By clock.ts. */
  readonly deadline: number
  /** Set by whoever wants to hear that the caller left before the answer. */
  onLeft?: (() => void) | undefined
}

/** Answers the bytes of a request. What it throws is the call's status, see refusalOf. */
export type Method = (request: Buffer, call: CallContext) => Uint8Array | Promise<Uint8Array>

/** By full name, e.g. `/tensorflow.serving.PredictionService/Predict`. */
export type Methods = ReadonlyMap<string, Method>

/** What a call may take whose caller set no deadline. */
export const defaultDeadlineMs = 10 * 60_000

/** The real server cuts its messages here: headers have a limit. */
const maxWordsBytes = 1024

/** An error as a gRPC status: a ModelError's own, INTERNAL for everything else. */
export function refusalOf (error: unknown): { status: number, words: string } {
  const status = error instanceof ModelError ? error.status : INTERNAL
  const words = error instanceof Error ? error.message : String(error)
  const bytes = Buffer.from(words)
  return { status, words: bytes.length <= maxWordsBytes ? words : `${bytes.subarray(0, maxWordsBytes).toString().replace(/\uFFFD+$/, '')}...TRUNCATED` }
}
