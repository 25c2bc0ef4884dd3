// A version that is copied slowly, in any order and with pauses, while requests run: none fails, and every answer is that of a version that was live.
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import { copyModel, engines, modelsFolder, sleep, start, temporaryFolder, until, write } from './service.js'

const settleMs = 300

const filesBelow = (folder: string): string[] => readdirSync(folder).flatMap(name => {
  const path = join(folder, name)
  return statSync(path).isDirectory() ? filesBelow(path) : [path]
})

/** Copies file by file, each in pieces, with a pause now and then that is longer than the settle time. */
async function copySlowly (from: string, to: string, order: (files: string[]) => string[]): Promise<void> {
  for (const [i, file] of order(filesBelow(from)).entries()) {
    const target = join(to, relative(from, file))
    mkdirSync(dirname(target), { recursive: true })
    const content = readFileSync(file)
    const descriptor = openSync(target, 'w')
    const piece = Math.ceil(content.length / 4) || 1
    for (let at = 0; at < content.length; at += piece) {
      writeSync(descriptor, content.subarray(at, at + piece))
      await sleep(at === piece ? settleMs * 2.5 : 20)
    }
    closeSync(descriptor)
    await sleep(i % 2 === 0 ? settleMs * 2 : 10)
  }
}

/** Version 2 of the sample answers rows with labels, version 1 plain numbers: both for x = 1 with 2.5. */
const isRight = (version: string, body: unknown): boolean => JSON.stringify(body) === (version === '1' ? '[2.5]' : '{"unit":"1","rows":[{"x":1,"y":2.5,"label":"more"}]}')

interface Order { readonly on: readonly string[], readonly sort: (files: string[]) => string[] }

const orders: Readonly<Record<string, Order>> = {
  'by name': { on: ['embedded'], sort: files => [...files].sort() },
  'the graph first': { on: ['embedded', 'tensorflow'], sort: files => [...files].sort((a, b) => Number(b.endsWith('.pb')) - Number(a.endsWith('.pb'))) },
  'the graph last': { on: ['tensorflow'], sort: files => [...files].sort((a, b) => Number(a.endsWith('saved_model.pb')) - Number(b.endsWith('saved_model.pb'))) }
}

for (const engine of engines) {
  for (const [how, order] of Object.entries(orders).filter(([, { on }]) => on.includes(engine.name))) {
    t.test(`${engine.name}: a slow copy, ${how}`, async t => {
      const models = temporaryFolder(t)
      const data = temporaryFolder(t)
      copyModel(models, 'half_plus_two/1', 'half', '1', { handler: true })
      const service = await start(t, { engine, models, flags: ['--settle-time', `${settleMs}ms`, '--watch-interval', '100ms', '--data-dir', data, '--no-log-requests'] })
      const seen = new Map<string, number>()
      const wrong: string[] = []
      let running = true
      const caller = async (): Promise<void> => {
        while (running) {
          const answer = await service.post('/models/half/evaluate', { x: 1 })
          const version = answer.headers.get('outrigger-model-version') ?? ''
          if (answer.status !== 200 || !isRight(version, answer.json)) wrong.push(`${answer.status} ${version} ${answer.text}`)
          seen.set(version, (seen.get(version) ?? 0) + 1)
          await sleep(2)
        }
      }
      const prober = async (): Promise<void> => {
        while (running) {
          const health = await service.call('/health')
          if (health.status !== 200) wrong.push(`health ${health.text}`)
          await sleep(20)
        }
      }
      const callers = [...Array.from({ length: 4 }, caller), prober()]
      await copySlowly(join(modelsFolder, 'half_plus_two/2'), join(models, 'half/2'), order.sort)
      await until('version 2 answers alone', async () => (await service.call('/health')).json.models[0].versions.map((one: { version: string }) => one.version).join() === '2' || undefined, 45_000)
      await sleep(200)
      running = false
      await Promise.all(callers)
      t.same(wrong, [], 'no request failed, no answer was wrong')
      t.same([...seen.keys()].sort(), ['1', '2'])
      const { changes } = (await service.call('/changes')).json as { changes: { what: string, from?: string, to?: string, by: string }[] }
      t.match(changes.find(({ what, to }) => what === 'version-live' && to === '2'), { from: '1', by: 'watch' })
      t.match(changes.find(({ what }) => what === 'version-removed'), { from: '1', to: '2' })
      t.comment(`${[...seen].map(([version, count]) => `${count} answers of version ${version}`).join(', ')}; ${changes.filter(({ what }) => what === 'version-failed').length} loads of an unfinished copy failed`)
      t.equal((await service.call('/health')).status, 200)
    })
  }
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
