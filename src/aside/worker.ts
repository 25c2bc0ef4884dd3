// The program of a thread for large bodies: does one task at a time and hands back the bytes without copying them. Started by threads.ts through Piscina.
import { setPriority } from 'node:os'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import { allMovable, worthMoving } from '../movable.js'
import type { Outcome, Task } from './messages.js'
import { work } from './work.js'

/** Whoever asks something small comes first on a machine whose cores are all taken. */
const niceness = 10

// On Linux the priority is the thread's own; elsewhere it would be the whole service's.
if (process.platform === 'linux') {
  try {
    setPriority(0, niceness)
  } catch {
    // Where even that is forbidden it works on as everybody else.
  }
}

function moved (outcome: Outcome): [outcome: Outcome, transfer: ArrayBuffer[]] {
  if (!('done' in outcome)) return [outcome, []]
  const { done } = outcome
  if ('messages' in done) {
    const [messages, transfer] = allMovable(done.messages)
    return [{ done: { ...done, messages } }, transfer]
  }
  // Both were written here, into memory that holds nothing else; what of it was never written takes no room.
  const { buffer, byteOffset, byteLength } = 'text' in done ? done.text : done.message
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  return [{ done: 'text' in done ? { text: bytes } : { message: bytes } }, byteLength < worthMoving ? [] : [buffer as ArrayBuffer]]
}

export default function run (task: Task): unknown {
  const [value, transfer] = moved(work(task))
  return move({ [transferableSymbol]: transfer, [valueSymbol]: value } as never)
}
