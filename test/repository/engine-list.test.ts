// When an engine is told what to serve: pushes that overlap as far as the engine takes them, and share a list beyond that.
import t, { type Test } from 'tap'
import type { ServableStatus } from '../../src/engine/engine.js'
import type { ModelSource } from '../../src/repository/scan.js'
import { EngineList } from '../../src/repository/engine-list.js'
import type { TakenVersion } from '../../src/repository/version.js'
import { now } from '../../src/clock.js'
import { fakeEngine } from '../helpers/fake-engine.js'
import { versionEntry } from '../helpers/still-engine.js'
import { until } from '../engine/fixture.js'

const signal = new AbortController().signal
const soon = (): number => now() + 20_000

/** An engine that answers a push when the test says so, and its list. `loaded` are the models that it has AVAILABLE. */
function build (t: Test, pushesAtOnce: number) {
  const folder = t.testdir({ slow: { 1: {} }, b: { 1: {} }, c: { 1: {} }, d: { 1: {} } })
  const loaded = new Set<string>()
  const answers: (() => void)[] = []
  const statusOf = (model: string): Omit<ServableStatus, 'version'> => ({ state: loaded.has(model) ? 'AVAILABLE' : 'LOADING', errorCode: 0, errorMessage: '' })
  const engine = fakeEngine({ pushesAtOnce, statusOf, push: async () => { await new Promise<void>(resolve => { answers.push(resolve) }) } })
  const list = new EngineList(engine, async () => {})
  return {
    list, loaded, answers,
    taken: (name: string): TakenVersion => ({ source: { name, basePath: `${folder}/${name}` } as ModelSource, found: { folder: `${folder}/${name}/1` }, entry: versionEntry(engine, name, 1n, { state: 'loading' }) } as TakenVersion),
    pushed: () => engine.pushed.map(models => models.map(({ name }) => name).join()),
    sent: async (count: number) => { await until(() => answers.length === count) }
  }
}

t.test('a slow load holds up no later one where the engine takes more than one list', async t => {
  const { list, loaded, answers, taken, pushed, sent } = build(t, 2)
  const slow = list.load(taken('slow'), soon(), signal)
  await sent(1)
  loaded.add('b')
  await list.load(taken('b'), soon(), signal)
  t.same(pushed(), ['slow', 'slow,b'], 'neither was answered')
  for (const one of ['c', 'd']) loaded.add(one)
  const later = ['c', 'd'].map(async name => { await list.load(taken(name), soon(), signal) })
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(pushed().length, 2, 'no more at once than the engine takes')
  answers[1]!()
  await Promise.all(later)
  t.same(pushed(), ['slow', 'slow,b', 'slow,b,c,d'], 'what waits shares a list')
  loaded.add('slow')
  await slow
  for (const answer of answers) answer()
})

t.test('one at a time where the engine takes no more', async t => {
  const { list, loaded, answers, taken, pushed, sent } = build(t, 1)
  for (const one of ['slow', 'b']) loaded.add(one)
  const loads = ['slow', 'b'].map(async name => { await list.load(taken(name), soon(), signal) })
  await sent(1)
  t.same(pushed(), ['slow,b'], 'what comes together shares a list')
  await Promise.all(loads)
  const next = list.load(taken('c'), soon(), signal)
  loaded.add('c')
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(pushed().length, 1)
  answers[0]!()
  await sent(2)
  await next
  t.same(pushed().at(-1), 'slow,b,c')
  answers[1]!()
})
