// The restart rules: at once after a life, then growing, giving up needs starts and time.
import t from 'tap'
import { Backoff, restartRules } from '../../src/engine/backoff.js'

t.test('the first restart is immediate, later ones wait longer and longer, with jitter', async t => {
  let random = 1
  const backoff = new Backoff(restartRules, { now: () => 0, random: () => random })
  const delays = Array.from({ length: 9 }, () => backoff.ended(false))
  t.same(delays, [0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  random = 0
  backoff.available()
  t.same([backoff.ended(true), backoff.ended(false), backoff.ended(false)], [0, 250, 500])
})

t.test('a child that was available never adds up', async t => {
  const backoff = new Backoff(restartRules, { now: () => 1e9, random: () => 1 })
  for (let i = 0; i < 100; i++) t.equal(backoff.ended(true), 0)
})

t.test('giving up needs 10 starts and 5 minutes', async t => {
  let now = 0
  const backoff = new Backoff(restartRules, { now: () => now, random: () => 1 })
  for (let i = 0; i < 50; i++) t.type(backoff.ended(false), 'number', 'many starts in a short time')
  now = 300_000
  t.equal(backoff.ended(false), 'give-up')
  backoff.available()
  for (let i = 0; i < 9; i++, now += 100_000) t.type(backoff.ended(false), 'number', 'few starts in a long time')
  t.equal(backoff.ended(false), 'give-up')
  t.equal(backoff.failedStarts, 10)
})
