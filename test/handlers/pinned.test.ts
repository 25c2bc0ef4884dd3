// A handler whose files are pinned: it loads as they are pinned, and imports nothing that is not.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadHandler } from '../../src/handlers/load.js'
import { pinsOf } from '../../src/lock/pins.js'
import { folderWith, memoryLog, twoToOne } from './kit.js'

const good = { 'handler.ts': "import { one } from './lib/one.js'\nimport { join } from 'node:path'\nimport { InvalidInput } from 'outrigger/handler'\nexport const postprocess = () => [one, join('a', 'b'), typeof InvalidInput]\n", 'lib/one.ts': 'export const one: number = 1\n' }

async function load (t: Test, files: Record<string, string>, change: (folder: string) => void = () => {}, isolate = false): Promise<void> {
  const folder = join(folderWith(t, Object.fromEntries(Object.entries({ ...files, '../outside.ts': 'export const one = 2\n' }).map(([name, text]) => [join('version', name), text]))), 'version')
  const pins = await pinsOf(folder)
  change(folder)
  const handler = await loadHandler({
    file: join(folder, 'handler.ts'), folder, model: 'm', version: 7n, signatures: new Map([['serving_default', twoToOne]]), log: memoryLog().log, execArgv: ['--import', new URL('strip-loader.mjs', import.meta.url).href], pins, isolate
  })
  await handler.close()
}

t.test('as pinned, in a thread and in this one', async t => {
  await load(t, good)
  await load(t, good, undefined, true)
})

t.test('a file that is imported, or could be, and is not what is pinned', async t => {
  await t.rejects(load(t, good, folder => { writeFileSync(join(folder, 'lib/one.ts'), 'export const one = 3') }), { code: 'MODEL_NOT_PINNED', message: /lib\/one\.ts is not what is pinned/ })
  await t.rejects(load(t, good, folder => { writeFileSync(join(folder, 'handler.ts'), 'export const postprocess = () => 1') }, true), { code: 'MODEL_NOT_PINNED', message: /handler\.ts/ })
  await t.rejects(load(t, good, folder => { writeFileSync(join(folder, 'extra.ts'), '') }), { code: 'MODEL_NOT_PINNED', message: /extra\.ts is not pinned/ })
})

t.test('imports of what no lock covers', async t => {
  const importing = (specifier: string): Record<string, string> => ({ 'handler.ts': `import * as all from ${JSON.stringify(specifier)}\nexport const postprocess = () => Object.keys(all)\n`, 'old.cjs': 'module.exports = require("../outside.ts")' })
  await t.rejects(load(t, importing('../outside.js')), { code: 'HANDLER_LOAD', message: /lies outside the version's folder/ })
  await t.rejects(load(t, importing('yaml')), { code: 'HANDLER_LOAD', message: /which models\.lock does not pin/ })
  await t.rejects(load(t, importing('./old.cjs')), { code: 'HANDLER_LOAD', message: /neither a module nor JSON/ })
})

t.test('a file that is changed while the handler loads', async t => {
  const files = { 'handler.ts': "import { appendFileSync } from 'node:fs'\nexport const load = ({ folder }) => { appendFileSync(folder + '/words.txt', 'late') }\nexport const postprocess = () => 1\n", 'words.txt': 'a' }
  await t.rejects(load(t, files), { code: 'MODEL_NOT_PINNED', message: /touched/ })
})
