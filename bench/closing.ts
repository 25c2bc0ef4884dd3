// What a program under bench/ keeps in the place of a test: what is to be undone at its end, also when it is interrupted.
import type { Closing } from '../test/e2e/service.js'

const signals = ['SIGINT', 'SIGTERM'] as const

/** Runs the work, then undoes in reverse what it asked to have undone; so too, with exit code 130, when a signal comes. */
export async function closeAfter<T> (work: (closing: Closing) => Promise<T>): Promise<T> {
  const undo: (() => unknown)[] = []
  const close = async (): Promise<void> => { for (let one = undo.pop(); one !== undefined; one = undo.pop()) await one() }
  const interrupted = (): void => { void close().finally(() => { process.exit(130) }) }
  for (const signal of signals) process.once(signal, interrupted)
  try {
    return await work({ teardown: (one: () => unknown) => { undo.push(one) } } as Closing)
  } finally {
    await close()
    for (const signal of signals) process.off(signal, interrupted)
  }
}
