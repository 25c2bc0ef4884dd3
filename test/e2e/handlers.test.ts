import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { copyModel, engines, start, temporaryFolder, until, write } from './service.js'

const greeting = `import { InvalidInput, Type, numbers, type Context, type Static, type Tensors } from 'outrigger/handler'
import { double } from './double.ts'

export const input = Type.Object({ half: Type.Number() })
export const output = Type.Object({ answer: Type.Number(), from: Type.String() })

export async function load ({ folder }: { folder: string }): Promise<{ words: string }> {
  const { readFile } = await import('node:fs/promises')
  return { words: (await readFile(folder + '/words.txt', 'utf8')).trim() }
}

export function preprocess ({ half }: Static<typeof input>) {
  if (half < 0) throw new InvalidInput('no negative halves', '/half')
  return { x: [double(half)] }
}

export function postprocess (outputs: Tensors, context: Context<{ words: string }>): Static<typeof output> {
  return { answer: numbers(outputs.y!)[0]! satisfies number, from: context.state.words }
}
`
const double = 'export const double = (x: number): number => x * 2\n'
const endless = 'export function preprocess ({ x }: { x: number[] }) {\n  if (x[0] === 666) for (;;);\n  return { x }\n}\n'
const hungry = 'export function preprocess ({ x }: { x: number[] }) {\n  const kept: number[][] = []\n  if (x[0] === 666) for (;;) kept.push(Array(100_000).fill(kept.length))\n  return { x }\n}\n'
const enumerated = 'enum Mood { Good, Bad }\nexport const preprocess = () => ({ x: [Mood.Good] })\n'

for (const engine of engines) {
  t.test(`${engine.name}: handlers written after installation, outside the checkout`, async t => {
    const models = temporaryFolder(t)
    write(copyModel(models, 'half_plus_two/1', 'greeting'), { 'handler.ts': greeting, 'double.ts': double, 'words.txt': 'a file of the version\n' })
    write(copyModel(models, 'half_plus_two/1', 'endless'), { 'handler.ts': endless, '../model.yaml': 'handler:\n  timeout: 700ms\n' })
    write(copyModel(models, 'half_plus_two/1', 'hungry'), { 'handler.ts': hungry })
    write(copyModel(models, 'half_plus_two/1', 'enumerated'), { 'handler.ts': enumerated, '../model.yaml': 'required: false\n' })
    const service = await start(t, { engine, models })

    t.test('TypeScript, our module, a file beside it, a table of the version', async t => {
      t.same((await service.post('/models/greeting/evaluate', { half: 3 })).json, { answer: 5, from: 'a file of the version' })
      const refused = await service.post('/models/greeting/evaluate', { half: -1 })
      t.equal(refused.status, 422)
      t.match(refused.json, { detail: /no negative halves/, errors: [{ pointer: '/half' }], model: 'greeting', version: '1' })
    })

    t.test('an endless loop gets 504 while health and the others answer at once; then it answers again', async t => {
      const begun = Date.now()
      const loop = service.post('/models/endless/evaluate', { x: [666] })
      let slowest = 0
      let answered = 0
      const watching = { on: true }
      const watch = (async () => {
        while (watching.on) {
          const asked = Date.now()
          const [health, other] = await Promise.all([service.call('/health'), service.post('/v1/models/endless:predict', { instances: [2] })])
          slowest = Math.max(slowest, Date.now() - asked)
          if (health.status === 200 && other.status === 200) answered++
          else t.fail(`health ${health.status}, another call ${other.status}`)
        }
      })()
      const { status, json } = await loop
      watching.on = false
      await watch
      t.equal(status, 504)
      t.match(json, { code: 'HANDLER_TIMEOUT', model: 'endless', version: '1' })
      t.ok(Date.now() - begun < 5000, `after ${Date.now() - begun} ms`)
      t.ok(answered > 3 && slowest < 600, `${answered} calls meanwhile, the slowest took ${slowest} ms`)
      t.same((await service.post('/models/endless/evaluate', { x: [2] })).json, { y: 3 })
    })

    t.test('a handler that eats memory ends alone', async t => {
      const { status, json } = await service.post('/models/hungry/evaluate', { x: [666] })
      t.equal(status, 500)
      t.match(json, { code: 'HANDLER_FAILED', model: 'hungry' })
      t.same((await service.post('/models/hungry/evaluate', { x: [2] })).json, { y: 3 })
      t.equal((await service.call('/health')).status, 200)
    })

    t.test('syntax that cannot be erased is refused with its line, in health', async t => {
      const { json } = await service.call('/health')
      const failed = json.failed.find((one: { model: string }) => one.model === 'enumerated')
      t.match(failed?.reason, /enum/i)
      t.match(failed?.reason, /\b1\b/, 'the line')
    })
  })
}

t.test('model sources: a config file, a base path', async t => {
  const folder = temporaryFolder(t)
  for (const version of ['1', '2', '3']) copyModel(folder, 'half_plus_two/1', 'half', version)
  write(folder, {
    'models.config': `# as TensorFlow Serving reads it
model_config_list {
  config {
    name: "two of them"
    base_path: "${join(folder, 'half')}"
    model_platform: "tensorflow"
    model_version_policy { specific { versions: 1 versions: 3 } }
    version_labels { key: "stable" value: 1 }
  }
}
`
  })
  const configured = await start(t, { flags: ['--model-config-file', join(folder, 'models.config')] })
  t.same((await configured.post('/v1/models/two%20of%20them/labels/stable:predict', { instances: [2] })).json, { predictions: [3] })
  t.equal((await configured.post('/v1/models/two%20of%20them/versions/2:predict', { instances: [2] })).status, 404)
  t.equal((await configured.post('/v1/models/two%20of%20them:predict', { instances: [2] })).headers.get('outrigger-model-version'), '3')

  const one = await start(t, { flags: ['--model_name=half', `--model_base_path=${join(folder, 'half')}`] })
  const answer = await one.post('/evaluate', { x: 2 })
  t.same(answer.json, { y: 3 })
  t.equal(answer.headers.get('outrigger-model-version'), '3', 'the newest')
})

t.test('an incomplete version is never served', async t => {
  const folder = temporaryFolder(t)
  copyModel(folder, 'half_plus_two/1', 'half', '1')
  mkdirSync(join(folder, 'half', '2', 'variables'), { recursive: true })
  renameSync(copyModel(folder, 'half_plus_two/1', 'half', '3'), join(folder, 'half', '.tmp-3'))
  const service = await start(t, { models: folder })
  t.equal((await service.post('/models/half/evaluate', { x: [2] })).headers.get('outrigger-model-version'), '1')
  await until('health is 200', async () => (await service.call('/health')).status === 200)
  t.equal((await service.post('/models/half/versions/2/evaluate', { x: [2] })).status, 404)
})
