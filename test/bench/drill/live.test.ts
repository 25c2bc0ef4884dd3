import t from 'tap'
import type { Change } from '../../../src/changes/journal.js'
import { liveFaults, liveSpans } from '../../../bench/drill/live.js'

const at = (ms: number): string => new Date(ms).toISOString()
const changes: Change[] = [
  { id: 1, at: at(1000), what: 'version-live', model: 'm', to: '1', by: 'start' },
  { id: 2, at: at(1000), what: 'version-live', model: 'n', to: '1', by: 'start' },
  { id: 3, at: at(1500), what: 'label-moved', model: 'm', to: '1', by: 'x' },
  { id: 4, at: at(2000), what: 'version-live', model: 'm', from: '1', to: '2', by: 'watch' },
  { id: 5, at: at(2100), what: 'version-removed', model: 'm', from: '1', to: '2', by: 'watch' }
]

t.test('a version is live until its successor is', async t => {
  t.same(Object.fromEntries(liveSpans(changes)), { 'm/1': { from: 1000, to: 2000 }, 'm/2': { from: 2000, to: Infinity }, 'n/1': { from: 1000, to: Infinity } })
})

t.test('answers of versions that were not live are faults', async t => {
  const served = (version: string, firstEnd: number, lastStart: number) => [{ model: 'm', version, count: 1, firstEnd, lastStart }]
  t.same(liveFaults(served('1', 1000, 2000), changes), [], 'a request that began as its successor came')
  t.same(liveFaults(served('2', 2000, 9000), changes), [])
  t.match(liveFaults(served('1', 1000, 2001), changes), [/began 1 ms after/])
  t.match(liveFaults(served('2', 1990, 9000), changes), [/10 ms before/])
  t.match(liveFaults(served('3', 1, 2), changes), [/never was live/])
})
