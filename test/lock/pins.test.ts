// Files by their checksums: what differs is named, what is touched while it is loaded is noticed, what cannot be pinned is refused.
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { holdPins, isHandlersFile, pinFault, pinsOf } from '../../src/lock/pins.js'

const version = { 'saved_model.pb': 'graph', 'handler.ts': 'code', '.hidden.ts': 'x', '.complete': '', variables: { data: 'd' }, examples: { 'a.json': '{}' } }

t.test('every file counts but the seal', async t => {
  const pins = await pinsOf(t.testdir(version))
  t.same([...pins.keys()], ['.hidden.ts', 'examples/a.json', 'handler.ts', 'saved_model.pb', 'variables/data'])
  t.match(pins.get('handler.ts'), /^[0-9a-f]{64}$/)
})

t.test('what differs is named', async t => {
  const folder = t.testdir(version)
  const pinned = await pinsOf(folder)
  await (await holdPins(folder, pinned)).confirm()
  writeFileSync(join(folder, 'handler.ts'), 'other')
  writeFileSync(join(folder, 'extra.ts'), 'new')
  rmSync(join(folder, 'saved_model.pb'))
  await t.rejects(holdPins(folder, pinned), { code: 'MODEL_NOT_PINNED', message: 'extra.ts is not pinned; handler.ts is not what is pinned; saved_model.pb is pinned and not there' })
  t.equal(pinFault(pinned, pinned), undefined)
  t.match(pinFault(new Map(), new Map(Array.from({ length: 9 }, (_, i) => [`f${i}`, 'x']))), /; and 4 more$/)
})

t.test('a file that was changed and put back while it was loaded is noticed', async t => {
  const folder = t.testdir(version)
  const pinned = await pinsOf(folder)
  const held = await holdPins(folder, pinned)
  const file = join(folder, 'variables/data')
  writeFileSync(file, 'e')
  writeFileSync(file, 'd')
  utimesSync(file, 1, 1)
  t.equal(pinFault(pinned, await pinsOf(folder)), undefined, 'the contents are the pinned ones')
  await t.rejects(held.confirm(), { code: 'MODEL_NOT_PINNED', message: /touched/ })
  const again = await holdPins(folder, pinned)
  writeFileSync(join(folder, 'late.ts'), '')
  await t.rejects(again.confirm(), { code: 'MODEL_NOT_PINNED' })
})

t.test('only what is wanted', async t => {
  const folder = t.testdir(version)
  const pinned = await pinsOf(folder)
  writeFileSync(join(folder, 'variables/data'), 'other')
  await t.rejects(holdPins(folder, pinned))
  await (await holdPins(folder, pinned, isHandlersFile)).confirm()
  t.same(['handler.ts', 'vocabulary.txt', 'variables/a', 'saved_model.pb', 'model.onnx', 'model.ts'].map(isHandlersFile), [true, true, false, false, false, true])
})

t.test('a link to a file counts as the file, a link to a folder is refused', async t => {
  const folder = t.testdir({ one: version, elsewhere: { a: 'b' } })
  symlinkSync(join(folder, 'elsewhere/a'), join(folder, 'one/linked'))
  const pinned = await pinsOf(join(folder, 'one'))
  writeFileSync(join(folder, 'elsewhere/a'), 'c')
  await t.rejects(holdPins(join(folder, 'one'), pinned), { message: 'linked is not what is pinned' })
  mkdirSync(join(folder, 'two'))
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'two/linked'))
  await t.rejects(pinsOf(join(folder, 'two')), { code: 'MODEL_NOT_PINNED', message: /linked is a link to a folder/ })
})
