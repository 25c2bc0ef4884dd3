// What is done to a service under load, and when it counts as healthy again. Knows no load and no figures.
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, until } from '../../test/e2e/service.js'
import type { DrillEvent } from './result.js'
import type { Subject } from './subject.js'

/** Does one thing to the service; `number` counts the acts of this kind from 0. Resolves when the service is healthy again, or did not become so in time. */
export type Act = (subject: Subject, number: number) => Promise<DrillEvent>

/** After this a service that did not come back will not. */
const healthyWithinMs = 30_000

/** A new version of one model, the models in turn; healthy when it is live. The version before must be unloaded after it. */
export const switchVersion: Act = async ({ nextVersion, newest, watch }, number) => {
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

/** Time between two kills: at least three seconds, and up to two more by chance. */
const betweenKillsMs = { least: 3000, chance: 2000 }

/** `kill -9` of the model server at a random moment; healthy when /health is 200 and counts a restart. `random` is between 0 and 1. */
export const killChild = (random: () => number): Act => async ({ service, watch }) => {
  await sleep(random() * betweenKillsMs.chance)
  const pid = await until('there is a model server to kill', () => service.children()[0], healthyWithinMs)
  const restarts = watch.last()?.report?.engines[0]?.restarts ?? 0
  const at = Date.now()
  process.kill(pid, 'SIGKILL')
  const [healthy] = await Promise.all([
    watch.seen(at, report => report.ready && (report.engines[0]?.restarts ?? 0) > restarts, healthyWithinMs),
    sleep(betweenKillsMs.least)
  ])
  return { what: `kill -9 of ${pid}`, at, healthyAt: healthy?.at }
}

/** The model server is replaced by the admin route, and meanwhile a model by its alternate: the next version, which is another graph. Healthy when both are. */
export const replace: Act = async ({ service, watch, nextVersion }, number) => {
  const at = Date.now()
  const what = `replacement ${number + 1}`
  const kind = watch.last()?.report?.engines[0]?.kind ?? ''
  const answer = await service.post(`/engines/${kind}/replace`, {})
  if (answer.status !== 202) return { what, at, healthyAt: undefined, fault: `POST /engines/${kind}/replace answered ${answer.status} ${answer.text}` }
  const version = nextVersion('handled')
  const [replaced, live] = await Promise.all([
    watch.changed(change => change.what.startsWith('engine-replace') && Date.parse(change.at) >= at, healthyWithinMs),
    watch.changed(change => change.what === 'version-live' && change.model === 'handled' && change.to === String(version), healthyWithinMs)
  ])
  if (replaced === undefined || replaced.what !== 'engine-replaced') return { what, at, healthyAt: undefined, fault: replaced?.reason ?? 'the model server was not replaced in time' }
  if (live === undefined) return { what, at, healthyAt: undefined, fault: 'the alternate did not go live in time' }
  return { what, at, healthyAt: Math.max(Date.parse(replaced.at), Date.parse(live.at)) }
}

/** SIGTERM, to the end of the process: that is the moment in `healthyAt`. Its model server must not outlive it. */
export const sigterm: Act = async ({ service }) => {
  const children = service.children()
  const at = Date.now()
  service.signal('SIGTERM')
  const code = await service.ended()
  const healthyAt = Date.now()
  const left = children.filter(isAlive)
  const fault = code !== 0 ? `the service ended with ${code}` : left.length > 0 ? `the model server ${left.join()} outlived it` : undefined
  return { what: 'SIGTERM', at, healthyAt, ...(fault === undefined ? {} : { fault }) }
}
