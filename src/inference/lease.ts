// Who uses a version now: every call that was routed to it counts until it ends, so that a version is unloaded only when nobody is on it. Knows no routes.
import type { VersionEntry } from './registry.js'

interface Use { count: number, readonly whenIdle: Set<() => void> }

const uses = new WeakMap<VersionEntry, Use>()

function useOf (entry: VersionEntry): Use {
  let use = uses.get(entry)
  if (use === undefined) uses.set(entry, use = { count: 0, whenIdle: new Set() })
  return use
}

/** The version is used from now until the returned function is called (once; further calls do nothing). To be called in the same turn in which the version was resolved. */
export function beginUse (entry: VersionEntry): () => void {
  const use = useOf(entry)
  use.count++
  let ended = false
  return () => {
    if (ended) return
    ended = true
    if (--use.count > 0) return
    for (const wake of use.whenIdle) wake()
  }
}

/** Runs the work as one use of the version. */
export async function using<T> (entry: VersionEntry, work: () => Promise<T>): Promise<T> {
  const end = beginUse(entry)
  try {
    return await work()
  } finally {
    end()
  }
}

/** How many uses of the version have not ended. */
export const usesOf = (entry: VersionEntry): number => uses.get(entry)?.count ?? 0

/** Resolves to true once nobody uses the version, to false after `withinMs`, or when the signal fires. */
export async function idle (entry: VersionEntry, withinMs: number, signal?: AbortSignal): Promise<boolean> {
  const use = useOf(entry)
  if (use.count === 0) return true
  return await new Promise(resolve => {
    const finish = (): void => {
      clearTimeout(timer)
      use.whenIdle.delete(finish)
      signal?.removeEventListener('abort', finish)
      resolve(use.count === 0)
    }
    const timer = setTimeout(finish, withinMs)
    use.whenIdle.add(finish)
    signal?.addEventListener('abort', finish, { once: true })
    if (signal?.aborted === true) finish()
  })
}
