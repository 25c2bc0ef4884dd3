// Every call of a model goes through here: with others in one call of the engine where that was proven harmless, else alone. Knows no HTTP.
import { now } from '../clock.js'
import { OutriggerError } from '../errors.js'
import type { Metrics } from '../metrics.js'
import type { Tensors } from '../tensor/tensor.js'
import { overloaded, WaitingLine } from '../waiting-line.js'
import { Lane } from './batch-lane.js'
import { Member } from './batch-member.js'
import type { BatchSettings } from './batch-settings.js'
import { maxRequestBytes, type BatchingStates } from './batching-states.js'
import { beginUse } from './lease.js'
import { dataBytes, rowsOf, stackKey } from './merge.js'
import { predict, type PredictCall } from './predict.js'
import type { VersionEntry } from './registry.js'
import { sendBatch, type BatchCall } from './send-batch.js'

export interface BatcherOptions {
  /** The settings of a model as they are now. */
  readonly settingsOf: (model: string) => BatchSettings
  readonly states: BatchingStates
  readonly metrics: Pick<Metrics, 'stage' | 'batch' | 'batchApart' | 'batchDropped'>
  /** Bytes that the requests of one version may hold while they wait or are under way. */
  readonly maxQueueBytes?: number
  /** As clock.ts, by which deadlines are. */
  readonly now?: () => number
}

/** Who waits for one version, or is under way: by what may go together, and all of them with their deadlines. */
interface Queues { readonly lanes: Map<string, Lane>, readonly line: WaitingLine<Member> }

const defaultMaxQueueBytes = 64 * 1024 * 1024
const usualSignature = 'serving_default'
/** For those that wait when batching is switched off. */
const apart: BatchSettings = { enabled: false, inFlight: Infinity, maxRows: 1, maxBytes: 1 }

export class Batcher {
  readonly #options: BatcherOptions
  readonly #now: () => number
  readonly #queues = new WeakMap<VersionEntry, Queues>()

  constructor (options: BatcherOptions) {
    this.#options = options
    this.#now = options.now ?? now
  }

  /** As `predict` of predict.ts. Rejects with SERVICE_OVERLOADED besides: when too much waits for the version, or when the answer would come after the deadline. */
  predict (entry: VersionEntry, inputs: Tensors, call: PredictCall): Promise<Tensors> {
    const signature = call.signature === '' ? usualSignature : call.signature
    const { settingsOf, states } = this.#options
    if (!states.isOn(entry, signature) || call.signal.aborted || Object.keys(inputs).length !== entry.signatures.get(signature)!.inputs.size) return predict(entry, inputs, call)
    const { maxRows, maxBytes } = settingsOf(entry.model)
    const rows = rowsOf(inputs)
    const bytes = dataBytes(inputs)
    if (rows === undefined || rows > maxRows || bytes > Math.min(maxRequestBytes, maxBytes)) return predict(entry, inputs, call)
    const { lanes, line } = this.#queuesOf(entry)
    const lane = this.#laneOf(lanes, entry, signature, inputs)
    const full = this.#full(entry, line, lane, bytes, call.deadline)
    if (full !== undefined) return Promise.reject(full)
    const endUse = beginUse(entry)
    const member = new Member({
      inputs, rows, dataBytes: bytes, call, since: performance.now(),
      onEnd: ended => {
        line.take(ended)
        if (ended.place === 'waits' || ended.place === 'called') this.#dropped(entry, call.signal.aborted ? 'left' : 'deadline')
        endUse()
      }
    })
    line.add(member)
    lane.add(member)
    return member.answer
  }

  #queuesOf (entry: VersionEntry): Queues {
    let queues = this.#queues.get(entry)
    if (queues === undefined) this.#queues.set(entry, queues = { lanes: new Map(), line: new WaitingLine(member => { this.#late(entry, member) }, this.#now) })
    return queues
  }

  #laneOf (lanes: Map<string, Lane>, entry: VersionEntry, signature: string, inputs: Tensors): Lane {
    const key = `${signature}\n${stackKey(inputs)}`
    const known = lanes.get(key)
    if (known !== undefined) return known
    const { settingsOf, states } = this.#options
    const batch = this.#batchCall(entry, signature)
    const lane = new Lane({
      settings: () => states.isOn(entry, signature) ? settingsOf(entry.model) : apart,
      send: async members => { await sendBatch(batch, members) },
      onIdle: () => { lanes.delete(key) },
      now: () => performance.now()
    })
    lanes.set(key, lane)
    return lane
  }

  #batchCall (entry: VersionEntry, signature: string): BatchCall {
    const { metrics, states } = this.#options
    const { model } = entry
    const version = entry.version.toString()
    return {
      entry,
      signature,
      onSent: members => {
        const now = performance.now()
        let rows = 0
        for (const member of members) {
          rows += member.rows
          metrics.stage('queue', model, version, (now - member.since) / 1000)
        }
        metrics.batch(model, version, members.length, rows)
      },
      onApart: (why, fault) => {
        metrics.batchApart(model, version, why)
        if (why === 'rows') states.refute(entry, signature, fault)
      }
    }
  }

  #full (entry: VersionEntry, line: WaitingLine<Member>, lane: Lane, bytes: number, deadline: number): OutriggerError | undefined {
    const expectedMs = lane.expectedMs()
    const { maxQueueBytes = defaultMaxQueueBytes } = this.#options
    const full = line.size > 0 && line.bytes + bytes > maxQueueBytes
    if (!full && this.#now() + expectedMs <= deadline) return undefined
    this.#dropped(entry, full ? 'bytes' : 'wait')
    const why = full ? `${line.bytes} bytes of requests are under way already` : `the answer would take about ${Math.ceil(expectedMs)} ms`
    return named(entry, overloaded(`The model has more work than it can finish in time: ${why}`, expectedMs))
  }

  /** Its deadline passed. What is in a call of its own hears it from the engine. */
  #late (entry: VersionEntry, member: Member): void {
    if (member.place === 'alone') return
    const reached = entry.engine.report().state === 'running'
    member.reject(named(entry, member.place === 'sent'
      ? new OutriggerError('MODEL_TIMEOUT', 'The model did not answer before the deadline')
      : reached
        ? overloaded('The deadline passed while the request waited for its turn at the model', 0)
        : new OutriggerError('MODEL_SERVER_UNREACHABLE', 'No model server came back before the deadline', { retryAfterMs: 1000 })))
  }

  #dropped ({ model, version }: VersionEntry, reason: 'bytes' | 'wait' | 'deadline' | 'left'): void {
    this.#options.metrics.batchDropped(model, version.toString(), reason)
  }
}

function named ({ model, version }: VersionEntry, error: OutriggerError): OutriggerError {
  error.model = model
  error.version = version
  return error
}
