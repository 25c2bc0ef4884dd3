import t from 'tap'
import { plotsOf, reportOf } from '../../../bench/compare/report.js'
import { median, names, type Cell, type Result } from '../../../bench/compare/result.js'
import { met, targets } from '../../../bench/compare/targets.js'
import type { Window } from '../../../bench/compare/window.js'

const window = (goodPerSecond: number, more: Partial<Window> = {}): Window => ({
  seconds: 1, sent: 100, good: 100, failed: 0, refused: 0, wrong: 0, goodPerSecond, p50: 1, p99: 2, max: 3, frontMicros: 40, behindMicros: 10, generatorMicros: 12, generatorShare: 0.4, rssBytes: 2 ** 27, failures: [], ...more
})
const cell = (server: string, concurrency: number, ...windows: Window[]): Cell => ({ server, load: 'tiny', concurrency, windows })
const result: Result = {
  machine: { cpu: 'c', cores: 2, memoryBytes: 2 ** 33, kernel: 'k', node: 'v0', versions: ['TensorFlow x'], commit: 'abc', date: '2026-01-02T00:00:00.000Z', loadBefore: [0.2, 0, 0], loadAfter: [1, 1, 1] },
  quick: false, seconds: 2, backend: 'embedded', notes: ['no Python'],
  servers: [names.gateway, names.floor, names.flask].map(name => ({ name, configuration: `start ${name}`, idleBytes: 2 ** 26 })),
  cells: [
    cell(names.gateway, 64, window(100), window(900, { frontMicros: 39 }), window(500)), cell(names.floor, 64, window(1000, { frontMicros: 30, failed: 3 })), cell(names.flask, 64, window(100)),
    cell(names.gateway, 256, window(500)), cell(names.floor, 256, window(1000))
  ],
  rates: [{ server: names.gateway, share: 0.5, perSecond: 250, windows: [window(250, { p99: 7.77 })] }],
  besides: [{ what: 'pictures', perSecond: 100, alone: [window(100)], beside: [window(100, { p99: 20 })] }],
  overloads: [{ load: 'tiny', best: 1000, offered: 1990, window: window(850, { failed: 50, refused: 45 }), rssBefore: 2 ** 26, rssPeak: 2 ** 27 }],
  kill: { perSecond: 100, window: window(100, { max: 900 }), healthySeconds: 0.5 },
  bareCallMs: 0.3
}

t.test('medians', async t => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([1, 2, 3, 10]), 2.5)
  t.ok(Number.isNaN(median([])))
})

t.test('a target is met, missed, or was not measured', async t => {
  const by = (part: string): [number | undefined, boolean | undefined] => {
    const target = targets.find(({ what }) => what.includes(part))!
    const figure = target.figure(result)
    return [figure, met(target, figure)]
  }
  t.same(by(`c=64: CPU per request against ${names.floor}`), [1.3, true], 'least of the windows')
  t.same(by(`c=64: throughput against ${names.flask}`), [5, false], 'median of the windows')
  t.same(by(`c=256: throughput against ${names.floor}`), [0.5, false])
  t.same(by(`c=64: throughput against ${names.tensorflow}`)[1], undefined)
  t.same(by('goodput'), [85, false])
  t.same(by('idle'), [64, true])
})

t.test('the report holds every figure, and a missed target with its target', async t => {
  const text = reportOf(result)
  t.match(text, /\| overload at twice the capacity: goodput of the best \| 85\.00 % \| ≥ 90 % \| \*\*missed\*\* \|/)
  t.match(text, /\| 64 \| Flask \+ gunicorn \| 100 \| 5\.00 × \| 1\.00 \/ 2\.00 \|/)
  t.match(text, /\| Outrigger \| 50 % \| 250 \| 1\.00 \| 7\.77 \|/)
  t.match(text, /\| pictures \| 1\.00 \| 1\.00 \| 2\.00 \| 20\.0 \|/)
  t.match(text, /\| tiny \| 1,000 \| 1,990 \| 850 \| 85 % \| 45 \| 5 \| 0 \|/)
  t.match(text, /healthy again after 0\.50 s/)
  t.match(text, /- no Python/)
  t.notMatch(text, /NaN|undefined|others worked/)
  t.match(reportOf({ ...result, machine: { ...result.machine, loadBefore: [9, 9, 9] } }), /others worked on this machine/)
  t.match(reportOf({ ...result, cells: [], rates: [], besides: [], overloads: [], kill: undefined, bareCallMs: undefined }), /not measured/)
})

t.test('plots stand beside it where there are points', async t => {
  const plots = plotsOf(result)
  t.same([...plots.keys()], ['benchmarks-throughput.svg', 'benchmarks-latency.svg'])
  for (const file of plots.keys()) t.ok(reportOf(result).includes(`](${file})`))
  t.equal(plotsOf({ ...result, cells: [] }).size, 0)
})
