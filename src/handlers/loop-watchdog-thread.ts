// The thread of loop-watchdog.ts: waits for the main loop's beats, and ends the process when too many are missed. Entry of a worker.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import type { WatchdogData } from './loop-watchdog.js'

const { shared, beatMs, misses, base } = workerData as WatchdogData
const numbers = new Int32Array(shared, 0, 2)

for (let seen = Atomics.load(numbers, 0), missed = 0; ;) {
  // Twice the beat, so that a busy loop that is merely late misses nothing.
  missed = Atomics.wait(numbers, 0, seen, beatMs * 2) === 'timed-out' ? missed + 2 : 0
  seen = Atomics.load(numbers, 0)
  if (missed >= misses) break
}

// The main thread's logger cannot run; the line has its form.
const handler = Buffer.from(new Uint8Array(shared, 8, numbers[1])).toString()
const message = `the main loop stood still for ${beatMs * misses} ms${handler === '' ? '' : `; the last handler to run there was that of ${handler}`}; the service ends`
writeSync(1, `${JSON.stringify({ level: 'fatal', time: new Date().toISOString(), ...base, handler, message })}\n`)
process.kill(process.pid, 'SIGKILL')
