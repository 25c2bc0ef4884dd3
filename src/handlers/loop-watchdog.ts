// Ends the process when its main loop stands still, with a log line that names the handler that ran there last (`isolate: false`). The looking is done by a thread of its own.
import { Worker } from 'node:worker_threads'
import { besideModule } from '../module-url.js'

/** How long the main loop may stand still, in milliseconds. */
const blockedMs = 10_000
/** How often the main loop shows that it lives. */
const beatMs = 500
/** A label is cut to this many bytes. */
const labelBytes = 512

/** What the watching thread is given. `shared`: an int32 that counts beats, an int32 with the label's length, the label in UTF-8. */
export interface WatchdogData {
  readonly shared: SharedArrayBuffer
  readonly beatMs: number
  /** So many missed beats in a row end the process. Counted, not timed: a process that was stopped and continued must not die of it. */
  readonly misses: number
  /** Members of the log line, besides level, time, handler and message. */
  readonly base: Readonly<Record<string, unknown>>
}

export interface LoopWatchdog {
  /** Notes that a handler runs on the main thread; the label is told should the loop stand still. */
  enter (label: string): void
  close (): Promise<void>
}

/** Starts the thread. `base` is what every log line of the service carries. */
export function startLoopWatchdog (base: Readonly<Record<string, unknown>>, limitMs: number = blockedMs): LoopWatchdog {
  const shared = new SharedArrayBuffer(8 + labelBytes)
  const numbers = new Int32Array(shared, 0, 2)
  const label = new Uint8Array(shared, 8)
  const pace = Math.min(beatMs, limitMs / 4)
  const worker = new Worker(besideModule(import.meta.url, './loop-watchdog-thread'), { workerData: { shared, beatMs: pace, misses: Math.ceil(limitMs / pace), base } satisfies WatchdogData })
  worker.unref()
  const timer = setInterval(() => {
    Atomics.add(numbers, 0, 1)
    Atomics.notify(numbers, 0)
  }, pace)
  timer.unref()
  return {
    enter: text => { numbers[1] = new TextEncoder().encodeInto(text, label).written },
    close: async () => {
      clearInterval(timer)
      await worker.terminate()
    }
  }
}
