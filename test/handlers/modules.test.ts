// How a handler's file and its imports are found, stripped and refused.
import t from 'tap'
import { answer, failure, folderWith, loadFrom, memoryLog, twoToOne } from './kit.js'
import { loadHandler } from '../../src/handlers/load.js'
import { join } from 'node:path'

const fine = 'export const preprocess = () => ({ x: [[1, 2]] })\n'

for (const isolate of [true, false]) {
  const where = isolate ? 'thread' : 'main thread'

  t.test(`what is refused, with its place (${where})`, async t => {
    for (const [what, files, message] of [
      ['an enum', { 'handler.ts': `${fine}\nenum Colour { red }\n` }, /handler\.ts:3: .*enum.*erasable syntax only/],
      ['a parameter property', { 'handler.ts': `${fine}class A { constructor (private a: number) {} }\n` }, /handler\.ts:2: .*parameter propert.*erasable syntax only/],
      ['a syntax error', { 'handler.ts': `${fine}\n\nconst a: number = ;\n` }, /handler\.ts:4: /],
      ['an enum beside it', { 'handler.ts': `import './colours.js'\n${fine}`, 'colours.ts': 'export enum Colour { red }\n' }, /colours\.ts:1: .*enum/],
      ['a missing file', { 'handler.ts': `import { a } from './a.js'\n${fine}` }, /handler\.ts: imports "\.\/a\.js", and there is no such file/],
      ['a missing package', { 'handler.ts': `import 'no-such-package'\n${fine}` }, /handler\.ts: the package no-such-package is not installed for the handler/],
      ['a type imported as a value', { 'handler.ts': `import { Context } from 'outrigger/handler'\n${fine}` }, /Context.*import type/],
      ['nothing exported', { 'handler.ts': 'export {}\n' }, /exports none of input, output, load, preprocess, postprocess, dispose/],
      ['a default export', { 'handler.ts': 'export default { preprocess () {} }\n' }, /export them by name, not as default/],
      ['no function', { 'handler.ts': 'export const preprocess = 7\n' }, /exports preprocess, which must be a function/],
      ['an input that nobody gets', { 'handler.ts': 'export const input = { type: "object" }\n' }, /exports input, and no preprocess/],
      ['a throw at the top', { 'handler.ts': `${fine}throw new Error('not today')\n` }, /cannot be loaded: not today/],
      ['a throw in load', { 'handler.ts': `${fine}export const load = async () => { throw new Error('no vocabulary') }\n` }, /The handler of model m version 7 cannot be loaded: no vocabulary/]
    ] as const) {
      // A thread costs its time; that faults come out of it unchanged is shown by a few.
      if (isolate && !['an enum beside it', 'a missing package', 'a throw in load'].includes(what)) continue
      const error = await failure(loadFrom(t, files, { isolate }))
      t.match(error, { code: 'HANDLER_LOAD', status: 503, message, model: 'm', version: 7n }, what)
      t.notMatch(error.message, /outrigger=/, `${what}: no marks of ours in paths`)
    }
  })

  t.test(`what is taken (${where})`, async t => {
    const { handler } = await loadFrom(t, {
      'handler.ts': `
        import { tensor, type Tensor } from 'outrigger/handler'
        import { readFileSync } from 'node:fs'
        import { one } from './lib/numbers.js'
        import { two } from './lib/more'
        import table from './table.json' with { type: 'json' }
        import { three } from 'helper'
        import old from 'old-helper'
        const text = readFileSync(new URL('./words.txt', import.meta.url), 'utf8')
        export function preprocess (): Record<string, Tensor> {
          return { x: tensor('float32', [3, 2], [one, two, table.value, three, old.four, text.length]) }
        }`,
      'lib/numbers.ts': 'export { one } from "./deep.js"\n',
      'lib/deep.ts': 'export const one: number = 1\n',
      'lib/more.js': 'export const two = 2\n',
      'table.json': '{"value": 5}',
      'words.txt': 'abcdef',
      'node_modules/helper/package.json': '{"name": "helper", "type": "module", "exports": "./index.js"}',
      'node_modules/helper/index.js': 'export const three = 3\n',
      'node_modules/old-helper/package.json': '{"name": "old-helper"}',
      'node_modules/old-helper/index.js': 'module.exports = { four: 4 }\n'
    }, { isolate })
    t.same(await answer(handler, {}), { y: [[3], [8], [10]] })
  })

  t.test(`each version has modules of its own (${where})`, async t => {
    const counting = 'import { state } from "./state.js"\nexport const preprocess = () => ({ x: [[state.count++, 0]] })\n'
    const folder = folderWith(t, { 'handler.ts': counting, 'state.ts': 'export const state = { count: 0 }\n' })
    const { log } = memoryLog()
    const load = async (version: bigint) => await loadHandler({ file: join(folder, 'handler.ts'), folder, model: 'm', version, signatures: new Map([['serving_default', twoToOne]]), log, isolate, execArgv: ['--import', new URL('strip-loader.mjs', import.meta.url).href], maxThreads: 1 })
    const [one, two] = await Promise.all([load(1n), load(2n)])
    t.teardown(async () => { await one.close(); await two.close() })
    t.same([await answer(one, {}), await answer(one, {}), await answer(two, {})], [{ y: 0 }, { y: 1 }, { y: 0 }])
  })
}

t.test('a load that never ends', async t => {
  const { code, message } = await failure(loadFrom(t, { 'handler.ts': `${fine}for (;;) {}\n` }, { loadWithinMs: 1500 }))
  t.equal(code, 'HANDLER_TIMEOUT')
  t.match(message, /took longer than 1500 ms in load/)
})

t.test('a load that ends its thread', async t => {
  t.match(await failure(loadFrom(t, { 'handler.ts': `${fine}process.exit(0)\n` })), { code: 'HANDLER_FAILED', message: /ended its own thread in load/ })
})

t.test('dispose runs once per thread, with the state, when the version is closed', async t => {
  const { handler, lines } = await loadFrom(t, { 'handler.ts': `
    import type { LoadContext } from 'outrigger/handler'
    let log: LoadContext['log']
    export const load = (context: LoadContext) => { log = context.log; return { name: 'state of ' + context.model } }
    ${fine}
    export const dispose = (state: { name: string }) => log.info('disposed ' + state.name)
  ` })
  await answer(handler, {})
  await handler.close()
  await handler.close()
  t.equal(lines.filter(line => line.msg === 'disposed state of m').length, 1)
})
