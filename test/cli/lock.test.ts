// The lock of a repository holds every version, and differences are told by model, version and file.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lockDifferences, lockOf } from '../../src/cli/lock.js'
import { readLock, lockText } from '../../src/lock/lock-file.js'
import { runLock } from '../../src/cli/lock.js'

const repository = { a: { 1: { 'saved_model.pb': 'x' }, 2: { 'saved_model.pb': 'y', 'handler.ts': 'h' } }, b: { 1: { 'saved_model.pb': 'z' } } }

t.test('all versions, and what differs', async t => {
  const folder = t.testdir(repository)
  const pinned = await lockOf(folder)
  t.same([...pinned].map(([model, versions]) => [model, [...versions.keys()].sort()]), [['a', ['1', '2']], ['b', ['1']]])
  t.same(lockDifferences(pinned, await lockOf(folder)), [])
  writeFileSync(join(folder, 'a/2/handler.ts'), 'other')
  rmSync(join(folder, 'b'), { recursive: true })
  t.same(lockDifferences(pinned, await lockOf(folder)), ['a 2: handler.ts is not what is pinned', 'b 1: is pinned and not there'])
  t.same(lockDifferences(new Map(), await lockOf(folder)).length, 2)
})

t.test('the command writes the file, and leaves nothing beside it when it cannot', async t => {
  const folder = t.testdir({ models: repository })
  const written = t.capture(process.stdout, 'write', () => true)
  await runLock([join(folder, 'models'), '--out', join(folder, 'models.lock')])
  t.equal(lockText(await readLock(join(folder, 'models.lock'))), lockText(await lockOf(join(folder, 'models'))))
  t.match(written().map(({ args }) => args[0]), [/3 versions of 2 models are pinned/])
  await t.rejects(runLock([join(folder, 'models'), '--out', join(folder, 'none/models.lock')]), { code: 'CONFIG_INVALID' })
  await t.rejects(runLock([join(folder, 'nothing')]), { code: 'CONFIG_INVALID' })
  await t.rejects(runLock([]), { code: 'CONFIG_INVALID' })
})
