import t from 'tap'
import { svgOf, ticks } from '../../bench/plot.js'

t.test('ticks are round and hold all values', async t => {
  t.same(ticks(0, 100), [0, 20, 40, 60, 80, 100])
  t.same(ticks(0, 0.07), [0, 0.02, 0.04, 0.06, 0.08])
  t.same(ticks(-3, 3), [-3, -2, -1, 0, 1, 2, 3])
  t.same(ticks(5, 5), [5, 5.2])
  t.same(ticks(1, 256, true), [1, 2, 4, 8, 16, 32, 64, 128, 256])
  t.same(ticks(3, 5, true), [2, 4, 8])
  for (const [from, to] of [[0, 7], [0, 1234], [2, 99_999]]) {
    const marks = ticks(from, to)
    t.ok(marks[0] <= from && marks.at(-1)! >= to && marks.length <= 9, `${from} to ${to}: ${marks.join(' ')}`)
  }
})

t.test('a plot holds its lines, its names and nothing that is markup', async t => {
  const svg = svgOf({ title: 'a < b & "c"', x: { label: 'callers', logarithmic: true }, y: { label: 'per second' }, lines: [{ name: 'one', points: [{ x: 1, y: 0 }, { x: 16, y: 100 }] }, { name: 'none', points: [] }] })
  t.match(svg, /a &lt; b &amp; &quot;c&quot;/)
  t.match(svg, /d="M72 344L570 40"/, 'from the lower left corner to the upper right one')
  t.equal(svg.match(/<path d="M72 344L/g)!.length, 1)
  t.match(svg, />none</)
  t.throws(() => svgOf({ title: 'x', x: { label: '' }, y: { label: '' }, lines: [] }), /nothing to draw/)
})
