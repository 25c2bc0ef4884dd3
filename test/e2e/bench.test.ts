// A short smoke of the benchmarks: every server but the Python ones answers every load rightly, and the report can be written. No figure is looked at.
import t from 'tap'
import { compare } from '../../bench/compare/compare.js'
import { reportOf } from '../../bench/compare/report.js'
import { names } from '../../bench/compare/result.js'
import { noProc } from './service.js'

t.test('the comparison runs, and all answers are right', { skip: noProc }, async t => {
  const result = await compare(t, {
    parts: ['closed', 'rates'], loads: ['tiny', 'raw'], concurrencies: { tiny: [4], raw: [1] }, windows: 1, seconds: 0.3, quick: true, rivals: false, tensorflow: undefined, say: text => { t.comment(text) }
  })
  t.same(result.cells.map(({ server, load }) => `${server}: ${load}`).sort(), [`${names.gateway}: raw`, `${names.gateway}: tiny`, `${names.unbatched}: raw`, `${names.unbatched}: tiny`, `${names.floor}: tiny`].sort())
  for (const { windows } of result.cells) for (const { sent, good } of windows) t.equal(good, sent)
  t.equal(result.rates.length, 6)
  t.match(reportOf(result), /not measured/)
})
