// The drills: which acts follow each other while requests run. Knows no table and no process.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Closing } from '../../test/e2e/service.js'
import type { Load } from '../load/load.js'
import type { Pace } from '../load/plan.js'
import { killChild, replace, sigterm, switchVersion, type Act } from './acts.js'
import { resultOf, type DrillEvent, type DrillResult, type Life, type Memories } from './result.js'
import { drillEngines, startSubject, type Subject } from './subject.js'
import type { Memory } from './watch.js'

export interface DrillOptions {
  /** A name in `drillEngines`. */
  readonly engine: string
  readonly pace: Pace
  /** How long each request may take, in milliseconds. */
  readonly deadlineMs?: number
  /** Seconds in which memory settles before it is measured; at least one. */
  readonly settleSeconds: number
  readonly onEvent?: ((event: DrillEvent) => void) | undefined
}

/** From so many events on, memory must be flat over their second half; before that it warms up. */
const flatFrom = 20

/** What one service meets, from its start to its end. */
export interface Course {
  readonly acts: Iterable<Act>
  /** Whether half of the acts are behind it, after so many of them: there memory is measured, and must be flat from there on. */
  readonly isHalf?: (acts: number) => boolean
  /** Whether it ends by SIGTERM, under load. */
  readonly sigterm?: boolean
}

const times = (count: number, act: Act): Course => ({
  acts: Array.from({ length: count }, () => act),
  ...(count < flatFrom ? {} : { isHalf: acts => acts === Math.ceil(count / 2) })
})

/** The drills by name, each as the lives of its services; `events` is how many there are, `random` between 0 and 1. */
export const drills = {
  switches: (events: number): Course[] => [times(events, switchVersion)],
  kills: (events: number, random: () => number): Course[] => [times(events, killChild(random))],
  replacements: (events: number): Course[] => [times(events, replace)],
  sigterm: (events: number): Course[] => Array.from({ length: events }, () => ({ acts: [], sigterm: true }))
} as const

/** A little of each in one life. */
export const shortDrill = (switches: number, kills: number, replacements: number): Course =>
  ({ acts: [...times(switches, switchVersion).acts, ...times(kills, killChild(() => 0)).acts, ...times(replacements, replace).acts], sigterm: true })

/** For so long, from its first act on, eight switches, a kill and a replacement in turn, with a pause before each. */
export function soakDrill (seconds: number, pauseMs: number, now: () => number = () => performance.now()): Course {
  const unhurried = (act: Act): Act => async (subject, number) => {
    await sleep(pauseMs)
    return await act(subject, number)
  }
  const [switches, kills, replacements] = [switchVersion, killChild(Math.random), replace].map(unhurried)
  const turn = [...Array.from({ length: 8 }, () => switches), kills, replacements]
  let begun: number | undefined
  const passed = (share: number): boolean => now() - (begun ??= now()) >= seconds * 1000 * share
  let halved = false
  return {
    acts: (function * () {
      for (let i = 0; !passed(1); i++) yield turn[i % turn.length]
    })(),
    isHalf: () => !halved && (halved = passed(0.5))
  }
}

/** Load before the first event and after each. */
const calmMs = 1500
/** The balancer asks five times a second and takes out what did not answer 200 three times; the drain delay leaves it the time, on a slow machine too. */
const balancer = { path: '/health/ready', everyMs: 200, failures: 3, timeoutMs: 2000 }
const drainDelayMs = 3000
/** About one a second is under way for long at any moment. */
const slowEvery = 400

interface Lived { readonly life: Life, readonly events: readonly DrillEvent[], readonly memory: Memories | undefined }

/** One service from its start to its end, with all that is done to it. */
async function live (closing: Closing, { acts, isHalf = () => false, sigterm: ends = false }: Course, options: DrillOptions): Promise<Lived> {
  const { engine, pace, deadlineMs = 5000, settleSeconds, onEvent = () => {} } = options
  const subject = await startSubject(closing, drillEngines[engine], ['--drain-delay', `${drainDelayMs}ms`])
  const settlings: { from: number, to: number }[] = []
  const settled = async (): Promise<Memory> => {
    const from = Date.now()
    const memory = await subject.settledMemory(settleSeconds)
    settlings.push({ from, to: Date.now() })
    return memory
  }
  const events: DrillEvent[] = []
  const numbers = new Map<Act, number>()
  const perform = async (act: Act): Promise<void> => {
    const number = numbers.get(act) ?? 0
    numbers.set(act, number + 1)
    const event = await act(subject, number)
    events.push(event)
    onEvent(event)
  }
  const before = await settled()
  let half: Memory | undefined
  const load = await subject.fire(pace, { deadlineMs }, { slowEvery })
  const begun = Date.now()
  await sleep(calmMs)
  for (const act of acts) {
    await perform(act)
    // The load goes on meanwhile.
    if (isHalf(events.length)) half = await settled()
  }
  await sleep(calmMs)
  // A life without acts is too short for it.
  const memory = events.length === 0 ? undefined : { before, half, after: await settled(), during: subject.watch.memories.filter(({ at }) => at >= begun && !settlings.some(({ from, to }) => at >= from && at <= to)), sameChild: numbers.has(switchVersion) && numbers.size === 1 }
  if (ends) {
    load.balance(balancer)
    await perform(sigterm)
  }
  const life = await lifeOf(subject, load, begun)
  return { life, events, memory }
}

/** Ends the load and the watch, and gathers what both saw since `begun`. */
async function lifeOf ({ watch }: Subject, load: Load, begun: number): Promise<Life> {
  const end = await load.stop()
  const seconds = (Date.now() - begun) / 1000
  // What a last request may have met is in the journal, which is asked for now and then.
  await sleep(500)
  await watch.stop()
  return { seconds, end, samples: load.samples, failures: load.failures, looks: watch.looks.filter(({ at }) => at >= begun), changes: watch.changes() }
}

/** Runs the lives one after the other. */
export async function runDrill (name: string, lives: readonly Course[], closing: Closing, options: DrillOptions): Promise<DrillResult> {
  const lived: Lived[] = []
  for (const one of lives) lived.push(await live(closing, one, options))
  return resultOf({ drill: name, engine: options.engine, lives: lived.map(({ life }) => life), events: lived.flatMap(({ events }) => events), memory: lived[0].memory })
}
