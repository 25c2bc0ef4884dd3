// Places for large bodies: so many at a time, in their order; who cannot be read in time is refused at once or when it is too late; slow callers lose their place.
import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../../src/clock.js'
import { ReadingPlaces } from '../../src/http/reading-places.js'
import type { OutriggerError } from '../../src/errors.js'

/** Asks for a place; what came of it. */
function ask (places: ReadingPlaces, deadline: number): { leave?: () => void, refused?: OutriggerError } {
  const found: { leave?: () => void, refused?: OutriggerError } = {}
  places.enter({ deadline, begin: leave => { found.leave = leave }, refuse: error => { found.refused = error } })
  return found
}

t.test('so many at a time, the others in their order', async t => {
  const places = new ReadingPlaces({ places: 2, longestMs: 60_000, now: () => 0 })
  t.teardown(() => places.stop())
  const asked = Array.from({ length: 4 }, () => ask(places, 10_000))
  t.same(asked.map(({ leave }) => leave !== undefined), [true, true, false, false])
  asked[1].leave!()
  asked[1].leave!()
  t.same(asked.map(({ leave }) => leave !== undefined), [true, true, true, false], 'leaving twice frees one place')
  asked[0].leave!()
  asked[2].leave!()
  asked[3].leave!()
  t.ok(asked.every(({ refused }) => refused === undefined))
})

t.test('who could not be read in time is refused at once', async t => {
  let now = 0
  const places = new ReadingPlaces({ places: 1, longestMs: 60_000, now: () => now })
  t.teardown(() => places.stop())
  for (let i = 0; i < 100; i++) {
    const { leave } = ask(places, now + 10_000)
    now += 100
    leave!()
  }
  const reading = ask(places, now + 10_000)
  t.match(ask(places, now + 50).refused, { code: 'SERVICE_OVERLOADED', status: 503 })
  t.equal(ask(places, now + 1000).refused, undefined)
  reading.leave!()
})

t.test('who waits for too long is refused while there is time to say so', async t => {
  const places = new ReadingPlaces({ places: 1, longestMs: 60_000, now: () => performance.now() })
  t.teardown(() => places.stop())
  const reading = ask(places, performance.now() + 60_000)
  const begun = performance.now()
  const late = await new Promise<OutriggerError>(resolve => { places.enter({ deadline: begun + 100, begin: () => { t.fail('there was no place') }, refuse: resolve }) })
  t.equal(late.code, 'SERVICE_OVERLOADED')
  reading.leave!()
})

t.test('a slow one keeps its place for a while only', async t => {
  const places = new ReadingPlaces({ places: 1, longestMs: 20 })
  t.teardown(() => places.stop())
  ask(places, now() + 60_000)
  await new Promise<void>(resolve => { places.enter({ deadline: now() + 60_000, begin: leave => { leave(); resolve() }, refuse: error => { throw error } }) })
  await sleep(0)
  t.ok(ask(places, now() + 60_000).leave, 'and its end does not count twice')
})
