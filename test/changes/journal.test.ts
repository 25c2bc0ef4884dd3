import { appendFileSync, existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { changeKinds, Journal } from '../../src/changes/journal.js'
import { changeKinds as documented } from '../../src/http/openapi/service-paths.js'

const log = { error: () => {}, warn: () => {} }

t.test('newest first, numbered, bounded', async t => {
  const journal = new Journal({ log, now: () => 0 })
  await journal.open()
  for (let i = 0; i < 1100; i++) journal.add({ what: 'version-live', model: 'm', from: null, to: String(i), by: 'watch' })
  t.same(journal.list(2), [{ id: 1100, at: '1970-01-01T00:00:00.000Z', what: 'version-live', model: 'm', from: null, to: '1099', by: 'watch' }, { id: 1099, at: '1970-01-01T00:00:00.000Z', what: 'version-live', model: 'm', from: null, to: '1098', by: 'watch' }])
  t.equal(journal.list(5000).length, 1000)
  await journal.close()
})

t.test('kept over restarts, also after a line that was cut off', async t => {
  const folder = join(t.testdir({}), 'deep', 'data')
  const first = new Journal({ folder, log })
  await first.open()
  first.add({ what: 'start', by: 'start' })
  first.add({ what: 'version-failed', model: 'm', to: '1', by: 'watch', reason: 'x'.repeat(10_000) })
  await first.close()
  appendFileSync(join(folder, 'changes.jsonl'), '{"id": 3, "at"')
  const second = new Journal({ folder, log })
  await second.open()
  second.add({ what: 'drain', by: 'SIGTERM' })
  await second.close()
  const third = new Journal({ folder, log })
  await third.open()
  t.same(third.list(10).map(({ id, what }) => [id, what]), [[3, 'drain'], [2, 'version-failed'], [1, 'start']])
  t.equal(third.list(10)[1]?.reason?.length, 4000)
})

t.test('the file is bounded: one older file stays', async t => {
  const folder = t.testdir({})
  const journal = new Journal({ folder, log, maxFileBytes: 500 })
  await journal.open()
  for (let i = 0; i < 50; i++) journal.add({ what: 'reload', by: 'SIGHUP' })
  await journal.close()
  for (const name of ['changes.jsonl', 'changes.1.jsonl']) t.ok(readFileSync(join(folder, name)).length < 700, name)
  const again = new Journal({ folder, log })
  await again.open()
  t.equal(again.list(1)[0]?.id, 50)
})

t.test('a folder that cannot be written is told once and costs nothing else', async t => {
  const folder = join(t.testdir({ file: '' }), 'file')
  const told: string[] = []
  const journal = new Journal({ folder, log: { error: (_what: unknown, message?: string) => { told.push(message ?? '') }, warn: () => {} } })
  await journal.open()
  journal.add({ what: 'start', by: 'start' })
  journal.add({ what: 'drain', by: 'SIGTERM' })
  await journal.close()
  t.equal(journal.list(10).length, 2)
  t.equal(told.length, 2, 'at the opening and at the first line')
  writeFileSync(folder, '')
  t.ok(existsSync(folder))
})

t.test('what a disk did not take is written once it does', async t => {
  const folder = t.testdir({ 'changes.jsonl': {} })
  const journal = new Journal({ folder, log, retryMs: 5 })
  await journal.open()
  journal.add({ what: 'start', by: 'start' })
  journal.add({ what: 'reload', by: 'SIGHUP' })
  while (journal.fault() === undefined) await new Promise(resolve => setTimeout(resolve, 5))
  t.match(journal.fault(), /cannot be written to .*changes\.jsonl: EISDIR/)
  rmdirSync(join(folder, 'changes.jsonl'))
  while (journal.fault() !== undefined) await new Promise(resolve => setTimeout(resolve, 5))
  await journal.close()
  const again = new Journal({ folder, log })
  await again.open()
  t.same(again.list(10).map(({ id, what }) => [id, what]), [[2, 'reload'], [1, 'start']])
})

t.test('the document lists the same kinds', async t => { t.same(documented, changeKinds) })
