// http/turns.ts: pieces in their order, a slice of them in each turn of the loop.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../../src/http/turns.js'

t.test('a slice in each turn, in order', async t => {
  let clock = 0
  const done: number[] = []
  const turns = new Turns({ sliceMs: 10, now: () => clock })
  for (let i = 0; i < 7; i++) turns.add(() => { done.push(i); clock += 4 })
  t.same(done, [], 'nothing at once')
  await nextTurn()
  t.same(done, [0, 1, 2])
  turns.add(() => { done.push(7) })
  await nextTurn()
  t.same(done, [0, 1, 2, 3, 4, 5])
  await nextTurn()
  t.same(done, [0, 1, 2, 3, 4, 5, 6, 7])
})

t.test('one piece in a turn at least; what a piece adds comes later', async t => {
  let clock = 0
  const done: string[] = []
  const turns = new Turns({ sliceMs: 1, now: () => clock })
  const piece = (name: string, next?: () => void) => () => { done.push(name); clock += 5; next?.() }
  turns.add(piece('a', () => turns.add(piece('c'))))
  turns.add(piece('b'))
  await nextTurn()
  t.same(done, ['a'])
  await nextTurn()
  t.same(done, ['a', 'b'])
  await nextTurn()
  t.same(done, ['a', 'b', 'c'])
  turns.add(piece('d'))
  await nextTurn()
  t.same(done, ['a', 'b', 'c', 'd'], 'it begins anew')
})
