// The admin socket's folder and file: private or refused, stale ones replaced, taken ones left alone.
import { chmod, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { listenAdminSocket } from '../../src/http/admin-socket.js'

t.test('folder and file', async t => {
  const root = await mkdtemp(join(tmpdir(), 'outrigger-admin-'))
  t.teardown(() => rm(root, { recursive: true }))
  const path = join(root, 'made', 'a.sock')
  const first = await listenAdminSocket(path, () => {})
  t.equal((await stat(join(root, 'made'))).mode & 0o777, 0o700)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  await t.rejects(listenAdminSocket(path, () => {}), { code: 'CONFIG_INVALID', message: /another process/ })
  // A name that the first server does not know any more stays behind when it ends, as after a kill -9.
  const stale = join(root, 'made', 'stale.sock')
  await rename(path, stale)
  await first.close()
  await (await listenAdminSocket(stale, () => {})).close()
  await writeFile(path, 'a file of somebody')
  await t.rejects(listenAdminSocket(path, () => {}), { code: 'CONFIG_INVALID', message: /no socket/ })
  await mkdir(join(root, 'open'))
  await chmod(join(root, 'open'), 0o755)
  await t.rejects(listenAdminSocket(join(root, 'open', 'a.sock'), () => {}), { code: 'CONFIG_INVALID', message: /chmod 700/ })
  await t.rejects(listenAdminSocket(join(root, 'x'.repeat(110)), () => {}), { code: 'CONFIG_INVALID', message: /107 bytes/ })
})
