import t from 'tap'
import { quantile, Samples } from '../../../bench/load/samples.js'
import { floors, slope } from '../../../bench/load/trend.js'

t.test('percentiles, of all and of some', async t => {
  const samples = new Samples()
  for (let part = 0; part < 3; part++) samples.add(Float64Array.from({ length: 10_000 }, (_, i) => part * 10_000 + i), Float32Array.from({ length: 10_000 }, (_, i) => part * 10 + i / 10_000))
  t.equal(samples.count, 30_000)
  t.match(samples.percentiles(), { count: 30_000, p50: Math.fround(10.4999) })
  const spans = samples.percentiles(at => at >= 10_000 && (at < 10_100 || at === 20_000))
  t.equal(spans.count, 101)
  t.equal(spans.max, 20)
  const none = samples.percentiles(() => false)
  t.equal(none.count, 0)
  t.ok(Number.isNaN(none.p99))
  const both = new Samples()
  both.join(samples)
  both.join(samples)
  t.equal(both.count, 60_000)
  t.equal(both.percentiles().max, samples.percentiles().max)
  t.equal(quantile([1, 2, 3, 4], 0.5), 2)
  t.equal(quantile([1, 2, 3, 4], 0.99), 4)
})

t.test('the slope of a line, and of what lies below a saw', async t => {
  const line = Array.from({ length: 100 }, (_, i) => ({ at: i, value: 5 + 3 * i }))
  t.ok(Math.abs(slope(line) - 3) < 1e-9)
  const saw = line.map(({ at, value }) => ({ at, value: value + (at % 10) * 1000 }))
  t.same(floors(saw, 10).map(({ at }) => at), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90])
  t.ok(Math.abs(slope(floors(saw, 10)) - 3) < 1e-9)
  t.equal(slope([]), 0)
  t.equal(slope([{ at: 1, value: 2 }]), 0)
  t.same(floors([], 3), [])
})
