import t from 'tap'
import { JobQueue } from '../../src/handlers/job-queue.js'

t.test('those that finish a request go first, each kind in its order', async t => {
  const queue = new JobQueue<{ name: string, finishes: boolean, bytes: number }>()
  const job = (name: string, finishes: boolean) => ({ name, finishes, bytes: 10 })
  const [a, b, c, d] = [job('a', false), job('b', true), job('c', false), job('d', true)]
  for (const one of [a, b, c, d]) queue.add(one)
  t.equal(queue.size, 4)
  t.equal(queue.bytes, 40)
  queue.remove(a)
  queue.remove(a)
  t.equal(queue.bytes, 30)
  t.same([queue.next(), queue.next(), queue.next(), queue.next()], [b, d, c, undefined])
  t.equal(queue.size, 0)
  t.equal(queue.bytes, 0)
})
