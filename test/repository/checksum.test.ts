import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileChecksum } from '../../src/file-checksum.js'
import { servableChecksum } from '../../src/repository/checksum.js'

t.test('a file', async t => {
  const folder = t.testdir({ a: 'abc' })
  t.equal(await fileChecksum(join(folder, 'a')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

t.test('a servable: its files by path and content, nothing else', async t => {
  const folder = t.testdir({ 'saved_model.pb': 'g', variables: { index: 'i', data: 'd' }, 'handler.ts': 'h', examples: { 'a.json': '{}' }, 'baseline.json': '', '.hidden': '' })
  const before = await servableChecksum(folder)
  t.match(before, /^[0-9a-f]{64}$/)
  writeFileSync(join(folder, 'handler.ts'), 'other')
  writeFileSync(join(folder, 'examples', 'b.json'), '{}')
  t.equal(await servableChecksum(folder), before)
  renameSync(join(folder, 'variables', 'data'), join(folder, 'variables', 'date'))
  const renamed = await servableChecksum(folder)
  t.not(renamed, before)
  writeFileSync(join(folder, 'variables', 'date'), 'e')
  t.not(await servableChecksum(folder), renamed)
})
