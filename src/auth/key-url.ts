// The issuer's key set by URL: fetched in the background, kept for as long as the issuer is down, and fetched anew for an unknown key, but seldom. Knows nothing of tokens.
import type { Logger } from 'pino'
import { OutriggerError } from '../errors.js'
import { isLoopback } from './address-list.js'
import { keySet, type KeyFinder, type KeySource } from './keys.js'

const fetchWithinMs = 5000
const maxBytes = 512 * 1024
/** The wait after a first failure; it doubles up to the refresh interval. */
const firstRetryMs = 1000

const isLoopbackHost = (host: string): boolean => host === 'localhost' || isLoopback(host.replace(/^\[(.*)\]$/, '$1'))

/** What speaks against fetching keys from here, as the end of the sentence "auth-jwks-url …"; undefined when nothing does. */
export function keyUrlFault (text: string, insecure: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'must be a URL such as https://issuer.example/.well-known/jwks.json'
  if (url.username !== '' || url.password !== '') return 'must hold no user or password: key sets are public'
  if (url.protocol === 'http:' && !insecure && !isLoopbackHost(url.hostname)) return 'must be https: who can change what comes over http can make tokens (auth-jwks-insecure allows it)'
  return undefined
}

export interface KeyUrlOptions {
  readonly url: string
  readonly settings: () => { readonly refreshMs: number, readonly cooldownMs: number }
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Told of every fetch. */
  readonly onFetch?: (good: boolean) => void
  readonly fetch?: typeof fetch
  readonly now?: () => number
  /** Calls later, without keeping the process alive; gives what takes the call back. */
  readonly later?: (call: () => void, ms: number) => () => void
}

const laterByTimer: NonNullable<KeyUrlOptions['later']> = (call, ms) => {
  const timer = setTimeout(call, ms).unref()
  return () => { clearTimeout(timer) }
}

/** The text of the answer, and for how long it says that it holds. */
async function fetchText (get: typeof fetch, url: string): Promise<{ text: string, maxAgeMs: number }> {
  const response = await get(url, { redirect: 'error', headers: { accept: 'application/jwk-set+json, application/json' }, signal: AbortSignal.timeout(fetchWithinMs) })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the issuer answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    const piece = chunk as Uint8Array
    bytes += piece.length
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    chunks.push(piece)
  }
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(response.headers.get('cache-control') ?? '') ?? []
  return { text: Buffer.concat(chunks).toString(), maxAgeMs: seconds === undefined ? Infinity : Number(seconds) * 1000 }
}

const reasonOf = (error: unknown): string => {
  const { name, message, cause } = error as Error & { cause?: { code?: string, message?: string } }
  return name === 'TimeoutError' ? `no answer within ${fetchWithinMs} ms` : error instanceof SyntaxError ? 'the answer is not valid JSON' : cause?.code ?? cause?.message ?? message
}

/** Begins to fetch at once. Keys that were there once stay until others are fetched, however long that takes. */
export function followKeyUrl ({ url, settings, log, onFetch, fetch: get = fetch, now = Date.now, later = laterByTimer }: KeyUrlOptions): KeySource {
  let find: KeyFinder | undefined
  let known: string | undefined
  let generation = 0
  let failures = 0
  /** When a caller's token last caused a fetch; those of the clock do not count, so that a rotation right after one refuses nobody. */
  let caused = -Infinity
  let fetching: Promise<void> | undefined
  let forget = (): void => {}
  let closed = false

  async function load (): Promise<void> {
    const { refreshMs, cooldownMs } = settings()
    let nextMs = refreshMs
    try {
      const { text, maxAgeMs } = await fetchText(get, url)
      if (text !== known) {
        find = keySet(text)
        known = text
        generation++
      }
      if (failures > 0) log.info({ url }, 'the keys for tokens can be fetched again')
      failures = 0
      nextMs = Math.max(Math.min(refreshMs, maxAgeMs), cooldownMs, firstRetryMs)
      onFetch?.(true)
    } catch (error) {
      if (failures === 0) log.warn({ url, reason: reasonOf(error) }, find === undefined ? 'the keys for tokens cannot be fetched; callers get 503 until they can' : 'the keys for tokens cannot be fetched anew; those from before stay in force')
      nextMs = Math.min(firstRetryMs * 2 ** Math.min(failures, 20), refreshMs)
      failures++
      onFetch?.(false)
    }
    forget()
    if (!closed) forget = later(() => { void refresh() }, nextMs)
  }

  /** One fetch at a time, whoever asks. */
  const refresh = async (): Promise<void> => await (fetching ??= load().finally(() => { fetching = undefined }))

  /** The guard against floods: what callers send makes one fetch per cooldown and no more. */
  async function refreshForCaller (): Promise<boolean> {
    if (fetching === undefined) {
      if (now() - caused < settings().cooldownMs) return false
      caused = now()
    }
    await refresh()
    return true
  }

  void refresh()
  return {
    generation: () => generation,
    refresh,
    close: () => { closed = true; forget() },
    find: async header => {
      if (find === undefined) await refreshForCaller()
      if (find === undefined) throw new OutriggerError('AUTH_KEYS_UNAVAILABLE', "The issuer's keys could not be fetched yet", { retryAfterMs: firstRetryMs })
      const found = await find(header)
      return found.length === 0 && await refreshForCaller() ? await find(header) : found
    }
  }
}
