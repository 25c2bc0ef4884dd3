import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { targetOf } from '../../src/cli/offline.js'

const half = fileURLToPath(new URL('../../models/half_plus_two', import.meta.url))

t.test('a folder is a model or one of its versions', async t => {
  t.same(targetOf(half), { name: 'half_plus_two', basePath: half, version: undefined })
  t.same(targetOf(join(half, '2')), { name: 'half_plus_two', basePath: half, version: 2n })
  t.throws(() => targetOf(join(half, 'nowhere')), { code: 'CONFIG_INVALID' })
})
