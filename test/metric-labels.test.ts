// The values of metric labels: what is served and what was, how many of them, for how long.
import t from 'tap'
import { MetricLabels } from '../src/metric-labels.js'
import type { ModelEntry } from '../src/inference/registry.js'
import { modelEntry, stillEngine, versionEntry } from './helpers/still-engine.js'

const minute = 60_000
const engine = stillEngine()

function make (): { labels: MetricLabels, serve: (models: Readonly<Record<string, readonly number[]>>) => void, pass: (ms: number) => void, forgotten: string[] } {
  let served: ModelEntry[] = []
  let moment = 1_000_000
  const forgotten: string[] = []
  const labels = new MetricLabels({ models: () => served, onForgotten: (model, version) => { forgotten.push(`${model}/${version}`) }, now: () => moment })
  return {
    labels,
    serve: models => { served = Object.entries(models).map(([name, versions]) => modelEntry(name, versions.map(version => versionEntry(engine, name, BigInt(version))))) },
    pass: ms => { moment += ms },
    forgotten
  }
}

t.test('what is served is a value, what a caller made up is none', async t => {
  const { labels, serve } = make()
  serve({ m: [1] })
  t.same(labels.both('m', '1'), { model: 'm', version: '1' })
  t.same(labels.both('m', '2'), { model: 'm', version: '_other' })
  t.same(labels.both('x', '1'), { model: '_unknown', version: '' })
  t.equal(labels.model(undefined), '')
  t.equal(labels.version('', '1'), '')
  t.equal(labels.version('m', undefined), '')
})

t.test('a version that has gone is heard of for ten minutes', async t => {
  const { labels, serve, pass, forgotten } = make()
  serve({ m: [1, 2] })
  labels.both('m', '1')
  labels.both('m', '2')
  serve({ m: [2] })
  labels.sweep()
  pass(10 * minute - 1)
  t.equal(labels.version('m', '1'), '1', 'a last request of it counts for it')
  labels.sweep()
  t.same(forgotten, [])
  pass(1)
  labels.sweep()
  t.same(forgotten, ['m/1'])
  t.equal(labels.version('m', '1'), '_other', 'a very last one brings nothing back')
  serve({ m: [1, 2] })
  t.equal(labels.version('m', '1'), '1', 'it is served again')
  pass(60 * minute)
  labels.sweep()
  t.same(forgotten, ['m/1'], 'what is served stays')
})

t.test('one that comes back in time begins anew', async t => {
  const { labels, serve, pass, forgotten } = make()
  serve({ m: [1] })
  labels.both('m', '1')
  for (let i = 0; i < 3; i++) {
    serve({ m: [] })
    labels.sweep()
    pass(6 * minute)
    serve({ m: [1] })
    labels.sweep()
    pass(6 * minute)
  }
  t.same(forgotten, [])
})

t.test('of the versions of one model that went, the last four are kept, whether anybody scrapes or not', async t => {
  const { labels, serve, pass, forgotten } = make()
  serve({ m: [0], other: [1] })
  labels.both('other', '1')
  serve({ m: [0], other: [2] })
  labels.both('other', '2')
  for (let version = 0; version <= 20; version++) {
    serve({ m: [version], other: [2] })
    t.equal(labels.both('m', version.toString()).version, version.toString())
    pass(1000)
  }
  t.same(forgotten, Array.from({ length: 16 }, (_, i) => `m/${i}`), 'not those of another model')
})

t.test('a model that has gone goes with its versions', async t => {
  const { labels, serve, pass, forgotten } = make()
  serve({ m: [1], other: [1] })
  labels.both('m', '1')
  labels.both('other', '1')
  serve({ other: [1] })
  labels.sweep()
  t.equal(labels.model('m'), 'm')
  pass(10 * minute)
  labels.sweep()
  t.same(forgotten.sort(), ['m/', 'm/1', 'm/_other'])
  t.equal(labels.model('m'), '_unknown')
  t.same(labels.both('other', '1'), { model: 'other', version: '1' })
})

t.test('there are five hundred versions at a time, and what went gives way', async t => {
  const { labels, serve, forgotten } = make()
  const versions = Array.from({ length: 600 }, (_, i) => i + 1)
  serve({ m: versions })
  for (const version of versions) labels.both('m', version.toString())
  t.equal(labels.version('m', '500'), '500')
  t.equal(labels.version('m', '501'), '_other')
  serve({ m: versions.slice(1), later: [1] })
  labels.sweep()
  t.equal(labels.version('m', '501'), '501')
  t.equal(labels.version('m', '502'), '_other')
  t.same(labels.both('later', '1'), { model: 'later', version: '_other' }, 'models have no such limit')
  t.same(forgotten, ['m/1'])
})
