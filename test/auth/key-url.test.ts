// The issuer's key set by URL: outages, floods, rotation, answers that are none. The clock, the timer and the network are the test's own.
import t, { type Test } from 'tap'
import { followKeyUrl, keyUrlFault } from '../../src/auth/key-url.js'
import type { KeySource } from '../../src/auth/keys.js'
import { issuerKey, jwksOf, type IssuerKey } from '../helpers/issuer.js'

const [a, b] = await Promise.all([issuerKey('a'), issuerKey('b')])
const header = (kid: string) => ({ alg: 'ES256', kid })

interface World {
  keys: KeySource
  answer: () => Response | Promise<Response>
  fetches: RequestInit[]
  now: number
  /** Lets the timer run out. */
  elapse: () => Promise<void>
  waitMs: () => number
  lines: string[]
}

function world (t: Test, answer: World['answer']): World {
  let timer: { call: () => void, ms: number } | undefined
  const lines: string[] = []
  const log = (_: unknown, message?: string): void => { lines.push(message!) }
  const it: World = {
    answer, fetches: [], now: 1e12, lines, waitMs: () => timer!.ms, keys: undefined as unknown as KeySource,
    elapse: async () => {
      it.now += timer!.ms
      timer!.call()
      await it.keys.refresh()
    }
  }
  it.keys = followKeyUrl({
    url: 'https://issuer.example/jwks', log: { info: log, warn: log }, now: () => it.now, settings: () => ({ refreshMs: 300_000, cooldownMs: 10_000 }),
    fetch: async (_, init) => { it.fetches.push(init!); return await it.answer() },
    later: (call, ms) => { timer = { call, ms }; return () => { timer = undefined } }
  })
  t.teardown(() => { it.keys.close() })
  return it
}

const good = (...keys: readonly IssuerKey[]) => () => new Response(jwksOf(...keys))
const down = (): never => { throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }) }

t.test('a flood of unknown keys makes one fetch per cooldown', async t => {
  const it = world(t, good(a))
  await it.keys.find(header('a'))
  t.equal(it.fetches.length, 1)
  for (let i = 0; i < 1000; i++) t.equal((await it.keys.find(header(`unknown-${i}`))).length, 0)
  t.equal(it.fetches.length, 2, 'the first one causes a fetch, the others come within its cooldown')
  it.now += 10_001
  await Promise.all(Array.from({ length: 1000 }, async (_, i) => await it.keys.find(header(`unknown-${i}`))))
  t.equal(it.fetches.length, 3, 'a thousand at once share one')
  t.equal((await it.keys.find(header('a'))).length, 1, 'known keys go on')
})

for (const secondsLater of [0, 60]) t.test(`rotation ${secondsLater} s after a fetch: the first token of the new key fetches it, nobody is refused`, async t => {
  const it = world(t, good(a))
  await it.keys.find(header('a'))
  it.now += secondsLater * 1000
  it.answer = good(a, b)
  const found = await Promise.all(Array.from({ length: 50 }, async (_, i) => await it.keys.find(header(i % 2 === 0 ? 'a' : 'b'))))
  t.ok(found.every(({ length }) => length === 1))
  t.equal(it.fetches.length, 2)
  t.equal(it.keys.generation(), 2)
})

t.test('the refresh in the background takes a removed key away', async t => {
  const it = world(t, good(a, b))
  await it.keys.find(header('a'))
  t.equal(it.waitMs(), 300_000)
  it.answer = good(b)
  await it.elapse()
  t.equal((await it.keys.find(header('b'))).length, 1)
  it.answer = down
  t.equal((await it.keys.find(header('a'))).length, 0)
})

t.test('the last good keys survive the issuer, for as long as it is away', async t => {
  const it = world(t, good(a))
  await it.keys.find(header('a'))
  it.answer = down
  for (let i = 0; i < 500; i++) await it.elapse()
  t.equal((await it.keys.find(header('a'))).length, 1, `after ${Math.round((it.now - 1e12) / 3_600_000)} hours`)
  t.equal(it.lines.length, 1, 'told once')
  t.equal(it.waitMs(), 300_000, 'and asked seldom')
  it.answer = good(b)
  await it.elapse()
  t.equal((await it.keys.find(header('b'))).length, 1)
  t.match(it.lines[1], /again/)
})

t.test('no keys yet', async t => {
  const it = world(t, down)
  await t.rejects(it.keys.find(header('a')), { code: 'AUTH_KEYS_UNAVAILABLE', retryAfterMs: 1000 })
  const waits: number[] = []
  for (let i = 0; i < 12; i++) { waits.push(it.waitMs()); await it.elapse() }
  t.same(waits.slice(0, 4), [1000, 2000, 4000, 8000])
  t.equal(Math.max(...waits), 300_000)
  await Promise.all(Array.from({ length: 100 }, async () => { await it.keys.find(header('a')).catch(() => {}) }))
  t.equal(it.fetches.length, 14, 'callers hurry it once per cooldown')
  it.answer = good(a)
  await it.elapse()
  t.equal((await it.keys.find(header('a'))).length, 1)
})

t.test('answers that are no key set leave the old one', async t => {
  const it = world(t, good(a))
  await it.keys.find(header('a'))
  const endless = (): Response => new Response(new ReadableStream({ pull (controller) { controller.enqueue(new Uint8Array(65_536)) } }))
  for (const answer of [endless, () => new Response('<html>'), () => new Response('{"keys":[]}'), () => new Response(jwksOf(b), { status: 500 }), () => new Response(jwksOf(b), { status: 203 }), () => new Response(null, { status: 304 })]) {
    it.answer = answer
    await it.elapse()
    t.equal((await it.keys.find(header('a'))).length, 1)
    t.equal(it.keys.generation(), 1)
  }
  t.ok(it.fetches.every(({ redirect, signal }) => redirect === 'error' && signal instanceof AbortSignal), 'no redirects, a time limit')
})

t.test('Cache-Control shortens the time to the next look, never below the cooldown', async t => {
  const it = world(t, () => new Response(jwksOf(a), { headers: { 'cache-control': 'public, max-age=60' } }))
  await it.keys.find(header('a'))
  t.equal(it.waitMs(), 60_000)
  it.answer = () => new Response(jwksOf(a), { headers: { 'cache-control': 'no-cache, max-age=0' } })
  await it.elapse()
  t.equal(it.waitMs(), 10_000)
})

t.test('addresses', async t => {
  for (const url of ['https://issuer.example/jwks', 'http://127.0.0.1:8080/jwks', 'http://[::1]/jwks', 'http://localhost/jwks']) t.equal(keyUrlFault(url, false), undefined, url)
  t.match(keyUrlFault('http://issuer.example/jwks', false), /https/)
  t.equal(keyUrlFault('http://issuer.example/jwks', true), undefined)
  for (const url of ['http://127.0.0.1.evil.example/', 'http://localhost.evil.example/', 'file:///etc/passwd', 'x', '', 'https://user:secret@issuer.example/']) t.ok(keyUrlFault(url, false), url)
  t.notMatch(keyUrlFault('https://user:secret@issuer.example/', false), 'secret@')
})
