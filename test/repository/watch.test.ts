import t from 'tap'
import { startWatch } from '../../src/repository/watch.js'

t.test('looks again and again, also after a look that failed, until it is stopped', async t => {
  let looks = 0
  await new Promise<void>(resolve => {
    // The watch itself keeps no process alive.
    const alive = setInterval(() => {}, 1000)
    const watch = startWatch(1, async () => {
      if (++looks === 1) throw new Error('first')
      if (looks === 3) { void watch.stop(); clearInterval(alive); resolve() }
    })
  })
  const before = looks
  await new Promise(resolve => setTimeout(resolve, 20))
  t.equal(looks, before)
})

t.test('0 never looks', async t => {
  const watch = startWatch(0, async () => { t.fail('looked') })
  await watch.stop()
})
