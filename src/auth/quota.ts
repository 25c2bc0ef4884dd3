// How many requests a caller may make in a window: counted per caller by the time at which it will have regained all of them. In memory, bounded. Knows no HTTP.
import { isIP } from 'node:net'

export interface QuotaSettings {
  /** Requests per window and caller; no limit where undefined. */
  readonly requests: number | undefined
  readonly windowMs: number
}

export interface QuotaState {
  readonly allowed: boolean
  readonly requests: number
  readonly windowMs: number
  readonly remaining: number
  /** Until all requests of the window are there again. */
  readonly resetMs: number
  /** Until the next request is allowed; 0 where this one is. */
  readonly retryAfterMs: number
}

/** Callers counted at a time, the least recent are forgotten first; at about 150 bytes each the memory stays below 2 MB. */
const maxCallers = 10_000

/** The network of a v6 address that is one caller's: whoever has one address there has all 2^64 of them. */
function network (address: string): string {
  const [front = '', back] = address.split('::')
  const groups = front === '' ? [] : front.split(':')
  const tail = back === undefined || back === '' ? [] : back.split(':')
  while (back !== undefined && groups.length + tail.length < 8) groups.push('0')
  return [...groups, ...tail].slice(0, 4).join(':')
}

/** What a caller is counted as: its token's subject, else its certificate's, else its address, a v6 one by its /64. */
export function quotaKey ({ subject, certificate, address }: { subject: string | undefined, certificate: string | undefined, address: string }): string {
  if (subject !== undefined) return `subject ${subject}`
  if (certificate !== undefined) return `certificate ${certificate}`
  return isIP(address) === 6 ? `network ${network(address)}` : `address ${address}`
}

export interface Quota {
  /** Counts one request; undefined where there is no limit. */
  readonly take: (caller: string) => QuotaState | undefined
}

/** A caller may use its requests at once; they come back one by one, evenly over the window. */
export function createQuota (settings: () => QuotaSettings, now: () => number = Date.now): Quota {
  /** By caller the moment at which it has all its requests again. */
  const fullAt = new Map<string, number>()
  return {
    take (caller) {
      const { requests, windowMs } = settings()
      if (requests === undefined) return undefined
      const time = now()
      const each = windowMs / requests
      const used = Math.max((fullAt.get(caller) ?? 0) - time, 0)
      const allowed = used + each <= windowMs
      const usedNow = allowed ? used + each : used
      fullAt.delete(caller)
      fullAt.set(caller, time + usedNow)
      if (fullAt.size > maxCallers) fullAt.delete(fullAt.keys().next().value!)
      return { allowed, requests, windowMs, remaining: Math.floor((windowMs - usedNow) / each), resetMs: usedNow, retryAfterMs: allowed ? 0 : used + each - windowMs }
    }
  }
}
