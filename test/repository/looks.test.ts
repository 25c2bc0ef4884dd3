// Looks follow one another; those that wait share one.
import t from 'tap'
import { Looks, type Looked } from '../../src/repository/looks.js'

t.test('what is asked for while one runs shares the next', async t => {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const looks = new Looks(async (by, atOnce) => {
    begun.push(`${by}: ${[...atOnce].join()}`)
    await new Promise<void>(resolve => { ends.push(resolve) })
    return { done: Promise.resolve() }
  })
  const turn = async (): Promise<void> => { await new Promise(resolve => { setImmediate(resolve) }) }
  const first = looks.ask('watch', [])
  await turn()
  const others = [looks.ask('watch', []), looks.ask('anna', ['a']), looks.ask('watch', []), looks.ask('berta', ['b', 'a'])]
  await turn()
  t.same(begun, ['watch: '], 'one at a time')
  ends.shift()!()
  await first
  await turn()
  t.same(begun, ['watch: ', 'berta: a,b'])
  const later = looks.ask('watch', [])
  ends.shift()!()
  const shared = await Promise.all(others)
  t.equal(new Set(shared).size, 1)
  await turn()
  t.equal(begun.length, 3, 'it began too early for the one that came later')
  ends.shift()!()
  await later
})

t.test('nobody waits for what a look began but who wants to', async t => {
  let over = false
  const looks = new Looks(async (): Promise<Looked> => ({ done: new Promise<void>(resolve => { setImmediate(resolve) }).then(() => { over = true }) }))
  const { done } = await looks.ask('watch', [])
  t.notOk(over)
  await done
  t.ok(over)
})
