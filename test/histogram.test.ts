// histogram.ts: prints what prom-client's own histogram prints for the same observations.
import { Histogram as Original, Registry } from 'prom-client'
import t from 'tap'
import { Histogram } from '../src/histogram.js'

t.test('the text is that of prom-client', async t => {
  const options = { name: 'h_seconds', help: 'A "help".', labelNames: ['a', 'b'] as const, buckets: [0.1, 0.5, 2.5] }
  const [ours, theirs] = [new Registry(), new Registry()]
  const histogram = new Histogram(options, ours)
  const original = new Original({ ...options, buckets: [...options.buckets], registers: [theirs] })
  for (const labels of [{ a: '1', b: 'x"\n\\' }, { a: '', b: '' }]) {
    const series = histogram.series(labels)
    for (const value of [0.05, 0.1, 0.100001, 0.5, 1, 2.5, 3, 1000, 0]) {
      series.observe(value)
      original.observe(labels, value)
    }
  }
  t.equal(await ours.metrics(), await theirs.metrics())
})
