// Starts a generator's process, gives it one plan after the other, and gathers what it tells. Knows nothing of what is asked.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Balancer, End, Failure, FromGenerator, Plan, ToGenerator } from './plan.js'
import { Samples } from './samples.js'

export interface Load {
  readonly samples: Samples
  /** The first thousand, with their texts. */
  readonly failures: readonly Failure[]
  readonly pid: number
  /** From now on a balancer looks, and stops the load when it takes the service out. */
  balance (balancer: Balancer): void
  /** Sends nothing any more; resolves, as `ended` does, when what was sent has come to its end. */
  stop (): Promise<End>
  readonly ended: Promise<End>
}

export interface Generator {
  /** Resolves when the first request is sent. Only one plan at a time. Rejects, as the load's `ended` does, when the process dies. */
  fire (plan: Plan): Promise<Load>
  /** Ends the process, in the middle of a plan too. */
  close (): void
}

/** A process of its own, which ends with ours at the latest. */
export function startGenerator (): Generator {
  const child = fork(fileURLToPath(new URL('generator.ts', import.meta.url)), { execArgv: process.execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const order = (message: ToGenerator): void => { if (child.connected) child.send(message) }
  let hear: (message: FromGenerator) => void = () => {}
  child.on('message', (message: FromGenerator) => { hear(message) })
  const died = new Promise<never>((_resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`the generator ended with ${signal ?? code}`)))
  })
  // Who fires asks then; one that nobody fires may end.
  died.catch(() => {})
  return {
    close: () => { if (child.connected) child.disconnect() },
    fire: async plan => {
      const samples = new Samples()
      const failures: Failure[] = []
      let begin = (): void => {}
      const begun = new Promise<void>(resolve => { begin = resolve })
      const ended = Promise.race([died, new Promise<End>(resolve => {
        hear = message => {
          if (message.kind === 'begun') return begin()
          if (message.kind === 'end') return resolve(message)
          samples.add(message.dueAt, message.tookMs)
          failures.push(...message.failures)
        }
      })])
      ended.catch(() => {})
      order({ kind: 'plan', plan })
      await Promise.race([begun, ended])
      return {
        samples,
        failures,
        pid: child.pid!,
        ended,
        balance: balancer => { order({ kind: 'balance', balancer }) },
        stop: async () => {
          order({ kind: 'stop' })
          return await ended
        }
      }
    }
  }
}

/** One plan by a generator of its own, which ends with it. */
export async function startLoad (plan: Plan): Promise<Load> {
  const generator = startGenerator()
  const load = await generator.fire(plan)
  const close = (): void => { generator.close() }
  load.ended.then(close, close)
  return load
}
