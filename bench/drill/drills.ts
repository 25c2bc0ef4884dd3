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

/** The lives of services in a drill, each with the acts that it meets and, if it is so, SIGTERM at its end. */
export interface Course { readonly lives: readonly { readonly acts: Iterable<Act>, readonly count: number, readonly sigterm: boolean }[] }

const times = (count: number, act: Act): Act[] => Array.from({ length: count }, () => act)

/** The drills by name; `events` is how many there are, `random` between 0 and 1. */
export const drills = {
  switches: (events: number): Course => ({ lives: [{ acts: times(events, switchVersion), count: events, sigterm: false }] }),
  kills: (events: number, random: () => number): Course => ({ lives: [{ acts: times(events, killChild(random)), count: events, sigterm: false }] }),
  replacements: (events: number): Course => ({ lives: [{ acts: times(events, replace), count: events, sigterm: false }] }),
  sigterm: (events: number): Course => ({ lives: Array.from({ length: events }, () => ({ acts: [], count: 0, sigterm: true })) })
} as const

/** A little of each in one life. */
export function shortDrill (switches: number, kills: number, replacements: number): Course {
  const acts = [...times(switches, switchVersion), ...times(kills, killChild(() => 0)), ...times(replacements, replace)]
  return { lives: [{ acts, count: acts.length, sigterm: true }] }
}

/** From so many events on, memory must be flat over their second half; before that it warms up. */
const flatFrom = 20
/** Load before the first event and after each. */
const calmMs = 1500
/** The balancer asks five times a second and takes out what did not answer 200 three times; the drain delay leaves it the time, on a slow machine too. */
const balancer = { path: '/health/ready', everyMs: 200, failures: 3, timeoutMs: 2000 }
const drainDelayMs = 3000
/** About one a second is under way for long at any moment. */
const slowEvery = 400

interface Lived { readonly life: Life, readonly events: readonly DrillEvent[], readonly memory: Memories | undefined }

/** One service from its start to its end, with all that is done to it. */
async function live (closing: Closing, { acts, count, sigterm: ends }: Course['lives'][number], options: DrillOptions): Promise<Lived> {
  const { engine, pace, deadlineMs = 5000, settleSeconds, onEvent = () => {} } = options
  const subject = await startSubject(closing, drillEngines[engine], ['--drain-delay', `${drainDelayMs}ms`])
  const settled = async (): Promise<Memory> => await subject.settledMemory(settleSeconds)
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
    if (events.length === Math.ceil(count / 2) && count >= flatFrom) half = await settled()
  }
  await sleep(calmMs)
  const after = await settled()
  const during = subject.watch.memories.filter(({ at }) => at >= begun)
  if (ends) {
    load.balance(balancer)
    await perform(sigterm)
  }
  const life = await lifeOf(subject, load, begun)
  return { life, events, memory: count === 0 ? undefined : { before, half, after, during, sameChild: numbers.has(switchVersion) && numbers.size === 1 } }
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
export async function runDrill (name: string, course: Course, closing: Closing, options: DrillOptions): Promise<DrillResult> {
  const lived: Lived[] = []
  for (const one of course.lives) lived.push(await live(closing, one, options))
  return resultOf({ drill: name, engine: options.engine, lives: lived.map(({ life }) => life), events: lived.flatMap(({ events }) => events), memory: lived[0].memory })
}
