// A version that is copied slowly, in any order and with pauses, while requests run: none fails, and every answer is that of a version that was live.
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import { Bundle } from '../../src/embedded/formats/saved-model/bundle.js'
import { writeBundle } from '../embedded/saved-model-writer.js'
import { copyModel, engines, modelsFolder, sleep, start, temporaryFolder, until, write } from './service.js'

const settleMs = 300

/** Bytes per second of a copy. A larger model is copied faster, so that none takes longer than `longestS`; with SLOW_COPY=1 all keep to the rate, with longer pauses. */
const rate = 1024
const thorough = process.env.SLOW_COPY === '1'
const longestS = thorough ? Infinity : 12

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const filesBelow = (folder: string): string[] => readdirSync(folder).flatMap(name => {
  const path = join(folder, name)
  return statSync(path).isDirectory() ? filesBelow(path) : [path]
})

/** Copies file by file in a random order, in pieces, with pauses between and within files that are longer than the settle time. `last` is the file that comes last whatever the order. */
async function copySlowly (from: string, to: string, random: () => number, last?: string): Promise<string[]> {
  const files = filesBelow(from).map(file => ({ file, place: relative(from, file) === last ? 1 : random() })).sort((a, b) => a.place - b.place).map(({ file }) => file)
  const total = files.reduce((sum, file) => sum + statSync(file).size, 0)
  const bytesPerSecond = Math.max(rate, total / longestS)
  const pauseMs = (): number => settleMs * (thorough ? 1.5 + random() * 6 : 1.2 + random() * 1.3)
  for (const file of files) {
    const target = join(to, relative(from, file))
    mkdirSync(dirname(target), { recursive: true })
    const content = readFileSync(file)
    const descriptor = openSync(target, 'w')
    const pieceBytes = Math.max(64, Math.ceil(bytesPerSecond / 8))
    const pauseAt = Math.floor(random() * content.length / pieceBytes) * pieceBytes
    for (let at = 0; at < content.length; at += pieceBytes) {
      writeSync(descriptor, content.subarray(at, at + pieceBytes))
      await sleep(at === pauseAt && random() < 0.5 ? pauseMs() : 125)
    }
    closeSync(descriptor)
    if (random() < 0.5) await sleep(pauseMs())
  }
  return files.map(file => relative(from, file))
}

/** A handler that reads a table of its version. */
const wordy = `import { numbers, type Context, type Tensors } from 'outrigger/handler'
import { readFile } from 'node:fs/promises'

export const load = async ({ folder }: { folder: string }): Promise<string[]> => (await readFile(folder + '/assets/words.txt', 'utf8')).trimEnd().split('\\n')
export const preprocess = ({ x }: { x: number }) => ({ x: [x] })
export const postprocess = (outputs: Tensors, { state }: Context<string[]>) => ({ word: state[numbers(outputs.y!)[0]!] ?? 'none', words: state.length })
`
const words = (count: number): string => Array.from({ length: count }, (_one, i) => `word ${i} of the version with ${count}\n`).join('')

/** The variables of the sample over two files. */
function shard (folder: string): void {
  const prefix = join(folder, 'variables/variables')
  const bundle = new Bundle(prefix)
  const tensors = Object.fromEntries(bundle.names().map(name => [name, bundle.read(name, name.startsWith('_') ? 'DT_STRING' : 'DT_FLOAT')]))
  bundle.close()
  for (const file of readdirSync(join(folder, 'variables'))) rmSync(join(folder, 'variables', file))
  writeBundle(prefix, tensors, 2)
}

interface Kind {
  /** Makes a version in a folder, 1 or 2. */
  readonly make: (repository: string, name: string, version: string) => string
  readonly ask: readonly [path: string, body: unknown]
  /** By version, what it must answer, as JSON. */
  readonly answers: Readonly<Record<string, string>>
  readonly settings?: string
  readonly last?: string
}

const examples = (body: object, answer: object): Record<string, string> => ({ 'examples/one.json': JSON.stringify({ request: body, response: answer }) })

/** Every kind of version that there is. */
const kinds: Readonly<Record<string, Kind>> = {
  'handler and examples': {
    make: (repository, name, version) => copyModel(repository, `half_plus_two/${version}`, name, version, { handler: true }),
    ask: ['evaluate', { x: 1 }],
    answers: { 1: '[2.5]', 2: '{"unit":"1","rows":[{"x":1,"y":2.5,"label":"more"}]}' }
  },
  'handler with a vocabulary in assets': {
    make: (repository, name, version) => {
      const folder = copyModel(repository, 'half_plus_two/1', name, version)
      const count = Number(version) * 20
      write(folder, { 'handler.ts': wordy, 'assets/words.txt': words(count), ...examples({ x: 4 }, { word: `word 4 of the version with ${count}`, words: count }) })
      return folder
    },
    ask: ['evaluate', { x: 4 }],
    answers: { 1: '{"word":"word 4 of the version with 20","words":20}', 2: '{"word":"word 4 of the version with 40","words":40}' }
  },
  'variables in two files': {
    make: (repository, name, version) => {
      const folder = copyModel(repository, 'half_plus_two/1', name, version)
      if (version === '2') shard(folder)
      return folder
    },
    ask: ['evaluate', { x: 1 }],
    answers: { 1: '{"y":2.5}', 2: '{"y":2.5}' }
  },
  'a seal': {
    make: (repository, name, version) => {
      const folder = copyModel(repository, `half_plus_two/${version}`, name, version, { handler: true })
      write(folder, { '.complete': '' })
      return folder
    },
    ask: ['evaluate', { x: 1 }],
    answers: { 1: '[2.5]', 2: '{"unit":"1","rows":[{"x":1,"y":2.5,"label":"more"}]}' },
    settings: 'seal: true\n',
    last: '.complete'
  },
  'no handler and no examples, strings': {
    make: (repository, name, version) => copyModel(repository, 'titanic/1', name, version),
    ask: ['evaluate', { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 }],
    answers: {}
  }
}

const seed = Number(process.env.SEED ?? 20_241)

for (const [turn, engine] of engines.entries()) {
  t.test(`${engine.name}: every kind of version is copied at ${rate} B/s in random order with pauses longer than the settle time`, async t => {
    const models = temporaryFolder(t)
    const finished = temporaryFolder(t)
    const data = temporaryFolder(t)
    const all = Object.values(kinds).map((kind, i) => ({ ...kind, name: `kind${i}`, what: Object.keys(kinds)[i]! }))
    for (const { name, make, settings } of all) {
      make(models, name, '1')
      make(finished, name, '2')
      if (settings !== undefined) write(models, { [`${name}/model.yaml`]: settings })
    }
    const service = await start(t, { engine, models, flags: ['--settle-time', `${settleMs}ms`, '--watch-interval', '100ms', '--data-dir', data, '--no-log-requests'] })
    const wrong: string[] = []
    const seen = new Set<string>()
    const count = { answers: 0 }
    let running = true
    const usual = new Map<string, string>()
    const caller = async ({ name, ask: [path, body], answers }: typeof all[number]): Promise<void> => {
      while (running) {
        const { status, headers, json, text } = await service.post(`/models/${name}/${path}`, body)
        const version = headers.get('outrigger-model-version') ?? ''
        const right = answers[version] ?? usual.get(name) ?? text
        usual.set(name, right)
        if (status !== 200 || JSON.stringify(json) !== right) wrong.push(`${name} ${status} ${version} ${text}`)
        seen.add(`${name} ${version}`)
        count.answers++
        await sleep(5)
      }
    }
    const prober = async (): Promise<void> => {
      while (running) {
        const health = await service.call('/health')
        if (health.status !== 200) wrong.push(`health ${health.text}`)
        await sleep(50)
      }
    }
    const callers = [...all.map(caller), prober()]
    t.comment(`SEED=${seed}`)
    await Promise.all(all.map(async ({ name, what, last }, i) => {
      const order = await copySlowly(join(finished, name, '2'), join(models, name, '2'), randomOf(seed + turn * 100 + i), last)
      t.comment(`${what}: ${order.join(', ')}`)
      await until(`version 2 of ${what} answers alone`, async () => (await service.call('/health')).json.models.find((one: { name: string }) => one.name === name).versions.map((one: { version: string }) => one.version).join() === '2' || undefined, thorough ? 300_000 : 60_000)
    }))
    await until('each version 2 has been asked', () => all.every(({ name }) => seen.has(`${name} 2`)) || undefined)
    running = false
    await Promise.all(callers)
    t.same(wrong, [], `${count.answers} answers, none wrong`)
    const { changes } = (await service.call('/changes?limit=1000')).json as { changes: { what: string, model: string, from?: string, to?: string, by: string, reason?: string }[] }
    for (const { name } of all) {
      t.match(changes.find(({ what, model, to }) => what === 'version-live' && model === name && to === '2'), { from: '1', by: 'watch' })
      t.match(changes.find(({ what, model }) => what === 'version-removed' && model === name), { from: '1', to: '2' })
    }
    const failed = changes.filter(({ what }) => what === 'version-failed')
    t.comment(`${failed.length} loads of an unfinished copy failed: ${failed.map(({ model, reason }) => `${model}: ${reason?.split('\n')[0]?.slice(0, 100)}`).join('; ')}`)
    t.notOk(failed.some(({ model }) => kinds[all.find(one => one.name === model)!.what]?.last !== undefined), 'a sealed one is never tried early')
    t.same((await service.call('/health')).json.failed, [])
  })
}

t.test('what fails is told and leaves the old version; SIGHUP and reload; labels and the journal outlive a restart', async t => {
  const models = temporaryFolder(t)
  const data = temporaryFolder(t)
  copyModel(models, 'half_plus_two/1', 'half', '1', { handler: true })
  write(models, { 'half/model.yaml': 'versions: all\nlabels: {stable: 1}\n' })
  const flags = ['--settle-time', '100ms', '--watch-interval', '100ms', '--data-dir', data, '--allow-local-admin']
  const service = await start(t, { engine: engines[0], models, flags })
  copyModel(models, 'half_plus_two/2', 'half', '.tmp-2', { handler: true })
  writeFileSync(join(models, 'half/.tmp-2/examples/number.json'), JSON.stringify({ request: { x: 1 }, response: { unit: '1', rows: [{ x: 1, y: 99, label: 'more' }] } }))
  rmSync(join(models, 'half/.tmp-2/examples/list.json'))
  renameSync(join(models, 'half/.tmp-2'), join(models, 'half/2'))
  const failed = await until('the example fails', async () => (await service.call('/health')).json.failed[0])
  t.match(failed, { model: 'half', version: '2', reason: /example number: \/rows\/0\/y: expected 99, got 2\.5/ })
  t.equal((await service.call('/health')).status, 200)
  t.same((await service.post('/models/half/versions/1/evaluate', { x: 1 })).json, [2.5])
  t.match((await service.call('/metrics')).text, /outrigger_version_failures_total\{model="half"\} 1/)
  copyFileSync(join(modelsFolder, 'half_plus_two/2/examples/number.json'), join(models, 'half/2/examples/number.json'))
  t.equal((await service.post('/models/half/reload', {})).status, 202)
  await until('version 2 is live', async () => (await service.call('/health')).json.models[0].versions[0].state === 'available' || undefined)
  t.equal((await service.post('/models/half/labels/stable/evaluate', { x: 1 })).headers.get('outrigger-model-version'), '1')
  const put = async (body: unknown) => await service.call('/models/half/labels/stable', { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  t.equal((await put({ version: '9' })).status, 404)
  t.same((await put({ version: '2' })).json, { model: 'half', label: 'stable', version: '2', from: '1' })
  t.equal((await service.post('/models/half/labels/stable/evaluate', { x: 1 })).headers.get('outrigger-model-version'), '2')
  service.signal('SIGHUP')
  await until('SIGHUP is in the journal', async () => (await service.call('/changes')).json.changes.some((one: { by: string }) => one.by === 'SIGHUP') || undefined)
  await service.checkAnswers(t)
  service.signal('SIGTERM')
  t.equal(await service.ended(), 0)

  const again = await start(t, { engine: engines[0], models, flags })
  t.equal((await again.post('/models/half/labels/stable/evaluate', { x: 1 })).headers.get('outrigger-model-version'), '2')
  const { changes } = (await again.call('/changes?limit=1000')).json as { changes: { id: number, what: string, by: string }[] }
  t.same(changes.map(({ id }) => id), changes.map((_one, i) => changes.length - i), 'numbered without a gap')
  t.same(changes.filter(({ what }) => what === 'start').length, 2)
  t.match(changes.find(({ what }) => what === 'drain'), { by: 'SIGTERM' })
  t.match(changes.find(({ what }) => what === 'label-moved'), { model: 'half/labels/stable', from: '1', to: '2', by: /PUT label by 127\.0\.0\.1/ })
})
