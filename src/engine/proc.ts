// What /proc tells of a process. Where there is no /proc, nothing is known.
import { readFileSync } from 'node:fs'

function read (path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

/** Resident set size in bytes, or undefined. */
export function rssBytes (pid: number): number | undefined {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

/** When the process started, in ticks since the machine's start: together with the pid it names one process for ever. Empty where unknown. Source: proc_pid_stat(5), field 22. */
export function startTime (pid: number): string {
  const stat = read(`/proc/${pid}/stat`) ?? ''
  // The name in parentheses may hold blanks and parentheses itself.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
