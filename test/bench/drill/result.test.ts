import t from 'tap'
import type { HealthReport } from '../../../src/http/routes/health/report.js'
import { resultOf, said, slopesOf, spread, type Found, type Life } from '../../../bench/drill/result.js'
import { tableOf } from '../../../bench/drill/table.js'
import type { Look, Memory } from '../../../bench/drill/watch.js'
import { Samples } from '../../../bench/load/samples.js'

const samples = new Samples()
samples.add(Float64Array.from({ length: 100 }, (_, i) => 1000 + 10 * i), Float32Array.from({ length: 100 }, (_, i) => i))
const look = (at: number, ready: boolean, reason = ''): Look => ({ at, report: { ready, status: ready ? 'ready' : 'not-ready', reason } as HealthReport })
const memory = (megabytes: number, at = 0): Memory => ({ at, service: megabytes * 2 ** 20, child: 50 * 2 ** 20, heap: 20 * 2 ** 20 })
const life = (parts: Partial<Life['end']> = {}): Life => ({
  seconds: 2, samples, failures: [], changes: [{ id: 1, at: new Date(500).toISOString(), what: 'version-live', model: 'm', to: '1', by: 'start' }],
  looks: [look(1000, true), look(1050, false, 'version 1 waits 0.5 s'), look(1100, false, 'version 2 waits 0.7 s'), look(1200, true)],
  end: { kind: 'end', sent: 100, failed: 0, wrong: 0, refused: 0, served: [{ model: 'm', version: '1', count: 100, firstEnd: 1000, lastStart: 1900 }], connections: 9, cpuSeconds: 1, balancedOutAt: undefined, ...parts }
})
const found = (parts: Partial<Found> = {}): Found => ({ drill: 'kills', engine: 'embedded', lives: [life()], events: [{ what: 'kill', at: 1050, healthyAt: 1200 }], ...parts })

t.test('a drill that passed', async t => {
  const result = resultOf(found({ memory: { before: memory(90), half: memory(100), after: memory(101), during: [], sameChild: true } }))
  t.same(result.faults, [])
  t.match(result, { requests: 100, failed: 0, wrong: 0, perSecond: 50, duringEvents: { count: 15, max: 19 }, healthySeconds: { min: 0.15, max: 0.15 } })
  t.same(result.health, [{ what: '200 ready', times: 2, longestSeconds: 0.05 }, { what: '503 not-ready: version N waits N s', times: 1, longestSeconds: 0.15 }])
  t.match(tableOf(result), /^kills on embedded: passed\n[\s\S]*failed \/ wrong +0 \/ 0/)
})

t.test('what lets it fail', async t => {
  const faultsOf = (parts: Partial<Found>): string => resultOf(found(parts)).faults.join('\n')
  t.match(faultsOf({ lives: [{ ...life({ failed: 1 }), failures: [{ kind: 'failed', at: 0, index: 7, text: '503 busy for 3 s' }, { kind: 'failed', at: 0, index: 8, text: '503 busy for 4 s' }] }] }), /1 requests failed\n2 of the first 2 failures, .*request 7: failed: 503 busy for 3 s$/)
  t.match(faultsOf({ lives: [life({ wrong: 2 })] }), /2 answers were wrong/)
  t.match(faultsOf({ lives: [life({ sent: 0 })] }), /nothing was sent/)
  t.match(faultsOf({ lives: [life({ served: [{ model: 'm', version: '9', count: 1, firstEnd: 1, lastStart: 1 }] })] }), /never was live/)
  t.match(faultsOf({ events: [{ what: 'kill', at: 1, healthyAt: undefined }] }), /not healthy again/)
  t.match(faultsOf({ memory: { before: memory(90), half: memory(100), after: memory(120), during: [], sameChild: true } }), /memory is not flat: service/)
  t.equal(faultsOf({ memory: { before: memory(90), after: memory(120), during: [], sameChild: true } }), '', 'not asked for')
  const grown = { before: memory(90), half: memory(100), after: { ...memory(100), child: 2 ** 30 }, during: [] }
  t.match(faultsOf({ memory: { ...grown, sameChild: true } }), /not flat: child/)
  t.equal(faultsOf({ memory: { ...grown, sameChild: false } }), '', 'another model server')
  t.match(tableOf(resultOf(found({ faults: ['x'] }))), /FAILED[\s\S]*FAULT +x/)
})

t.test('requests belong to the events in which they were due', async t => {
  const events = [{ what: 'a', at: 1100, healthyAt: 1200 }, { what: 'b', at: 1200, healthyAt: 1210 }, { what: 'c', at: 1900, healthyAt: undefined }]
  t.match(resultOf(found({ events })), { duringEvents: { count: 10 + 1 + 10 }, betweenEvents: { count: 79 } }, 'an event that did not end lasts')
  t.match(resultOf(found({ events: [] })), { duringEvents: { count: 0 }, betweenEvents: { count: 100 } })
})

t.test('slopes and spreads', async t => {
  const during = Array.from({ length: 300 }, (_, i) => memory(100 + i / 60 + (i % 3) * 10, i * 1000))
  const slopes = slopesOf(during)!
  t.ok(Math.abs(slopes.service / 2 ** 20 - 1) < 0.05, 'a megabyte per minute below the saw')
  t.equal(slopes.child, 0)
  t.equal(slopesOf([]), undefined)
  t.equal(slopesOf(during.slice(0, 200)), undefined, 'too short to tell')
  t.same(spread([3, 1, 2]), { min: 1, median: 2, max: 3 })
  t.equal(spread([]), undefined)
  t.same(said([[], [look(1, true)]]), [{ what: '200 ready', times: 1, longestSeconds: 0 }])
})
