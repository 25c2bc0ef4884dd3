import t from 'tap'
import type { Act } from '../../../bench/drill/acts.js'
import { drills, shortDrill, soakDrill } from '../../../bench/drill/drills.js'

t.test('each drill is so many acts, long ones with a half', async t => {
  const [many] = drills.switches(100)
  t.equal([...many.acts].length, 100)
  t.same([49, 50, 51].map(acts => many.isHalf!(acts)), [false, true, false])
  t.equal(drills.kills(5, () => 0)[0].isHalf, undefined, 'memory of a short one is not asked to be flat')
  t.same(drills.sigterm(3).map(({ acts, sigterm }) => [[...acts].length, sigterm]), [[0, true], [0, true], [0, true]])
  const short = shortDrill(5, 3, 1)
  t.equal([...short.acts].length, 9)
  t.ok(short.sigterm)
})

t.test('a soak goes on for its time, and has one half', async t => {
  let time = 100_000
  const { acts, isHalf } = soakDrill(60, 0, () => time)
  time = 200_000
  const seen: Act[] = []
  const halves: number[] = []
  for (const act of acts) {
    seen.push(act)
    time += 3000
    if (isHalf!(seen.length)) halves.push(seen.length)
  }
  t.equal(seen.length, 20, 'the time counts from the first act')
  t.same(halves, [10])
  t.equal(new Set(seen).size, 3)
  t.equal(new Set(seen.slice(0, 8)).size, 1)
})
