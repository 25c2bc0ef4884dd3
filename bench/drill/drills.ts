// The drills: what is done to the service while requests run, and when it counts as healthy again after each. Knows no table.
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, until, type Closing } from '../../test/e2e/service.js'
import type { Load } from '../load/load.js'
import { resultOf, type DrillEvent, type DrillResult, type Life } from './result.js'
import { drillEngines, startSubject, type Subject } from './subject.js'
import type { Memory } from './watch.js'

export interface DrillOptions {
  readonly engine: string
  readonly rate: number
  readonly events: number
  /** Seconds in which memory settles before it is measured; 0 measures once, and asks no flatness of it. */
  readonly settleSeconds: number
  /** Between 0 and 1. */
  readonly random?: () => number
  readonly onEvent?: (event: DrillEvent) => void
}

export const drillNames = ['switches', 'kills', 'replacements', 'sigterm'] as const
export type DrillName = (typeof drillNames)[number]

/** After this a service that did not come back will not. */
const healthyWithinMs = 30_000
/** Load before the first event and after the last one. */
const calmMs = 1500

type Act = (subject: Subject, number: number, random: () => number) => Promise<DrillEvent>

/** A new version of one model; healthy when it is live and the one before is gone. */
async function switchVersion ({ nextVersion, newest, watch }: Subject, number: number): Promise<DrillEvent> {
  const name = number % 2 === 0 ? 'handled' : 'plain'
  const before = String(newest(name))
  const at = Date.now()
  const version = nextVersion(name)
  const what = `switch to ${name} ${version}`
  const live = await watch.changed(change => change.model === name && change.to === String(version) && (change.what === 'version-live' || change.what === 'version-failed'), healthyWithinMs)
  if (live?.what !== 'version-live') return { what, at, healthyAt: undefined, fault: live?.reason ?? 'it did not go live in time' }
  const gone = await watch.changed(change => change.what === 'version-removed' && change.model === name && change.from === before, healthyWithinMs)
  return { what, at, healthyAt: Date.parse(live.at), ...(gone === undefined ? { fault: 'the version before was not unloaded in time' } : {}) }
}

const restartsOf = (subject: Subject): number => subject.watch.last()?.report?.engines[0]?.restarts ?? 0

/** Time between two kills: at least three seconds, and up to two more by chance. */
const betweenKillsMs = { least: 3000, chance: 2000 }

async function killChild (subject: Subject, _number: number, random: () => number): Promise<DrillEvent> {
  await sleep(random() * betweenKillsMs.chance)
  const pid = await until('there is a model server to kill', () => subject.service.children()[0], healthyWithinMs)
  const before = restartsOf(subject)
  const what = `kill -9 of ${pid}`
  const at = Date.now()
  process.kill(pid, 'SIGKILL')
  const [healthy] = await Promise.all([
    subject.watch.seen(at, report => report.ready && (report.engines[0]?.restarts ?? 0) > before, healthyWithinMs),
    sleep(betweenKillsMs.least)
  ])
  return { what, at, healthyAt: healthy?.at }
}

/** The model server is replaced by the admin route, and meanwhile a model by its alternate: the next version, which is another graph. */
async function replace (subject: Subject, number: number): Promise<DrillEvent> {
  const { service, watch, nextVersion } = subject
  const at = Date.now()
  const kind = watch.last()?.report?.engines[0]?.kind ?? ''
  const answer = await service.post(`/engines/${kind}/replace`, {})
  const what = `replacement ${number + 1}`
  if (answer.status !== 202) return { what, at, healthyAt: undefined, fault: `POST /engines/${kind}/replace answered ${answer.status} ${answer.text}` }
  const version = nextVersion('handled')
  const [replaced, live] = await Promise.all([
    watch.changed(change => change.what.startsWith('engine-replace') && Date.parse(change.at) >= at, healthyWithinMs),
    watch.changed(change => change.what === 'version-live' && change.model === 'handled' && change.to === String(version), healthyWithinMs)
  ])
  await sleep(calmMs)
  if (replaced === undefined || replaced.what as string !== 'engine-replaced') return { what, at, healthyAt: undefined, fault: replaced?.reason ?? 'the model server was not replaced in time' }
  if (live === undefined) return { what, at, healthyAt: undefined, fault: 'the alternate did not go live in time' }
  return { what, at, healthyAt: Math.max(Date.parse(replaced.at), Date.parse(live.at)) }
}

const acts: Readonly<Record<Exclude<DrillName, 'sigterm'>, Act>> = { switches: switchVersion, kills: killChild, replacements: replace }

/** One look at memory, or what it settles to. */
const measured = async (subject: Subject, seconds: number): Promise<Memory> => await subject.settledMemory(Math.max(1, seconds))

async function drill (name: keyof typeof acts, closing: Closing, options: DrillOptions): Promise<DrillResult> {
  const { engine, rate, settleSeconds, random = Math.random, onEvent = () => {} } = options
  const subject = await startSubject(closing, drillEngines[engine])
  const before = await measured(subject, settleSeconds)
  const events: DrillEvent[] = []
  const half = Math.ceil(options.events / 2)
  let halfway: Memory | undefined
  const load = await subject.fire(rate)
  const begun = Date.now()
  await sleep(calmMs)
  for (let i = 0; i < options.events; i++) {
    const event = await acts[name](subject, i, random)
    events.push(event)
    onEvent(event)
    // The load goes on meanwhile.
    if (i + 1 === half && settleSeconds > 0) halfway = await measured(subject, settleSeconds)
  }
  await sleep(calmMs)
  const after = await measured(subject, settleSeconds)
  const life = await lifeOf(subject, load, begun)
  const memory = { before, half: halfway, after, during: subject.watch.memories.filter(({ at }) => at >= begun) }
  return resultOf({ drill: name, engine, lives: [life], events, memory })
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

/** The balancer of the last drill asks five times a second and takes out what did not answer 200 three times; the drain delay leaves it the time. */
const balancer = { path: '/health/ready', everyMs: 200, failures: 3 }
const drainDelayMs = 2000
/** About one a second is under way for long at any moment. */
const slowEvery = 400

/** The service ends while requests run, again and again; a load balancer stops sending once it is told. What was sent until then must be answered. */
async function sigterm (closing: Closing, { engine, rate, events: count, onEvent = () => {} }: DrillOptions): Promise<DrillResult> {
  const events: DrillEvent[] = []
  const lives: Life[] = []
  const faults: string[] = []
  for (let i = 0; i < count; i++) {
    const subject = await startSubject(closing, drillEngines[engine], ['--drain-delay', `${drainDelayMs}ms`])
    const { service, watch } = subject
    const children = service.children()
    const load = await subject.fire(rate, { balancer }, { slowEvery })
    const begun = Date.now()
    // Long enough for a slow request or two to be under way.
    await sleep(2 * calmMs)
    const at = Date.now()
    service.signal('SIGTERM')
    const code = await service.ended()
    const endedAt = Date.now()
    await watch.stop()
    if (code !== 0) faults.push(`the service ended with ${code}`)
    faults.push(...children.filter(isAlive).map(pid => `the model server ${pid} outlived the service`))
    const life = await lifeOf(subject, load, begun)
    const { balancedOutAt } = life.end
    if (balancedOutAt === undefined || balancedOutAt < at) faults.push('the balancer did not take the service out after the signal')
    lives.push({ ...life, looks: life.looks.filter(look => look.at < endedAt) })
    const event = { what: 'SIGTERM', at, healthyAt: endedAt }
    events.push(event)
    onEvent(event)
  }
  return resultOf({ drill: 'sigterm', engine, lives, events, faults })
}

export async function runDrill (name: DrillName, closing: Closing, options: DrillOptions): Promise<DrillResult> {
  return name === 'sigterm' ? await sigterm(closing, options) : await drill(name, closing, options)
}
