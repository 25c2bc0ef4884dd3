// The private folder: its mode, its length, and what becomes of those of dead services.
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { defaultParents, makeSocketFolder, removeStaleFolders } from '../../src/engine/socket.js'
import { temporaryFolder } from './fixture.js'

t.test('private, with an empty model config, removed with everything in it', async t => {
  const parent = temporaryFolder(t)
  const folder = await makeSocketFolder([join(parent, 'missing'), parent])
  t.equal(statSync(folder.path).mode & 0o777, 0o700)
  t.equal(readFileSync(folder.configFile, 'utf8'), 'model_config_list { }\n')
  const socket = folder.socketPath(1)
  writeFileSync(socket, 'stale')
  t.equal(folder.socketPath(1), socket)
  t.notOk(existsSync(socket), 'a stale socket is removed')
  folder.remove()
  t.notOk(existsSync(folder.path))
})

t.test('too long a path is said with what to do', async t => {
  await t.rejects(makeSocketFolder([join(temporaryFolder(t), 'x'.repeat(90))]), { code: 'CONFIG_INVALID', message: /TMPDIR or XDG_RUNTIME_DIR/ })
  await t.rejects(makeSocketFolder(['/proc/nowhere']), { code: 'CONFIG_INVALID', message: /can be made in/ })
})

t.test('folders of dead services go, those of living ones and of others stay', async t => {
  const parent = temporaryFolder(t)
  const living = await makeSocketFolder([parent])
  t.teardown(() => living.remove())
  const dead = join(parent, 'outrigger-abcdef')
  const young = join(parent, 'outrigger-bcdefg')
  const other = join(parent, 'outrigger-models')
  for (const folder of [dead, young, join(parent, 'other')]) mkdirSync(folder)
  writeFileSync(join(dead, 'model-1'), '')
  writeFileSync(other, 'a file')
  const old = new Date(Date.now() - 3_600_000)
  for (const folder of [dead, living.path]) utimesSync(folder, old, old)
  t.same(await removeStaleFolders(parent), [dead])
  t.ok(existsSync(living.path) && existsSync(young) && existsSync(other) && existsSync(join(parent, 'other')))
})

t.test('the user\'s own folder comes first', async t => {
  t.equal(defaultParents({ XDG_RUNTIME_DIR: '/run/user/7' })[0], '/run/user/7')
  t.equal(defaultParents({ XDG_RUNTIME_DIR: '' }).length, 1)
})
