// Golden cases from a version's folder: within limits, broken ones passed over, read again when the version changes.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Examples } from '../../../src/http/openapi/examples.js'
import { stillEngine, versionEntry } from '../../helpers/still-engine.js'

t.test('cases of a folder', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-examples-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'examples'))
  const write = async (name: string, text: string): Promise<void> => { await writeFile(join(folder, 'examples', name), text) }
  await write('a.json', '{"request": 1, "response": 2}')
  await write('b.json', '{broken')
  await write('c.json', '{"response": 2}')
  await write('d.json', JSON.stringify({ request: 'x'.repeat(70_000) }))
  await write('picture.png', '')
  const entry = versionEntry(stillEngine(), 'm', 1n, { folder })
  const examples = new Examples()
  t.same(examples.of(entry), [])
  await examples.load([entry])
  t.same(examples.of(entry), [{ name: 'a', request: 1, response: 2 }])
  for (const name of ['e', 'f', 'g', 'h']) await write(`${name}.json`, '{"request": 0}')
  await examples.load([entry])
  t.equal(examples.of(entry).length, 1, 'read once')
  await examples.load([{ ...entry, checksum: 'bb' }])
  t.equal(examples.of({ ...entry, checksum: 'bb' }).length, 3)
  t.same(examples.of(entry), [], 'what is gone is forgotten')
  await examples.load([{ ...entry, folder: join(folder, 'none') }])
})
