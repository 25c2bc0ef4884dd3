import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { resultText, testFolder } from '../../src/cli/test.js'
import { embeddedProgram } from '../helpers/embedded-program.js'

const half = fileURLToPath(new URL('../../models/half_plus_two', import.meta.url))

t.test('what is printed', async t => {
  t.equal(resultText('m', { version: '1', name: 'a', fault: undefined, milliseconds: 2.4 }), 'ok     m/1 a (2 ms)\n')
  t.equal(resultText('m', { version: '1', name: 'a', fault: '/x: expected 1, got 2; /y: expected 1, got nothing', milliseconds: 2 }), 'FAILED m/1 a\n         /x: expected 1, got 2\n         /y: expected 1, got nothing\n')
})

t.test('examples that pass, examples that do not, a version that does not load', async t => {
  const folder = join(t.testdir({}), 'half')
  cpSync(join(half, '1'), join(folder, '1'), { recursive: true })
  writeFileSync(join(folder, '1/examples/wrong.json'), '{"request": {"x": 1}, "response": [3]}')
  cpSync(join(folder, '1'), join(folder, '3'), { recursive: true })
  writeFileSync(join(folder, '3/saved_model.pb'), 'no graph')
  const options = { engine: 'embedded', program: undefined, timeoutMs: 30_000, verbose: false, embedded: embeddedProgram } as const
  const rows = await testFolder({ folder, ...options })
  t.match(rows.map(({ version, name, fault }) => [version, name, fault === undefined]), [['3', 'load', false], ['1', 'list', true], ['1', 'number', true], ['1', 'wrong', false]])
  t.equal(rows.at(-1)?.fault, '/0: expected 3, got 2.5')
})
