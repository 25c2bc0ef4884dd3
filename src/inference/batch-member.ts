// One caller's rows on their way through a batch: settled once, by an answer, an error, its deadline or its caller's leaving. Knows neither queue nor engine.
import type { Tensors } from '../tensor/tensor.js'
import { cancelled, type Link, type Waits } from '../waiting-line.js'
import type { PredictCall } from './predict.js'

/** What a waiting request keeps in memory besides its data: its socket, headers and promises. */
const overheadBytes = 2048

/** `waits`: not taken into a batch yet. `called`: the batch's call waits for a place at the model server. `sent`: the model server has it. `alone`: in a call of its own. */
export type Place = 'waits' | 'called' | 'sent' | 'alone'

/** Has members in its hands, and is told when one of them ends. */
export interface Holder { ended (member: Member): void }

export interface MemberParts {
  readonly inputs: Tensors
  readonly rows: number
  readonly dataBytes: number
  /** Its signal must not have fired. */
  readonly call: PredictCall
  /** Monotonic milliseconds. */
  readonly since: number
  /** Called once, before the answer or error is given. */
  readonly onEnd: (member: Member) => void
}

export class Member implements Waits {
  readonly inputs: Tensors
  readonly rows: number
  /** What it adds to the request. */
  readonly dataBytes: number
  readonly bytes: number
  readonly deadline: number
  readonly call: PredictCall
  readonly since: number
  place: Place = 'waits'
  readonly answer: Promise<Tensors>
  /** Who is told of its end now. */
  holder: Holder | undefined
  link: Link | undefined
  #waiting: { resolve: (outputs: Tensors) => void, reject: (error: unknown) => void } | undefined
  #onEnd: MemberParts['onEnd'] | undefined
  readonly #leave = (): void => { this.reject(cancelled()) }

  constructor ({ inputs, rows, dataBytes, call, since, onEnd }: MemberParts) {
    this.inputs = inputs
    this.rows = rows
    this.dataBytes = dataBytes
    this.bytes = dataBytes + overheadBytes
    this.deadline = call.deadline
    this.call = call
    this.since = since
    this.#onEnd = onEnd
    this.answer = new Promise((resolve, reject) => { this.#waiting = { resolve, reject } })
    call.signal.addEventListener('abort', this.#leave, { once: true })
  }

  get settled (): boolean { return this.#waiting === undefined }

  resolve (outputs: Tensors): void { this.#end()?.resolve(outputs) }

  reject (error: Error): void { this.#end()?.reject(error) }

  /** Keeps nothing of what was told of it: finished calls live on for a while in the connection that carried them. */
  #end (): { resolve: (outputs: Tensors) => void, reject: (error: unknown) => void } | undefined {
    const waiting = this.#waiting
    if (waiting === undefined) return undefined
    const { holder } = this
    const onEnd = this.#onEnd
    this.#waiting = this.#onEnd = this.holder = undefined
    this.call.signal.removeEventListener('abort', this.#leave)
    holder?.ended(this)
    onEnd?.(this)
    return waiting
  }
}
