// One window of measurement: so many seconds of one load on one server, and what it took. Knows no table.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Generator, Load } from '../load/load.js'
import type { End, Failure, Pace } from '../load/plan.js'
import { costOf, treeOf, type Cost } from '../load/processes.js'
import type { LoadName, LoadOptions } from './loads.js'
import type { Server } from './servers.js'

export interface Window {
  readonly seconds: number
  readonly sent: number
  readonly good: number
  readonly failed: number
  /** Of those that failed: 503 with Retry-After. */
  readonly refused: number
  readonly wrong: number
  readonly goodPerSecond: number
  /** From the moment when each was due, good or not, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Processor time per good request in microseconds: of the server in front, with all its processes; of the model server behind it; of the generator. */
  readonly frontMicros: number
  readonly behindMicros: number
  readonly generatorMicros: number
  /** Share of one core that the generator took. */
  readonly generatorShare: number
  /** Resident memory of the server in front at the end, in bytes. */
  readonly rssBytes: number
  readonly failures: readonly Failure[]
}

export interface WindowOptions {
  readonly load: LoadName
  readonly pace: Pace
  readonly seconds: number
  /** Ends earlier after so many. */
  readonly requests?: number
  readonly deadlineMs?: number
  /** Told to the service with each request. */
  readonly timeoutMs?: number
}

const usualDeadlineMs = 30_000

export interface Costs { readonly front: Cost, readonly behind: Cost }

/** The server in front with its descendants but the model server, and the model server. */
export function costsOf ({ front, behind }: Pick<Server, 'front' | 'behind'>): Costs {
  const model = behind()
  const sum = (pids: readonly number[]): Cost => pids.map(costOf).reduce((all, one) => ({ rssBytes: all.rssBytes + one.rssBytes, cpuSeconds: all.cpuSeconds + one.cpuSeconds }), { rssBytes: 0, cpuSeconds: 0 })
  const below = model === undefined ? [] : treeOf(model)
  return { front: sum(treeOf(front).filter(pid => !below.includes(pid))), behind: sum(below) }
}

/** Starts a load on a server. */
export async function fire (generator: Generator, server: Server, { load, pace, requests, deadlineMs = usualDeadlineMs, timeoutMs }: Omit<WindowOptions, 'seconds'>): Promise<Load> {
  const { host, port } = server.target
  return await generator.fire({
    target: server.target,
    traffic: new URL('loads.ts', import.meta.url).href,
    options: { load, host: `${host}:${port}`, checked: server.checked, timeoutMs } satisfies LoadOptions,
    pace, freshShare: 0, deadlineMs, requests
  })
}

/** Resolves when all that was sent has come to its end. The costs count from the first request to the last answer. */
export async function measure (generator: Generator, server: Server, options: WindowOptions): Promise<Window> {
  const before = costsOf(server)
  const begun = performance.now()
  const load = await fire(generator, server, options)
  const waiting = new AbortController()
  const over = sleep(options.seconds * 1000, undefined, { signal: waiting.signal }).catch(() => {})
  await Promise.race([over, load.ended])
  waiting.abort()
  const end = await load.stop()
  const seconds = (performance.now() - begun) / 1000
  const after = costsOf(server)
  return windowOf(end, load, seconds, before, after)
}

function windowOf (end: End, { samples, failures }: Load, seconds: number, before: Costs, after: Costs): Window {
  const good = end.sent - end.failed - end.wrong
  const perGood = (cpuSeconds: number): number => good === 0 ? NaN : cpuSeconds * 1e6 / good
  const { p50, p99, max } = samples.percentiles()
  return {
    seconds, sent: end.sent, good, failed: end.failed, refused: end.refused, wrong: end.wrong, goodPerSecond: good / seconds, p50, p99, max,
    frontMicros: perGood(after.front.cpuSeconds - before.front.cpuSeconds),
    behindMicros: perGood(after.behind.cpuSeconds - before.behind.cpuSeconds),
    generatorMicros: perGood(end.cpuSeconds),
    generatorShare: end.cpuSeconds / seconds,
    rssBytes: after.front.rssBytes,
    failures
  }
}
