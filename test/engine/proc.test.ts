// What /proc says of this very process.
import t from 'tap'
import { rssBytes, startTime } from '../../src/engine/proc.js'

const skip = process.platform === 'linux' ? false : 'there is no /proc'

t.test('memory and start time', { skip }, async t => {
  const rss = rssBytes(process.pid) as number
  t.ok(rss > 10e6 && rss < 10e9)
  t.match(startTime(process.pid), /^\d+$/)
  t.equal(rssBytes(2 ** 22 + 1), undefined)
  t.equal(startTime(2 ** 22 + 1), '')
})
