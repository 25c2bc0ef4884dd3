// repository/scan-thread.ts: the disk is looked at elsewhere, and a file system that hangs costs the asker its limit and nothing more.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { threadScanner } from '../../src/repository/scan-thread.js'

const withinMs = 110_000

t.test('answers as a look in the own thread does; the same array where nothing has changed', async t => {
  const folder = t.testdir({ m: { 'model.yaml': 'labels: {old: 1}', 1: { 'saved_model.pb': '' } }, bad: { 'model.yaml': 'x: 1', 1: {} } })
  const scanner = threadScanner({ withinMs })
  t.teardown(scanner.close)
  const found = await scanner.look({ kind: 'folder', folder })
  t.match(found, [{ model: 'bad', reason: /not a known key/ }, { source: { name: 'm', settings: { labels: new Map([['old', 1n]]) } }, versions: [{ version: 1n, format: 'saved-model' }] }])
  t.equal(await scanner.look({ kind: 'folder', folder }), found)
  mkdirSync(join(folder, 'm/2'))
  writeFileSync(join(folder, 'm/2/saved_model.pb'), '')
  const [prints, again] = await Promise.all([scanner.fingerprints([join(folder, 'm/2'), join(folder, 'm/3')]), scanner.look({ kind: 'folder', folder })])
  t.match(prints, [{ print: /^[0-9a-f]{64}$/, unfinished: undefined, odd: undefined }, undefined])
  t.match(again[1], { versions: [{ version: 2n }, { version: 1n }] })
  t.same(await scanner.fingerprints([]), [])
  await t.rejects(scanner.look({ kind: 'folder', folder: join(folder, 'none') }), { code: 'CONFIG_INVALID', message: /ENOENT/ })
  t.same(await scanner.look({ kind: 'folder', folder }), again, 'a fault in between is forgotten')
})

t.test('a disk that hangs: each asker gives up after the limit, one question is put meanwhile, and the first answer heals it', async t => {
  const folder = t.testdir({ 'worker.mjs': `
    import { existsSync } from 'node:fs'
    import { parentPort } from 'node:worker_threads'
    let asked = 0
    const clock = new Int32Array(new SharedArrayBuffer(4))
    parentPort.on('message', ({ look: { folder } }) => {
      asked++
      if (folder !== 'fine') while (!existsSync(folder)) Atomics.wait(clock, 0, 0, 5)
      parentPort.postMessage({ found: [{ model: 'asked ' + asked, required: true, reason: '' }] })
    })` })
  const scanner = threadScanner({ withinMs: 50, entry: new URL(`file://${join(folder, 'worker.mjs')}`) })
  t.teardown(scanner.close)
  /** The thread takes its time on a busy machine. */
  const answered = async () => { for (;;) { try { return await scanner.look({ kind: 'folder', folder: 'fine' }) } catch (error) { t.match(error, { message: /has not answered/ }) } } }
  await answered()
  await t.rejects(scanner.look({ kind: 'folder', folder: join(folder, 'back') }), { code: 'CONFIG_INVALID', message: 'the disk has not answered for 0.05 s' })
  for (let i = 0; i < 3; i++) await t.rejects(scanner.fingerprints(['x']), { message: /has not answered/ }, 'who asks meanwhile waits for the one answer')
  writeFileSync(join(folder, 'back'), '')
  t.match(await answered(), [{ model: /^asked \d+$/ }])
})

t.test('a thread that ends is told and started again', async t => {
  const folder = t.testdir({ 'worker.mjs': `
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', question => { if (question.look.folder === 'dies') process.exit(3); else parentPort.postMessage({ found: [] }) })` })
  const scanner = threadScanner({ withinMs, entry: new URL(`file://${join(folder, 'worker.mjs')}`) })
  t.teardown(scanner.close)
  t.same(await scanner.look({ kind: 'folder', folder: 'fine' }), [])
  await t.rejects(scanner.look({ kind: 'folder', folder: 'dies' }), { message: /has ended/ })
  t.same(await scanner.look({ kind: 'folder', folder: 'fine' }), [])
})
