// The line: order, bytes, each told at its own deadline by one timer.
import t from 'tap'
import { cancelled, overloaded, WaitingLine, type Link } from '../src/waiting-line.js'

interface One { name: string, bytes: number, deadline: number, link: Link | undefined }
const one = (name: string, deadline: number, bytes = 1): One => ({ name, bytes, deadline, link: undefined })

t.test('order and bytes', async t => {
  const line = new WaitingLine<One>(() => {}, Date.now)
  t.teardown(() => line.stop())
  const [a, b, c] = ['a', 'b', 'c'].map((name, i) => one(name, Date.now() + 20_000, i + 1)) as [One, One, One]
  for (const each of [a, b, c]) line.add(each)
  t.match(line, { size: 3, bytes: 6 })
  t.equal(line.take(b), true)
  t.equal(line.take(b), false)
  t.match(line, { size: 2, bytes: 4 })
  t.equal(line.first, a)
  t.equal(line.take(a), true)
  line.add(b)
  t.equal(line.first, c)
  t.same([line.take(c), line.first, line.take(b), line.first, line.size], [true, b, true, undefined, 0])
  line.add(a)
  t.equal(line.first, a, 'used again')
})

t.test('who is late is taken out and told, whatever the order they came in', async t => {
  const late: string[] = []
  let finish = (): void => {}
  const all = new Promise<void>(resolve => { finish = resolve })
  const line = new WaitingLine<One>(({ name }) => { late.push(name); if (late.length === 3) finish() }, Date.now)
  t.teardown(() => line.stop())
  const begun = Date.now()
  const taken = one('taken', begun + 40)
  for (const each of [one('third', begun + 120), one('never', begun + 60_000), one('first', begun + 20), taken, one('second', begun + 60)]) line.add(each)
  line.take(taken)
  await all
  t.same(late, ['first', 'second', 'third'])
  t.ok(Date.now() - begun >= 119, 'not before its time')
  t.match(line, { size: 1, bytes: 1 })
})

t.test('the errors', async t => {
  t.match(overloaded('full', 10), { code: 'SERVICE_OVERLOADED', status: 503, retryAfterMs: 1000 })
  t.match(overloaded('full', 2500.4), { retryAfterMs: 2501 })
  t.match(cancelled(), { code: 'MODEL_CANCELLED' })
})
