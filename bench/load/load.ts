// Starts a generator's process with a plan and gathers what it tells. Knows nothing of what is asked.
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

/** Resolves when the first request is sent, by a process of its own, which ends with ours at the latest. Rejects, as `ended` does, when that process dies. */
export async function startLoad (plan: Plan): Promise<Load> {
  const child = fork(fileURLToPath(new URL('generator.ts', import.meta.url)), { execArgv: process.execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const samples = new Samples()
  const failures: Failure[] = []
  const order = (message: ToGenerator): void => { if (child.connected) child.send(message) }
  let begin = (): void => {}
  const begun = new Promise<void>(resolve => { begin = resolve })
  const ended = new Promise<End>((resolve, reject) => {
    child.on('message', (message: FromGenerator) => {
      if (message.kind === 'begun') return begin()
      if (message.kind === 'end') return resolve(message)
      samples.add(message.dueAt, message.tookMs)
      failures.push(...message.failures)
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`the generator ended with ${signal ?? code}`)))
  })
  // Who stops it asks then; who does not still must not end by it.
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
