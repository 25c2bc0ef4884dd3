// What processes cost, out of /proc: memory and processor time of one, or of one with all its descendants. Where there is no /proc, nothing is known.
import { readdirSync, readFileSync } from 'node:fs'
import { rssBytes } from '../../src/engine/proc.js'

/** Ticks per second in /proc: fixed at 100 for programs. Source: proc_pid_stat(5) and the kernel's USER_HZ. */
const ticksPerSecond = 100

export interface Cost { readonly rssBytes: number, readonly cpuSeconds: number }

/** Fields of /proc/PID/stat from the third on; undefined when the process is gone. */
function statOf (pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
  } catch {
    return undefined
  }
}

/** Resident memory and the processor time used so far; zeros for a process that is gone. */
export function costOf (pid: number): Cost {
  const stat = statOf(pid)
  return { rssBytes: rssBytes(pid) ?? 0, cpuSeconds: stat === undefined ? 0 : (Number(stat[11]) + Number(stat[12])) / ticksPerSecond }
}

/** The process and all that descend from it, itself first. */
export function treeOf (pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    const parent = Number(statOf(Number(name))?.[1])
    children.set(parent, [...children.get(parent) ?? [], Number(name)])
  }
  const below = (of: number): number[] => [of, ...(children.get(of) ?? []).flatMap(below)]
  return below(pid)
}

/** The sum over the process and all its descendants that are alive. */
export function costOfTree (pid: number): Cost {
  return treeOf(pid).map(costOf).reduce((sum, one) => ({ rssBytes: sum.rssBytes + one.rssBytes, cpuSeconds: sum.cpuSeconds + one.cpuSeconds }), { rssBytes: 0, cpuSeconds: 0 })
}
