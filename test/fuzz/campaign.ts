// Fires many shots at a running service, a few at a time, and gathers what went wrong and what was seen. Knows no processes.
import type { Document } from '../helpers/openapi.js'
import { exchange } from './connection.js'
import { mutate, type Shot } from './mutations.js'
import { judge } from './oracle.js'
import { createRandom } from '../helpers/random.js'
import type { Request } from './requests.js'

export interface Fault { readonly index: number, readonly shot: Shot, readonly faults: readonly string[] }

export interface CampaignOptions {
  readonly url: string
  readonly document: Document
  readonly valid: readonly Request[]
  readonly seed: number
  /** Number of the first shot, and how many. */
  readonly from: number
  readonly shots: number
  /** Shots under way at a time. */
  readonly abreast: number
  readonly onFault: (fault: Fault) => void
}

export interface Tally {
  /** Requests as they were meant: a pipelined shot holds several. */
  requests: number
  /** Answers by status. */
  readonly statuses: Map<number, number>
  /** Connections that ended without any answer (cut off, left). */
  silent: number
  slowestMs: number
}

export const emptyTally = (): Tally => ({ requests: 0, statuses: new Map(), silent: 0, slowestMs: 0 })

/** The service answers or closes within this. */
const deadlineMs = 10_000
/** After so long without a word, the caller of a shot whose framing is not sound ends its side. */
const patienceMs = 150

/** Shot `index` of a seed, the same whenever it is made. */
export const shotOf = (seed: number, index: number, valid: readonly Request[]): Shot => mutate(createRandom(seed, index), valid)

/** Sends one shot. */
export async function fire (shot: Shot, url: string, document: Document, tally: Tally = emptyTally()): Promise<string[]> {
  const { hostname, port } = new URL(url)
  const result = await exchange(shot.pieces, {
    host: hostname, port: Number(port), deadlineMs, leaves: shot.leaves,
    patienceMs: shot.sound ? undefined : patienceMs,
    bodiless: index => shot.requests[index]?.method === 'HEAD' || shot.pieces[0]?.toString('latin1', 0, 5) === 'HEAD '
  })
  tally.requests += shot.requests.length
  for (const { status } of result.answers) tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1)
  if (result.answers.length === 0) tally.silent++
  tally.slowestMs = Math.max(tally.slowestMs, shot.sound ? result.milliseconds : 0)
  return judge(shot, result, document)
}

/** Runs the shots; adds to the tally. */
export async function campaign (options: CampaignOptions, tally: Tally): Promise<void> {
  const { url, document, valid, seed, from, shots, abreast, onFault } = options
  let next = from
  const work = async (): Promise<void> => {
    while (next < from + shots) {
      const index = next++
      const shot = shotOf(seed, index, valid)
      const faults = await fire(shot, url, document, tally)
      if (faults.length > 0) onFault({ index, shot, faults })
    }
  }
  await Promise.all(Array.from({ length: abreast }, work))
}
