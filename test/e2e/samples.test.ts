import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { difference, examples, samples } from '../models/kit.js'
import { commandsOf } from './curl.js'
import { engines, root, start } from './service.js'

for (const engine of engines) {
  t.test(`${engine.name}: the samples`, async t => {
    const service = await start(t, { engine })
    const pictures = join(root, 'models', 'digits', '1', 'examples')

    t.test('answer their examples as recorded in training', async t => {
      for (const { model, version, folder } of samples()) {
        for (const { name, request, response, tolerance } of examples(folder)) {
          const answer = await service.post(`/models/${model}/versions/${version}/evaluate`, request)
          t.equal(answer.status, 200, answer.text)
          t.equal(answer.headers.get('outrigger-model-version'), version)
          t.equal(difference(answer.json, response, tolerance), undefined, `${model}/${version} ${name}`)
        }
      }
    })

    t.test('every curl command of the README and the docs works as pasted', async t => {
      for (const file of ['README.md', 'docs/samples.md', 'models/titanic/README.md', 'models/digits/README.md', 'models/half_plus_two/README.md']) {
        const commands = commandsOf(readFileSync(join(root, file), 'utf8'))
        t.ok(commands.length > 0, `${file} has commands`)
        for (const { text, path, init } of commands) {
          const answer = await service.call(path, init(root))
          t.ok(answer.status === 200, `${file}: ${text} → ${answer.status} ${answer.status === 200 ? '' : answer.text}`)
        }
      }
    })

    t.test('the plain form and the form with dimensions agree', async t => {
      const many = await service.post('/models/titanic/evaluate', { fare: [[7], [9]], sex: [['male'], ['female']], embarked: [['Q'], ['S']], pclass: [['3'], ['2']], age: [[27], [38]] })
      const one = await service.post('/models/titanic/evaluate', { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 })
      t.match(many.json, { survived: [[Number], [Number]] })
      t.equal(difference(one.json, { survived: many.json.survived[0][0] }, 1e-6), undefined)
    })

    t.test('pictures: PNG, JPEG, a form, base64 in JSON; the class, its name and the probabilities', async t => {
      for (const file of readdirSync(pictures).filter(name => /\.(png|jpeg)$/.test(name))) {
        const bytes = readFileSync(join(pictures, file))
        const type = file.endsWith('png') ? 'image/png' : 'image/jpeg'
        const form = new FormData()
        form.set('picture', new Blob([bytes], { type }), file)
        const bodies = [
          await service.post('/models/digits/evaluate', bytes, { 'content-type': type }),
          await service.post('/models/digits/evaluate', form),
          await service.post('/models/digits/evaluate', { picture: bytes.toString('base64') })
        ]
        for (const answer of bodies) {
          t.equal(answer.status, 200, answer.text)
          t.equal(answer.json.name, file.split('-')[0], file)
          t.equal(Object.keys(answer.json.probabilities).length, 10)
          t.same(answer.json, bodies[0]!.json, 'however it came')
        }
      }
    })

    t.test('versions and labels side by side', async t => {
      const ask = async (place: string): Promise<unknown> => (await service.post(`/models/half_plus_two${place}/evaluate`, { x: [1, 2, 5] })).json
      const rows = { unit: '1', rows: [{ x: 1, y: 2.5, label: 'more' }, { x: 2, y: 3, label: 'more' }, { x: 5, y: 4.5, label: 'less' }] }
      t.same(await ask('/versions/1'), [2.5, 3, 4.5])
      t.same(await ask('/labels/plain'), [2.5, 3, 4.5])
      t.same(await ask('/versions/2'), rows)
      t.same(await ask('/labels/rows'), rows)
      t.same(await ask(''), rows, 'the newest where none is named')
    })

    t.test("TensorFlow Serving's REST: row and column form, versions, labels, status, metadata", async t => {
      t.same((await service.post('/v1/models/half_plus_two:predict', { instances: [1, 2, 5] })).json, { predictions: [2.5, 3, 4.5] })
      t.same((await service.post('/v1/models/half_plus_two/versions/1:predict', { inputs: { x: [1, 2, 5] } })).json, { outputs: [2.5, 3, 4.5] })
      t.same((await service.post('/v1/models/half_plus_two/labels/plain:predict', { instances: [{ x: 0 }] })).json, { predictions: [2] })
      const titanic = await service.post('/v1/models/titanic:predict', { instances: [{ fare: [7], sex: ['male'], embarked: ['Q'], pclass: ['3'], age: [27] }] })
      t.match(titanic.json, { predictions: [[Number]] })
      const status = await service.call('/v1/models/half_plus_two')
      t.same(status.json.model_version_status.map((one: { version: string, state: string }) => [one.version, one.state]), [['2', 'AVAILABLE'], ['1', 'AVAILABLE']])
      const metadata = await service.call('/v1/models/titanic/metadata')
      t.match(metadata.json, { model_spec: { name: 'titanic', version: '1' }, metadata: { signature_def: { signature_def: { serving_default: { inputs: { fare: { dtype: 'DT_FLOAT' }, sex: { dtype: 'DT_STRING' } } } } } } })
    })

    t.test('describe: the catalogue, a model, a version', async t => {
      const catalogue = await service.call('/models')
      t.equal(catalogue.status, 200)
      for (const name of ['titanic', 'digits', 'half_plus_two']) t.match(catalogue.text, name)
      for (const path of ['/models/titanic', '/models/titanic/versions/1', '/models/half_plus_two/labels/rows']) t.equal((await service.call(path)).status, 200, path)
      t.match((await service.call('/models/titanic')).text, /float32.*embarked|embarked.*float32/s)
    })

    t.test('all these answers are as the OpenAPI document says', async t => await service.checkAnswers(t))
  })
}

t.test('the default model', async t => {
  const service = await start(t, { flags: ['--default-model', 'titanic'] })
  const passenger = { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 }
  t.same((await service.post('/evaluate', passenger)).json, (await service.post('/models/titanic/evaluate', passenger)).json)
  t.match((await service.call('/describe')).text, 'titanic')
})
