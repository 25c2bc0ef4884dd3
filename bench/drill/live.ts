// Whether the versions that answered were live between a request's start and its end, by the service's own change journal. Pure.
import type { Change } from '../../src/changes/journal.js'
import type { Served } from '../load/plan.js'

/** When requests were routed to a version: from its going live to that of its successor. A model serves its newest version only. Milliseconds since the epoch. */
export interface Span { readonly from: number, readonly to: number }

/** By `model/version`. */
export function liveSpans (changes: readonly Change[]): Map<string, Span> {
  const spans = new Map<string, Span>()
  const current = new Map<string, string>()
  for (const { what, model, to, at } of changes) {
    if (what !== 'version-live' || model === undefined) continue
    const moment = Date.parse(at)
    const before = current.get(model)
    if (before !== undefined) spans.set(before, { from: spans.get(before)!.from, to: moment })
    const key = `${model}/${to}`
    current.set(model, key)
    spans.set(key, { from: moment, to: Infinity })
  }
  return spans
}

/**
 * One sentence for each version that answered before or after it was live; [] when none did. A request may be answered by a version that was
 * live at any moment from its start to its end: the earliest end and the latest start of a version's requests tell that for all of them.
 * Both clocks are the machine's, in whole milliseconds, cut and not rounded.
 */
export function liveFaults (served: readonly Served[], changes: readonly Change[]): string[] {
  const spans = liveSpans(changes)
  return served.flatMap(({ model, version, count, firstEnd, lastStart }) => {
    const span = spans.get(`${model}/${version}`)
    if (span === undefined) return [`${model} version ${version} answered ${count} requests and never was live`]
    return [
      ...firstEnd < span.from ? [`${model} version ${version} answered ${span.from - firstEnd} ms before it was live`] : [],
      ...lastStart > span.to ? [`${model} version ${version} answered a request that began ${lastStart - span.to} ms after it was live`] : []
    ]
  })
}
