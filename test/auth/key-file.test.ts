// Keys from files that are rotated in every way that orchestrators know.
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openKeyFile } from '../../src/auth/key-file.js'
import { keySet, publicKey, sharedSecret, type KeySource } from '../../src/auth/keys.js'
import { issuerKey, jwksOf, pemOf } from '../helpers/issuer.js'

const [a, b] = await Promise.all([issuerKey('a'), issuerKey('b')])
const knows = async (keys: KeySource, kid: string): Promise<boolean> => (await keys.find({ alg: 'ES256', kid })).length === 1

async function opened (t: Test, text: string): Promise<{ folder: string, path: string, keys: KeySource, lines: object[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-keys-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  const path = join(folder, 'jwks.json')
  await writeFile(path, text)
  const lines: object[] = []
  const log = (fields: unknown): void => { lines.push(fields as object) }
  const keys = await openKeyFile({ setting: 'auth-jwks-file', path, read: keySet, log: { info: log, warn: log }, lookEveryMs: 0 })
  t.teardown(() => { keys.close() })
  return { folder, path, keys, lines }
}

t.test('read anew when it changes: in place, by rename, by a moved symlink', async t => {
  const { folder, path, keys, lines } = await opened(t, jwksOf(a))
  t.same([await knows(keys, 'a'), await knows(keys, 'b')], [true, false])
  await keys.refresh()
  t.equal(keys.generation(), 0, 'nothing changed')
  await writeFile(path, jwksOf(b))
  await keys.refresh()
  t.same([await knows(keys, 'a'), await knows(keys, 'b'), keys.generation()], [false, true, 1])
  await writeFile(join(folder, 'next'), jwksOf(a, b))
  await rename(join(folder, 'next'), path)
  await keys.refresh()
  t.same([await knows(keys, 'a'), await knows(keys, 'b'), keys.generation()], [true, true, 2])
  await writeFile(join(folder, 'version-1'), jwksOf(a))
  await symlink('version-1', join(folder, 'link'))
  await rename(join(folder, 'link'), path)
  await keys.refresh()
  t.same([await knows(keys, 'b'), keys.generation()], [false, 3])
  t.equal(lines.length, 3)
})

t.test('what is half written or gone changes nothing, and is told once', async t => {
  const { path, keys, lines } = await opened(t, jwksOf(a))
  await writeFile(path, jwksOf(b).slice(0, 50))
  await keys.refresh()
  await keys.refresh()
  t.ok(await knows(keys, 'a'))
  t.same(lines.map(line => (line as { reason?: string }).reason), ['it is not valid JSON'])
  await rm(path)
  await keys.refresh()
  t.ok(await knows(keys, 'a'))
  t.match(lines[1], { reason: /ENOENT/ })
  await writeFile(path, jwksOf(b))
  await keys.refresh()
  t.ok(await knows(keys, 'b'))
})

t.test('a file that cannot be read at the start ends it, and quotes nothing of the file', async t => {
  const { folder } = await opened(t, jwksOf(a))
  const log = { info () {}, warn () {} }
  const open = async (text: string | undefined, read: Parameters<typeof openKeyFile>[0]['read']): Promise<KeySource> => {
    const path = join(folder, 'other')
    await rm(path, { force: true })
    if (text !== undefined) await writeFile(path, text)
    return await openKeyFile({ setting: 'auth-file', path, read, log, lookEveryMs: 0 })
  }
  const secret = (text: string) => sharedSecret(text, ['HS256'])
  await t.rejects(open(undefined, secret), { code: 'CONFIG_INVALID', message: /auth-file.*ENOENT/ })
  for (const read of [keySet, publicKey, secret]) {
    await t.rejects(open('planted-text', read), { code: 'CONFIG_INVALID' })
    await open('planted-text', read).catch((error: Error) => { t.notMatch(error.message, 'planted') })
  }
  await t.rejects(open('x'.repeat(1024 * 1024 + 1), secret), { message: /larger/ })
  t.ok(await open(pemOf(a), publicKey))
})
