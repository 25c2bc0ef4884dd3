// Ends child processes: SIGTERM, wait, SIGKILL, and at once when this process exits. Knows no state of an engine.
import type { ChildProcess } from 'node:child_process'

const living = new Set<ChildProcess>()
let hooked = false

/** Whether the child still runs, as far as this process has been told. */
export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined

/** From now on the child is killed when this process exits, also by process.exit after a second signal. It is forgotten when it ends. */
export function killAtExit (child: ChildProcess): void {
  living.add(child)
  child.once('exit', () => living.delete(child))
  if (hooked) return
  hooked = true
  process.on('exit', () => { for (const each of living) each.kill('SIGKILL') })
}

/** Resolves when the child has ended: by itself on SIGTERM, or by SIGKILL after `graceMs` milliseconds. */
export async function terminate (child: ChildProcess, graceMs: number): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await ended
  clearTimeout(timer)
}
