// One large request of a model: its rows in several calls where that was proven harmless, so that others have their turn at the model in between, else in one. Bytes in, bytes out. Knows no HTTP and no tensor's JSON.
import type { LateRequest } from '../engine/engine.js'
import { readPredictResponse } from '../tensor/proto/predict.js'
import type { BatchSettings } from './batch-settings.js'
import type { BatchingStates } from './batching-states.js'
import { using } from './lease.js'
import { splitFault } from './merge.js'
import { predictError, predictPath, type PredictCall } from './predict.js'
import type { VersionEntry } from './registry.js'
import { isOfOneRow } from './send-batch.js'

/** A request as it is sent: in one message, or in several with so many rows each, in their order. */
export interface LargeRequest {
  /** Of PredictService's Predict unless it is given. */
  readonly path?: string
  readonly messages: readonly Uint8Array[]
  readonly rows: readonly number[]
  /** The same in one message, where the calls have shown that they cannot stand for it. */
  readonly whole: () => Promise<Uint8Array>
}

export interface LargeCallsOptions {
  /** The settings of a model as they are now. */
  readonly settingsOf: (model: string) => BatchSettings
  readonly states: Pick<BatchingStates, 'isOn' | 'refute'>
}

const usualSignature = 'serving_default'

export class LargeCalls {
  readonly #options: LargeCallsOptions

  constructor (options: LargeCallsOptions) { this.#options = options }

  /** The signatures whose rows may go in several calls, as they may stand in one with those of others; each with how many rows a call may have in any case. */
  rowsPerCall (entry: VersionEntry): Map<string, number> {
    const { settingsOf, states } = this.#options
    const { maxRows } = settingsOf(entry.model)
    return new Map([...entry.signatures.keys()].filter(signature => states.isOn(entry, signature)).map(signature => [signature, maxRows]))
  }

  /** The answers, in the order of the messages. One call after the other: each comes behind what has come meanwhile. Rejects as `predict` of predict.ts. */
  async call (entry: VersionEntry, request: LargeRequest, call: PredictCall): Promise<Buffer[]> {
    return await using(entry, async () => await this.#inParts(entry, request, call) ?? [await send(entry, request.path, await request.whole(), call)])
  }

  /** Undefined where the parts do not stand for the whole. */
  async #inParts (entry: VersionEntry, { path, messages, rows }: LargeRequest, call: PredictCall): Promise<Buffer[] | undefined> {
    if (messages.length === 1) return [await send(entry, path, messages[0], call)]
    const answers: Buffer[] = []
    for (const [i, message] of messages.entries()) {
      try {
        // A copy is sent, since what was sent is gone: should the parts not stand for the whole, all of them are needed again.
        const answer = await send(entry, path, { bytes: message.byteLength, write: () => Buffer.from(message) }, call)
        const fault = splitFault(readPredictResponse(answer).outputs, rows[i])
        if (fault !== undefined) {
          this.#options.states.refute(entry, call.signature === '' ? usualSignature : call.signature, fault)
          return undefined
        }
        answers.push(answer)
      } catch (error) {
        // What the model says of a part may be another word than of the whole.
        if (isOfOneRow(error)) return undefined
        throw error
      }
    }
    return answers
  }
}

async function send (entry: VersionEntry, path = predictPath, message: Uint8Array | LateRequest, { signature, deadline, signal, metadata, resend = entry.mayResend(signature) }: PredictCall): Promise<Buffer> {
  try {
    return await entry.engine.call(path, message, { deadline, signal, resend, ...(metadata === undefined ? {} : { metadata }) })
  } catch (error) {
    throw predictError(error, entry)
  }
}
