// GET models, describe: names, states, inputs and outputs, schemas, examples.
import t from 'tap'
import { folderWith, signature } from '../../../handlers/kit.js'
import { build, model, version } from '../evaluate/service.js'

const usual = signature({ x: ['DT_FLOAT', [-1, 2]] }, { y: ['DT_STRING', [-1]] })
const nobody = async () => ({})

t.test('describe', async t => {
  const folder = folderWith(t, { 'examples/one.json': '{"request": {"x": [1, 2]}, "response": {"y": "a"}}', 'examples/broken.json': '{', 'examples/readme.txt': '' })
  const models = [
    model('b/ä', [version('b/ä', 2n ** 53n + 1n, [usual], { folder }), version('b/ä', 1n, [], { state: 'failed', reason: 'UNIMPLEMENTED: op X' })], { labels: new Map([['stable', 2n ** 53n + 1n]]) }),
    model('a', [version('a', 1n, [], { state: 'loading' })], { required: false })
  ]
  const { app } = await build(t, models, nobody, { defaultModel: 'b/ä' })
  const get = async (url: string) => await app.inject({ url })

  t.same((await get('/models')).json(), {
    models: [
      { name: 'a', default: false, required: false, available: false, labels: {}, versions: [{ version: '1', state: 'loading', labels: [], format: 'saved-model', engine: 'embedded', handler: false }], describe: '/models/a', evaluate: '/models/a/evaluate' },
      {
        name: 'b/ä', default: true, required: true, available: true, labels: { stable: '9007199254740993' },
        versions: [
          { version: '9007199254740993', state: 'available', labels: ['stable'], format: 'saved-model', engine: 'embedded', handler: false },
          { version: '1', state: 'failed', reason: 'UNIMPLEMENTED: op X', labels: [], format: 'saved-model', engine: 'embedded', handler: false }
        ],
        describe: '/models/b%2F%C3%A4', evaluate: '/models/b%2F%C3%A4/evaluate'
      }
    ]
  })
  const described = (await get('/describe')).json() as object
  t.match(described, {
    name: 'b/ä', version: '9007199254740993', state: 'available', labels: ['stable'], format: 'saved-model', engine: 'embedded', checksum: 'abc', handler: null,
    inputs: { x: { dtype: 'float32', shape: [null, 2] } }, outputs: { y: { dtype: 'string', shape: [null] } }, signature: 'serving_default',
    media_types: ['application/json', 'multipart/form-data', 'application/octet-stream'],
    schema: { request: { anyOf: [{}, {}] }, response: {} },
    examples: [{ name: 'one', request: { x: [1, 2] }, response: { y: 'a' } }],
    evaluate: '/models/b%2F%C3%A4/versions/9007199254740993/evaluate'
  })
  for (const url of ['/models/b%2F%C3%A4', '/models/b%2F%C3%A4/versions/9007199254740993', '/models/b%2F%C3%A4/labels/stable']) t.same((await get(url)).json(), described, url)
  t.match((await get('/models/b%2F%C3%A4/versions/1')).json(), { state: 'failed', reason: 'UNIMPLEMENTED: op X', inputs: {}, media_types: [] }, 'a version that failed can be described')
  t.match((await get('/models/a')).json(), { state: 'loading', version: '1' })
  t.match((await get('/models/zz')).json(), { status: 404, code: 'MODEL_NOT_FOUND', detail: 'There is no model zz; there are: a, b/ä' })
  t.match((await get('/models/a/labels/x')).json(), { status: 404, detail: 'Model a has no label x; it has: none' })
  t.equal((await app.inject({ method: 'HEAD', url: '/models' })).statusCode, 200)
})

t.test('no default model', async t => {
  const { app } = await build(t, [], nobody)
  t.match((await app.inject({ url: '/describe' })).json(), { status: 404, code: 'MODEL_NOT_FOUND' })
  t.same((await app.inject({ url: '/models' })).json(), { models: [] })
  const { app: one } = await build(t, [model('only', [version('only', 1n, [usual])])], nobody)
  t.match((await one.inject({ url: '/describe' })).json(), { name: 'only' }, 'the only model is the default one')
})
