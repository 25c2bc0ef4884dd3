// When requests are sent: at a fixed rate whatever becomes of them, or so many at a time. Knows no connection.
import type { Pace } from './plan.js'

/** Sends the nth request, due at this moment (milliseconds, monotonic); `done` when it has come to its end. */
export type Send = (index: number, dueAt: number, done: () => void) => void

export interface Pacer {
  /** Nothing is sent any more. */
  stop (): void
  readonly sent: () => number
}

/** Starts to send; `onStopped` is called once, when `requests` were sent or `stop` was called. */
export function startPace (pace: Pace, send: Send, { requests = Infinity, onStopped, now = () => performance.now() }: { requests?: number | undefined, onStopped: () => void, now?: () => number }): Pacer {
  let sent = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    if (stopped) return
    stopped = true
    clearInterval(timer)
    onStopped()
  }
  const next = (dueAt: number, done: () => void): void => {
    send(sent++, dueAt, done)
    if (sent >= requests) stop()
  }
  if (pace.kind === 'rate') {
    const begun = now()
    const { perSecond, atMost = Infinity } = pace
    const everyMs = 1000 / perSecond
    let underWay = 0
    timer = setInterval(() => {
      for (let dueAt = begun + sent * everyMs; !stopped && dueAt <= now() && underWay < atMost; dueAt = begun + sent * everyMs) {
        underWay++
        next(dueAt, () => { underWay-- })
      }
    }, 1)
  } else {
    const another = (): void => { if (!stopped) next(now(), () => { setImmediate(another) }) }
    for (let i = 0; i < pace.concurrency; i++) another()
  }
  return { stop, sent: () => sent }
}
