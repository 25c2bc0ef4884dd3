// The service that is drilled: started with the drills' models, under load from a generator, watched. Knows no drill.
import { setTimeout as sleep } from 'node:timers/promises'
import { collectGarbage, collectOnSignal, engines, start, temporaryFolder, type Closing, type EngineUnderTest, type Running } from '../../test/e2e/service.js'
import { startLoad, type Load } from '../load/load.js'
import type { Pace, Plan } from '../load/plan.js'
import { addVersion, removeVersion, type Name } from './models.js'
import type { Options } from './traffic.js'
import { Watch, type Memory } from './watch.js'

/** The engines by the drills' names: `fixture` is the program that stands for the real tensorflow_model_server. */
export const drillEngines: Readonly<Record<string, EngineUnderTest>> = { embedded: engines[0], fixture: engines[1] }

/** New versions are renamed into their place whole, so that next to nothing is waited for. */
const quick = ['--watch-interval', '200ms', '--settle-time', '100ms']
/** As the container image and npm start have it: docs/operations.md. */
const asDeployed = { MALLOC_ARENA_MAX: '2' }
/** What a version leaves behind on disk goes some versions later, as an operator tidies up. */
const kept = 3

export interface Subject {
  readonly service: Running
  readonly watch: Watch
  /** The newest version of a model on disk. */
  readonly newest: (name: Name) => number
  /** Puts the next version of a model into the repository; returns its number. */
  readonly nextVersion: (name: Name) => number
  readonly fire: (pace: Pace, plan?: Partial<Plan>, options?: Partial<Options>) => Promise<Load>
  /** The lowest memory of some seconds in which service and model server collect their garbage, in bytes. */
  readonly settledMemory: (seconds: number) => Promise<Memory>
}

/** Starts the service with version 1 of every model; resolves when it is ready. */
export async function startSubject (closing: Closing, engine: EngineUnderTest, flags: readonly string[] = []): Promise<Subject> {
  const models = temporaryFolder(closing)
  const newest = new Map<Name, number>()
  const nextVersion = (name: Name): number => {
    const version = (newest.get(name) ?? 0) + 1
    addVersion(models, name, version)
    newest.set(name, version)
    if (version > kept) removeVersion(models, name, version - kept)
    return version
  }
  for (const name of ['handled', 'plain', 'slow'] as const) nextVersion(name)
  const service = await start(closing, { engine, models, env: { ...collectOnSignal, ...asDeployed }, flags: [...quick, '--allow-local-admin', '--no-log-requests', '--data-dir', temporaryFolder(closing), ...flags] })
  const watch = new Watch(service)
  closing.teardown(async () => { await watch.stop() })
  const { hostname, port, host } = new URL(service.url)
  return {
    service,
    watch,
    newest: name => newest.get(name)!,
    nextVersion,
    fire: async (pace, plan = {}, options = {}) => await startLoad({
      target: { host: hostname, port: Number(port) },
      traffic: new URL('traffic.ts', import.meta.url).href,
      options: { host, ...options } satisfies Options,
      pace,
      freshShare: 0.1,
      deadlineMs: 5000,
      ...plan
    }),
    settledMemory: async seconds => {
      let lowest: Memory | undefined
      for (let i = 0; i < seconds; i++) {
        collectGarbage(service)
        await sleep(1000)
        const now = await watch.memory()
        if (now === undefined) continue
        lowest = lowest === undefined ? now : { at: now.at, service: Math.min(lowest.service, now.service), child: Math.min(lowest.child, now.child), heap: Math.min(lowest.heap, now.heap) }
      }
      if (lowest === undefined) throw new Error('the service does not tell its memory')
      return lowest
    }
  }
}
