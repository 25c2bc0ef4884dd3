import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseModelSettings } from '../../src/config/model-settings.js'
import { difference, examples, modelsFolder, samples, serve } from './kit.js'

const bytesBelow = (folder: string): number => readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
  const path = join(folder, entry.name)
  return sum + (entry.isDirectory() ? bytesBelow(path) : statSync(path).size)
}, 0)

t.test('every sample answers its examples as recorded in training', async t => {
  for (const sample of samples()) {
    const { evaluate } = await serve(t, sample)
    const recorded = examples(sample.folder)
    t.ok(recorded.length >= 2, `${sample.model}/${sample.version} has examples`)
    for (const { name, request, response, tolerance } of recorded) {
      t.equal(difference(await evaluate(request as object), response, tolerance), undefined, `${sample.model}/${sample.version} ${name}`)
    }
  }
})

t.test('every sample has its training script, a README, and stays small', async t => {
  t.ok(samples().length >= 4)
  for (const { model, version, folder } of samples()) {
    t.ok(existsSync(join(modelsFolder, model, 'train.py')), `${model} has train.py`)
    t.match(readFileSync(join(modelsFolder, model, 'README.md'), 'utf8'), new RegExp(`^# ${model}\n`))
    t.ok(bytesBelow(folder) < 300_000, `${model}/${version} is below 300 kB`)
  }
})

t.test('the settings of the samples are valid', async t => {
  for (const model of new Set(samples().map(sample => sample.model))) {
    const file = join(modelsFolder, model, 'model.yaml')
    if (existsSync(file)) t.doesNotThrow(() => parseModelSettings(readFileSync(file, 'utf8'), file))
  }
})

t.test('the two versions of half_plus_two answer the same question in their own ways', async t => {
  const [first, second] = await Promise.all(samples().filter(({ model }) => model === 'half_plus_two').map(async sample => await serve(t, sample)))
  t.same(await first!.evaluate({ x: [0, -4, 1e6] }), [2, 0, 500_002])
  t.same(await second!.evaluate({ x: [0, 4, 10], unit: 'kg' }), { unit: 'kg', rows: [{ x: 0, y: 2, label: 'more' }, { x: 4, y: 4, label: 'same' }, { x: 10, y: 7, label: 'less' }] })
  await t.rejects(first!.evaluate({ x: ['1'] }), { code: 'HANDLER_INPUT' })
  await t.rejects(first!.evaluate({ x: [1], unit: 'kg' }), { code: 'HANDLER_INPUT' }, 'version 1 knows no unit')
})

t.test('titanic takes words that it has not seen and refuses what is none of its types', async t => {
  const { evaluate } = await serve(t, samples().find(({ model }) => model === 'titanic')!)
  const passenger = { fare: 30, age: 40, sex: 'female', embarked: 'C', pclass: '1' }
  const { survived: woman } = await evaluate(passenger) as { survived: number }
  const { survived: man } = await evaluate({ ...passenger, sex: 'male' }) as { survived: number }
  const { survived: poor } = await evaluate({ ...passenger, pclass: '3' }) as { survived: number }
  t.ok(woman > man && woman > poor, 'the tendencies of the table')
  t.type((await evaluate({ ...passenger, embarked: 'Atlantis' }) as { survived: number }).survived, 'number')
  await t.rejects(evaluate({ ...passenger, fare: '30' }), { errors: [{ pointer: '/fare' }] })
  await t.rejects(evaluate({ ...passenger, pclass: 1 }), { errors: [{ pointer: '/pclass' }] })
})
