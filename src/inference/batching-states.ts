// Which signatures of which versions may be batched: found out by a proof before the first batch, and withdrawn when an answer shows otherwise. Knows no queue.
import type { Logger } from 'pino'
import { now } from '../clock.js'
import type { Signature, Tensors } from '../tensor/tensor.js'
import type { BatchSettings } from './batch-settings.js'
import { off, proveBatching, type BatchingState } from './batch-proof.js'
import { dataBytes } from './merge.js'
import { predict, predictStacked } from './predict.js'
import type { VersionEntry } from './registry.js'

/** What a version brings along for its proof. */
export interface BatchCandidate {
  /** Why calls of a signature must not be made but when somebody asks for them: they change the model's state. Undefined where nothing says so. */
  readonly changesState: (signature: string) => string | undefined
  /** What the model was asked in the version's examples. */
  readonly recorded: readonly RecordedInputs[]
  /** Whether the version may be asked at once; otherwise the first call of it begins the proof. */
  readonly askNow: boolean
}

export interface RecordedInputs { readonly signature: string, readonly inputs: Tensors }

/** A larger request gains nothing from company: its own bytes are the work. */
export const maxRequestBytes = 64 * 1024

/** For the proof of all signatures of a version. */
const proofWithinMs = 30_000
/** After a proof to which the model server gave no answers. */
const proveAgainMs = 60_000

interface Known {
  readonly candidate: BatchCandidate
  readonly states: Map<string, BatchingState>
  proving: boolean
  /** No proof before this moment. */
  proveAfter: number
}

export interface BatchingStatesOptions {
  /** The settings of a model as they are now. */
  readonly settingsOf: (model: string) => BatchSettings
  readonly log: Logger
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export class BatchingStates {
  readonly #options: BatchingStatesOptions
  readonly #now: () => number
  readonly #known = new WeakMap<VersionEntry, Known>()

  constructor (options: BatchingStatesOptions) {
    this.#options = options
    this.#now = options.now ?? now
  }

  /**
   * Finds out which signatures of a loaded version give the same answers in company as alone, by asking it. Where batching is switched off nothing
   * is asked; the proof then comes with the first call after it was switched on. A version that was never considered is never batched. Never rejects.
   */
  async consider (entry: VersionEntry, { changesState, recorded, askNow }: BatchCandidate): Promise<void> {
    const small = recorded.filter(({ inputs }) => dataBytes(inputs) <= maxRequestBytes)
    const known: Known = { candidate: { changesState, recorded: small, askNow }, states: new Map(), proving: false, proveAfter: 0 }
    this.#known.set(entry, known)
    if (askNow && this.#options.settingsOf(entry.model).enabled) await this.#prove(entry, known)
  }

  /** Whether a call of this signature may stand in a batch now. Begins a proof where there was none. */
  isOn (entry: VersionEntry, signature: string): boolean {
    const known = this.#known.get(entry)
    if (known === undefined || !this.#options.settingsOf(entry.model).enabled) return false
    const state = known.states.get(signature)
    if (state === undefined) void this.#prove(entry, known)
    return state?.on === true
  }

  /** An answer showed that the signature must not be batched: it is not, from now on. */
  refute (entry: VersionEntry, signature: string, why: string): void {
    const states = this.#known.get(entry)?.states
    if (states?.get(signature)?.on !== true) return
    states.set(signature, off('rows', why))
    this.#options.log.warn({ model: entry.model, version: entry.version.toString(), signature, why }, 'batching is switched off for this signature')
  }

  /** Every signature of the version: batched now or not, and why. */
  of (entry: VersionEntry): ReadonlyMap<string, BatchingState> {
    const { enabled } = this.#options.settingsOf(entry.model)
    const states = this.#known.get(entry)?.states
    return new Map([...entry.signatures.keys()].map(name => [
      name,
      !enabled ? off('settings', 'switched off by the settings') : states?.get(name) ?? off('unproven', 'it is not proven yet that batching changes no answer')
    ]))
  }

  /** Decides each signature that is not decided yet. One proof of a version runs at a time. */
  async #prove (entry: VersionEntry, known: Known): Promise<void> {
    if (known.proving || this.#now() < known.proveAfter) return
    known.proving = true
    known.proveAfter = this.#now() + proveAgainMs
    const deadline = this.#now() + proofWithinMs
    const said = { model: entry.model, version: entry.version.toString() }
    const { log } = this.#options
    for (const [name, signature] of entry.signatures) {
      if (known.states.has(name)) continue
      try {
        const state = await this.#proof(entry, known.candidate, signature, deadline)
        known.states.set(name, state)
        log.info({ ...said, signature: name, cause: state.cause, why: state.why }, state.on ? 'calls are batched' : 'calls are not batched')
      } catch (error) {
        log.warn({ err: error, ...said, signature: name }, 'calls are not batched yet: the model did not answer the rows that would prove it harmless')
        break
      }
    }
    known.proving = false
  }

  async #proof (entry: VersionEntry, { changesState, recorded }: BatchCandidate, signature: Signature, deadline: number): Promise<BatchingState> {
    const state = changesState(signature.name)
    if (state !== undefined) return off('state', state)
    const call = { signature: signature.name, deadline, signal: new AbortController().signal }
    return await proveBatching(signature, {
      // A row that kills the model server must not kill the next one too.
      ask: async inputs => await predict(entry, inputs, { ...call, resend: false }),
      askTogether: async requests => await predictStacked(entry, { ...call, bytes: requests.reduce((sum, inputs) => sum + dataBytes(inputs), 0), requests: () => requests }),
      recorded: recorded.filter(one => one.signature === signature.name).map(({ inputs }) => inputs),
      maxRequestBytes
    })
  }
}
