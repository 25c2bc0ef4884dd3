// Chunks put together to one piece of memory, a little in each turn of the loop where they are many: fresh memory costs more than the copy into it. Knows not what lies in them.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** About a millisecond's work. */
const bytesOfATurn = 512 * 1024

/** The chunks in one buffer of this length; a promise of it where they are more than one turn's work. They are not to be changed meanwhile. */
export function joined (chunks: readonly Buffer[], length: number): Buffer | Promise<Buffer> {
  if (chunks.length === 1) return chunks[0]
  return length <= bytesOfATurn ? Buffer.concat(chunks, length) : joinedInTurns(chunks, length)
}

async function joinedInTurns (chunks: readonly Buffer[], length: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(length)
  let at = 0
  let due = bytesOfATurn
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
    if (at < due) continue
    due = at + bytesOfATurn
    await nextTurn()
  }
  return whole
}
