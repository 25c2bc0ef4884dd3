// Order, membership, and iteration while items come and go, held against a Set.
import t from 'tap'
import { LinkedSet } from '../src/linked-set.js'
import { createRandom } from './helpers/random.js'

interface Item { readonly n: number }

t.test('what a Set does, it does', async t => {
  const { int } = createRandom(3)
  const items = Array.from({ length: 12 }, (_, n): Item => ({ n }))
  const [linked, set] = [new LinkedSet<Item>(Symbol('a')), new Set<Item>()]
  for (let step = 0; step < 3000; step++) {
    const item = items[int(items.length)]!
    if (int(2) === 0) {
      linked.add(item)
      set.add(item)
    } else t.equal(linked.delete(item), set.delete(item))
    if (linked.size !== set.size || [...linked].some((one, i) => one !== [...set][i])) return t.fail(`step ${step}: ${[...linked].map(({ n }) => n).join()} and ${[...set].map(({ n }) => n).join()}`)
  }
})

t.test('items that go while they are walked through', async t => {
  const make = (): { set: LinkedSet<Item>, items: Item[] } => {
    const set = new LinkedSet<Item>(Symbol('b'))
    const items = [0, 1, 2, 3, 4].map((n): Item => ({ n }))
    for (const item of items) set.add(item)
    return { set, items }
  }
  const walk = (each: (set: LinkedSet<Item>, items: Item[], n: number) => void): number[] => {
    const { set, items } = make()
    const met: number[] = []
    for (const item of set) {
      met.push(item.n)
      each(set, items, item.n)
    }
    return met
  }
  t.same(walk((set, items, n) => { set.delete(items[n]!) }), [0, 1, 2, 3, 4], 'each in its turn')
  t.same(walk((set, items, n) => { if (n === 1) set.delete(items[2]!) }), [0, 1, 3, 4], 'the next one')
  t.same(walk((set, items, n) => { if (n === 1) for (const i of [1, 2]) set.delete(items[i]!) }), [0, 1, 0, 3, 4], 'itself and the next one: from the start')
  t.same(walk((set, items, n) => { if (n === 2) for (const item of items) set.delete(item) }), [0, 1, 2], 'all')
  t.same(walk((set, _items, n) => { if (n === 4) set.add({ n: 5 }) }), [0, 1, 2, 3, 4, 5], 'one that comes')
})

t.test('one place for a key, one for each', async t => {
  const [key, item] = [Symbol('c'), { n: 1 }]
  const [here, there, elsewhere] = [new LinkedSet<Item>(key), new LinkedSet<Item>(key), new LinkedSet<Item>(Symbol('d'))]
  for (const set of [here, elsewhere, there]) set.add(item)
  t.same([here.size, there.size, elsewhere.size], [0, 1, 1])
  t.equal(here.delete(item), false)
  t.same([...there], [...elsewhere])
})
