import t from 'tap'
import { beginUse, idle, usesOf, using } from '../../src/inference/lease.js'
import { stillEngine, versionEntry } from '../helpers/still-engine.js'

const entry = () => versionEntry(stillEngine(), 'm', 1n)

t.test('idle waits for the last use', async t => {
  const version = entry()
  t.equal(await idle(version, 0), true)
  const first = beginUse(version)
  const second = beginUse(version)
  const done = idle(version, 60_000)
  first()
  first()
  t.equal(usesOf(version), 1, 'an end counts once')
  second()
  t.equal(await done, true)
})

t.test('using ends with the work, also with a failure', async t => {
  const version = entry()
  t.equal(await using(version, async () => usesOf(version)), 1)
  await t.rejects(using(version, async () => { throw new Error('x') }))
  t.equal(usesOf(version), 0)
})

t.test('idle gives up after its limit, or at the signal', async t => {
  const version = entry()
  const end = beginUse(version)
  t.equal(await idle(version, 1), false)
  t.equal(await idle(version, 60_000, AbortSignal.abort()), false)
  end()
  t.equal(await idle(version, 1), true)
})
