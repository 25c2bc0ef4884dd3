// What a drill found: the figures, what the service said meanwhile, and whether it passed. Knows no service and prints nothing.
import type { Change } from '../../src/changes/journal.js'
import type { End, Failure } from '../load/plan.js'
import { quantile, Samples, type Percentiles } from '../load/samples.js'
import { floors, slope } from '../load/trend.js'
import { liveFaults } from './live.js'
import type { Look, Memory } from './watch.js'

/** Something that was done to the service, and when it was healthy again by its own word: undefined when it never was. Milliseconds since the epoch. */
export interface DrillEvent { readonly what: string, readonly at: number, readonly healthyAt: number | undefined, readonly fault?: string }

export interface Spread { readonly min: number, readonly median: number, readonly max: number }

/** What /health said: how often it said so in a row, and for how long at most. */
export interface Said { readonly what: string, readonly times: number, readonly longestSeconds: number }

/** `during` are the moments in which nobody forced a collection. `half` where enough was done in each half for flatness to be asked; `sameChild` where the model server of the beginning is that of the end. */
export interface Memories { readonly before: Memory, readonly half?: Memory | undefined, readonly after: Memory, readonly during: readonly Memory[], readonly sameChild: boolean }

export interface DrillResult {
  readonly drill: string
  readonly engine: string
  readonly events: number
  readonly requests: number
  readonly failed: number
  readonly wrong: number
  readonly perSecond: number
  readonly connections: number
  readonly all: Percentiles
  /** Due between the moment of an event and that of health. */
  readonly duringEvents: Percentiles
  readonly betweenEvents: Percentiles
  readonly healthySeconds: Spread | undefined
  readonly health: readonly Said[]
  readonly changes: readonly { readonly what: string, readonly times: number }[]
  readonly memory: Memories | undefined
  readonly slopes: Slopes | undefined
  /** Why it did not pass, one sentence each; [] when it did. */
  readonly faults: readonly string[]
}

/** Of the lowest values of ten spans of the second half, in bytes per minute. */
export interface Slopes { readonly service: number, readonly child: number, readonly heap: number }

/** One life of a service under load. */
export interface Life {
  readonly seconds: number
  readonly samples: Samples
  readonly end: End
  readonly failures: readonly Failure[]
  readonly looks: readonly Look[]
  /** All of its journal. */
  readonly changes: readonly Change[]
}

export interface Found {
  readonly drill: string
  readonly engine: string
  readonly lives: readonly Life[]
  readonly events: readonly DrillEvent[]
  readonly memory?: Memories | undefined
  /** What else the drill saw. */
  readonly faults?: readonly string[]
}

/** How far settled memory may grow from half of the events to their end: by a share for what any run gathers, and by some megabytes of noise. */
const growth = 1.05
const noise = 8 * 2 ** 20
const minuteMs = 60_000
/** So long must the second half be: in it even an old generation is collected a few times. */
const slopeFromMs = 2 * minuteMs
/** Kinds of failures that stand in the result. */
const shownKinds = 8

export function spread (values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length === 0 ? undefined : { min: sorted[0], median: quantile(sorted, 0.5), max: sorted.at(-1)! }
}

/** Numbers and names of versions vary from one time to the next. */
const sameWords = (text: string): string => text.replace(/\d+(\.\d+)?/g, 'N')

const wordsOf = ({ report }: Look): string => report === undefined ? 'no answer' : report.ready ? '200 ready' : `503 ${report.status}: ${sameWords(report.reason ?? '')}`

/** Runs of equal words in each life, every run from its first look to the first one that says something else. */
export function said (lives: readonly (readonly Look[])[]): Said[] {
  const found = new Map<string, { times: number, longestMs: number }>()
  for (const looks of lives) {
    const words = looks.map(wordsOf)
    for (let i = 0; i < looks.length;) {
      let end = i
      while (end < looks.length && words[end] === words[i]) end++
      const one = found.get(words[i]) ?? { times: 0, longestMs: 0 }
      found.set(words[i], { times: one.times + 1, longestMs: Math.max(one.longestMs, looks[Math.min(end, looks.length - 1)].at - looks[i].at) })
      i = end
    }
  }
  return [...found].map(([what, { times, longestMs }]) => ({ what, times, longestSeconds: longestMs / 1000 }))
}

/** Undefined where it would be noise: of a short time memory tells when a collector last looked. */
export function slopesOf (memories: readonly Memory[]): Slopes | undefined {
  const half = memories.slice(Math.floor(memories.length / 2))
  if (half.length < 2 || half.at(-1)!.at - half[0].at < slopeFromMs) return undefined
  const of = (key: keyof Slopes): number => slope(floors(half.map(one => ({ at: one.at, value: one[key] })), 10)) * minuteMs
  return { service: of('service'), child: of('child'), heap: of('heap') }
}

function memoryFaults ({ half, after, sameChild }: Memories): string[] {
  if (half === undefined) return []
  return (['service', 'heap', 'child'] as const).filter(key => (key !== 'child' || sameChild) && after[key] > half[key] * growth + noise).map(key => `memory is not flat: ${key} has ${(after[key] / 2 ** 20).toFixed(1)} MB after all events, ${(half[key] / 2 ** 20).toFixed(1)} MB after half of them`)
}

/** Failures that differ in numbers and ids only are one kind; of each the first is told. */
function failureKinds (failures: readonly Failure[]): string[] {
  const kinds = new Map<string, Failure[]>()
  for (const failure of failures) {
    const kind = `${failure.kind} ${failure.text.replace(/[0-9a-f-]{36}/g, 'ID').replace(/[\d.,]+/g, 'N')}`
    kinds.set(kind, [...kinds.get(kind) ?? [], failure])
  }
  return [...kinds.values()].slice(0, shownKinds).map(same => `${same.length} of the first ${failures.length} failures, the first at ${new Date(same[0].at).toISOString()}, request ${same[0].index}: ${same[0].kind}: ${same[0].text}`)
}

/** Whether a moment lies in one of the events, which are in their order and do not overlap; an hour has thousands of them and millions of moments. */
const dueIn = (events: readonly DrillEvent[]) => (moment: number): boolean => {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (events[middle].at <= moment) low = middle + 1
    else high = middle
  }
  return low > 0 && moment < (events[low - 1].healthyAt ?? Infinity)
}

/** The result of a drill. It passed when no request failed or was wrong, the service was healthy again after each event, and memory is flat where it was measured. */
export function resultOf ({ drill, engine, lives, events, memory, faults = [] }: Found): DrillResult {
  const sum = (of: (life: Life) => number): number => lives.reduce((total, life) => total + of(life), 0)
  const [requests, failed, wrong] = [sum(({ end }) => end.sent), sum(({ end }) => end.failed), sum(({ end }) => end.wrong)]
  const samples = new Samples()
  for (const life of lives) samples.join(life.samples)
  const isDuring = dueIn(events)
  const counts = new Map<string, number>()
  for (const { what } of lives.flatMap(({ changes }) => changes)) counts.set(what, (counts.get(what) ?? 0) + 1)
  return {
    drill,
    engine,
    events: events.length,
    requests,
    failed,
    wrong,
    perSecond: requests / sum(({ seconds }) => seconds),
    connections: sum(({ end }) => end.connections),
    all: samples.percentiles(),
    duringEvents: samples.percentiles(isDuring),
    betweenEvents: samples.percentiles(moment => !isDuring(moment)),
    healthySeconds: spread(events.flatMap(({ at, healthyAt }) => healthyAt === undefined ? [] : [(healthyAt - at) / 1000])),
    health: said(lives.map(({ looks }) => looks)),
    changes: [...counts].map(([what, times]) => ({ what, times })),
    memory,
    slopes: memory === undefined ? undefined : slopesOf(memory.during),
    faults: [
      ...lives.filter(({ end, looks }) => end.balancedOutAt !== undefined && !looks.some(({ at, report }) => report?.status === 'draining' && at <= end.balancedOutAt!)).map(() => 'the balancer took the service out before it drained'),
      ...requests === 0 ? ['nothing was sent'] : [],
      ...failed > 0 ? [`${failed} requests failed`] : [],
      ...wrong > 0 ? [`${wrong} answers were wrong`] : [],
      ...failureKinds(lives.flatMap(({ failures }) => failures)),
      ...lives.flatMap(({ end, changes }) => liveFaults(end.served, changes)),
      ...events.flatMap(({ what, fault, healthyAt }) => fault !== undefined ? [`${what}: ${fault}`] : healthyAt === undefined ? [`${what}: the service was not healthy again in time`] : []),
      ...memory === undefined ? [] : memoryFaults(memory),
      ...faults
    ]
  }
}
