import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Labels } from '../../src/repository/labels.js'

const log = { error: () => {} }

t.test('moves are kept in a file that is written whole', async t => {
  const folder = join(t.testdir({}), 'data')
  const labels = new Labels({ folder, log })
  await labels.open()
  const written = new Map([['stable', 1n]])
  await labels.move('m', 'stable', 2n, written)
  await labels.move('m', 'new', 9223372036854775807n, written)
  t.same(readdirSync(folder), ['labels.json'])
  const again = new Labels({ folder, log })
  await again.open()
  t.same([...again.wanted('m', written)], [['stable', 2n], ['new', 9223372036854775807n]])
  t.same([...again.wanted('other', written)], [['stable', 1n]])
  t.same([...again.wanted('m', new Map([['stable', 3n]]))], [['stable', 3n], ['new', 9223372036854775807n]], 'what is written later wins')
  t.equal(again.wanted('m', written).get('stable'), 1n, 'for good')
})

t.test('a move that cannot be kept is undone', async t => {
  const folder = join(t.testdir({ data: 'a file, no folder' }), 'data')
  const labels = new Labels({ folder, log })
  await labels.open()
  await t.rejects(labels.move('m', 'stable', 2n, new Map()))
  t.same([...labels.wanted('m', new Map())], [])
})

t.test('a broken file counts as empty and is told', async t => {
  const folder = t.testdir({ 'labels.json': '{"m": {"a": {"version": "x"}, "b": {"version": "1", "written": null}}, "n"' })
  const told: unknown[] = []
  const labels = new Labels({ folder, log: { error: (what: unknown) => { told.push(what) } } })
  await labels.open()
  t.equal(told.length, 1)
  writeFileSync(join(folder, 'labels.json'), '{"m": {"a": {"version": "x"}, "b": {"version": "1", "written": null}}}')
  await labels.open()
  t.same([...labels.wanted('m', new Map())], [['b', 1n]])
  t.match(readFileSync(join(folder, 'labels.json'), 'utf8'), /"b"/)
})
