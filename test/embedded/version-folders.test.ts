import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chooseVersions, findVersions } from '../../src/embedded/version-folders.js'

t.test('names that are numbers, newest first', async t => {
  const base = t.testdir()
  for (const name of ['1', '00000123', '9', '10', '-3', '1.5', '.tmp-11', 'assets', '9223372036854775807', '9223372036854775808', '0010']) mkdirSync(join(base, name))
  const found = await findVersions(base, 'm')
  t.strictSame(found.map(({ version, folder }) => [version, folder.slice(base.length + 1)]), [
    [9223372036854775807n, '9223372036854775807'], [123n, '00000123'], [10n, '10'], [9n, '9'], [1n, '1']
  ])
  const chosen = (policy: Parameters<typeof chooseVersions>[1]): bigint[] => chooseVersions(found.slice(1), policy).map(({ version }) => version)
  t.strictSame(chosen({ kind: 'latest', count: 2 }), [123n, 10n])
  t.strictSame(chosen({ kind: 'latest', count: 0 }), [123n])
  t.strictSame(chosen({ kind: 'all' }), [123n, 10n, 9n, 1n])
  t.strictSame(chosen({ kind: 'specific', versions: [9n, 999n] }), [9n])
  await t.rejects(findVersions(join(base, 'gone'), 'm'), { status: 5, message: `Could not find base path ${join(base, 'gone')} for servable m` })
})
