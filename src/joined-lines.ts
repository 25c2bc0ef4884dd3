// Log lines of one turn of the loop, written together: a write for each line costs more than the line. Knows no format.
import type { DestinationStream } from 'pino'

/** Characters that are kept at most; a turn that brings more writes in between. */
const maxKept = 64 * 1024

/** pino's level `info`. What is worse may be the last that the process says. */
const info = 30

/** By this pino tells the level of each line before it writes it. */
const needsMetadata = Symbol.for('pino.metadata')

/**
 * A destination in front of another, which must write what it is given before it returns. Lines keep their order. Those of a turn go together at its end; at once go
 * lines above info and all that was kept before them; the rest goes when the process exits, whatever ends it but a SIGKILL.
 */
export function joinLines (to: DestinationStream): DestinationStream {
  let kept = ''
  let planned = false
  let exiting = false
  const flush = (): void => {
    planned = false
    if (kept === '') return
    const lines = kept
    kept = ''
    to.write(lines)
  }
  process.once('exit', () => {
    exiting = true
    flush()
  })
  return {
    [needsMetadata]: true,
    lastLevel: 0,
    write (line: string): void {
      kept += line
      if (exiting || this.lastLevel > info || kept.length > maxKept) flush()
      else if (!planned) {
        planned = true
        setImmediate(flush)
      }
    }
  } as DestinationStream & { lastLevel: number }
}
