// One call for the rows of several requests, and what follows when it fails: each alone, so that no request answers for its neighbours. Knows no queue.
import { OutriggerError, type ErrorCode } from '../errors.js'
import type { BatchApart } from '../metrics.js'
import { sharedAbort } from '../shared-abort.js'
import type { Tensors } from '../tensor/tensor.js'
import { cancelled } from '../waiting-line.js'
import type { Holder, Member } from './batch-member.js'
import { splitFault, splitRows } from './merge.js'
import { predict, predictStacked } from './predict.js'
import type { VersionEntry } from './registry.js'

export interface BatchCall {
  readonly entry: VersionEntry
  readonly signature: string
  /** Told of each call as it is sent: the requests that are still wanted. */
  readonly onSent: (members: readonly Member[]) => void
  readonly onApart: (why: BatchApart, fault: string) => void
}

/**
 * What the server says of a batch because of what stands in one row of it (or because there are so many): every other request would be answered.
 * Not what is true of each alone just as well: the deadline, a servable that is not there, no permission.
 */
const ofOneRow: ReadonlySet<ErrorCode> = new Set([
  'MODEL_INVALID_ARGUMENT', 'MODEL_FAILED_PRECONDITION', 'MODEL_OUT_OF_RANGE', 'MODEL_ABORTED', 'MODEL_UNIMPLEMENTED', 'MODEL_FAILED', 'MODEL_RESOURCE_EXHAUSTED', 'MODEL_ANSWER_INVALID'
])

/** Whether an error tells of one of the rows, or of their number, and not of each alone just as well. */
export const isOfOneRow = (error: unknown): error is OutriggerError => error instanceof OutriggerError && ofOneRow.has(error.code)

/** Calls the model for the members and settles each; resolves when no call for them is under way any more. Never rejects. */
export async function sendBatch (batch: BatchCall, members: readonly Member[]): Promise<void> {
  const [only, second] = members
  if (second === undefined) {
    batch.onSent(members)
    return await callAlone(batch.entry, only)
  }
  const why = await callTogether(batch, members)
  if (why === undefined) return
  const again = why === 'lost'
  await Promise.all(members.filter(({ settled }) => !settled).map(async member => { await callAlone(batch.entry, member, again) }))
}

async function callAlone (entry: VersionEntry, member: Member, again = false): Promise<void> {
  // From here on the engine keeps its deadline.
  member.place = 'alone'
  try {
    member.resolve(await predict(entry, member.inputs, again ? { ...member.call, again } : member.call))
  } catch (error) {
    member.reject(error as Error)
  }
}

/** Controllers of calls that ended without being aborted, for the next ones: a signal of its own for each call keeps V8 from freeing what the call held until a full collection (measured on Node 20: twice the processor time of a batch). */
const controllers: AbortController[] = []

/** Aborts a call when none of the members for whom it is made waits any more. */
class Wanted implements Holder {
  readonly #leaving = controllers.pop() ?? sharedAbort()
  #count: number

  constructor (count: number) { this.#count = count }

  get signal (): AbortSignal { return this.#leaving.signal }

  ended (): void { if (--this.#count === 0) this.#leaving.abort() }

  /** The call is over. */
  end (): void {
    if (this.#count === Infinity) return
    this.#count = Infinity
    if (!this.signal.aborted) controllers.push(this.#leaving)
  }
}

/** Settles all members, or says why each is to be called alone. */
async function callTogether ({ entry, signature, onSent, onApart }: BatchCall, members: readonly Member[]): Promise<BatchApart | undefined> {
  const wanted = new Wanted(members.length)
  let sent: readonly Member[] = members
  let bytes = 0
  let deadline = 0
  for (const member of members) {
    member.place = 'called'
    member.holder = wanted
    bytes += member.dataBytes
    deadline = Math.max(deadline, member.deadline)
  }
  const requests = (): Tensors[] => {
    sent = members.filter(({ settled }) => !settled)
    if (sent.length === 0) throw cancelled()
    for (const member of sent) member.place = 'sent'
    onSent(sent)
    return sent.map(({ inputs }) => inputs)
  }
  const apart = (why: BatchApart, fault: string): BatchApart => { onApart(why, fault); return why }
  try {
    const outputs = await predictStacked(entry, { signature, deadline, signal: wanted.signal, bytes, requests })
    wanted.end()
    const rows = sent.map(member => member.rows)
    const fault = splitFault(outputs, rows.reduce((sum, count) => sum + count, 0))
    if (fault !== undefined) return apart('rows', fault)
    const parts = splitRows(outputs, rows)
    for (let i = 0; i < sent.length; i++) sent[i].resolve(parts[i])
  } catch (error) {
    wanted.end()
    if (error instanceof OutriggerError && error.code === 'MODEL_SERVER_UNREACHABLE') return apart('lost', error.message)
    if (isOfOneRow(error)) return apart('refused', error.message)
    for (const member of members) member.reject(error as Error)
  }
  return undefined
}
