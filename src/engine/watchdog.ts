// Ends the child when this process is gone, even by SIGKILL: a /bin/sh that reads a pipe whose write end only we hold. Knows nothing of sockets or states.
import { spawn, type ChildProcess } from 'node:child_process'
import { startTime } from './proc.js'

/**
 * What the shell runs; its first argument is the grace in tenths of a second. The first line of the pipe names the process: pid and start time, so that a pid that was given to another process is never signalled.
 * The second read returns when the pipe is closed: we are gone, however that came. A line `done` says that the child has ended.
 * The signals of a terminal or a group do not end it; it runs in a session of its own anyway. A zombie counts as ended.
 */
export const watchdogScript = `
trap '' INT TERM HUP QUIT
read -r pid started || exit 0
read -r word && exit 0
alive () {
  kill -0 "$pid" 2>/dev/null || return 1
  [ -n "$started" ] || return 0
  read -r stat 2>/dev/null < "/proc/$pid/stat" || return 1
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "\${20}" = "$started" ]
}
alive && kill -TERM "$pid" 2>/dev/null
left=$1
while alive; do
  if [ "$left" -le 0 ]; then kill -KILL "$pid" 2>/dev/null; exit 0; fi
  left=$((left - 1))
  sleep 0.1 2>/dev/null || sleep 1
done
`

export interface Watchdog {
  /** The child has ended: the watchdog ends too. */
  done (): void
  readonly pid: number | undefined
}

export interface WatchdogOptions {
  /** Milliseconds between SIGTERM and SIGKILL. */
  graceMs: number
  /** Called when the watchdog cannot run or has ended while it was needed. */
  onLost: (reason: string) => void
}

/** Starts a watchdog before the child is started, so that no moment is left unwatched; tell it the child by `watch`. */
export function startWatchdog ({ graceMs, onLost }: WatchdogOptions): Watchdog & { watch (pid: number): void } {
  const shell: ChildProcess = spawn('/bin/sh', ['-c', watchdogScript, 'outrigger-watchdog', String(Math.ceil(graceMs / 100))], {
    stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: { PATH: '/usr/bin:/bin' }, cwd: '/'
  })
  let needed = true
  const lost = (reason: string): void => {
    if (needed) onLost(reason)
    needed = false
  }
  shell.once('error', error => lost(error.message))
  shell.once('exit', (code, signal) => lost(`it ended with ${signal ?? `code ${code}`}`))
  shell.stdin?.on('error', () => {})
  shell.unref()
  ;(shell.stdin as unknown as { unref (): void } | null)?.unref()
  return {
    pid: shell.pid,
    watch: pid => { shell.stdin?.write(`${pid} ${startTime(pid)}\n`) },
    done () {
      needed = false
      shell.stdin?.end('done\n')
    }
  }
}
