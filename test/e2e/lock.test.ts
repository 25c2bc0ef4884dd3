// models.lock on the built service: what a model server reads when it comes up again, or takes over from another, is what was pinned.
import { once } from 'node:events'
import { appendFileSync, cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { copyModel, engines, modelsFolder, noProc, run, start, temporaryFolder, until } from './service.js'

interface Change { readonly what: string, readonly model?: string, readonly to: string | null, readonly reason?: string }

for (const engine of engines) {
  t.test(`${engine.name}: files that were changed while a version served`, { skip: noProc }, async t => {
    const folder = temporaryFolder(t)
    const [models, lock] = [join(folder, 'models'), join(folder, 'models.lock')]
    for (const name of ['changed', 'kept']) copyModel(models, 'half_plus_two/1', name)
    const { process: locking } = run(t, ['lock', models, '--out', lock])
    t.same(await once(locking, 'exit'), [0, null])
    const service = await start(t, { engine, models, flags: ['--models-lock', lock, '--watch-interval', '0', '--allow-local-admin'] })
    const asked = async (model: string): Promise<number> => (await service.post(`/models/${model}/evaluate`, { x: 1 })).status
    const changes = async (what: string): Promise<Change[]> => ((await service.call('/changes')).json.changes as Change[]).filter(change => change.what === what)
    t.same([await asked('changed'), await asked('kept')], [200, 200])
    const [file] = readdirSync(join(models, 'changed', '1', 'variables')).filter(name => name.includes('data'))
    appendFileSync(join(models, 'changed', '1', 'variables', file!), 'x')

    t.equal((await service.post(`/engines/${engine.name}/replace`, {})).status, 202)
    const refused = await until('the replacement fails', async () => (await changes('engine-replace-failed'))[0])
    t.match(refused.reason, /changed version 1 .* is not what is pinned/)
    t.same([await asked('changed'), await asked('kept')], [200, 200], 'what was loaded serves on')

    const [child] = service.children()
    process.kill(child!, 'SIGKILL')
    await until('the next one serves', async () => !service.children().includes(child!) && await asked('kept') === 200)
    const answer = await service.post('/models/changed/evaluate', { x: 1 })
    t.match(answer, { status: 503, json: { code: 'MODEL_NOT_READY', detail: /GET \/health tells why/ } }, answer.text)
    const health = await service.call('/health')
    t.equal(health.status, 503, 'the model is required')
    t.match(health.json.failed, [{ model: 'changed', version: '1', reason: /is not what is pinned/ }])
    t.match(await changes('version-failed'), [{ model: 'changed', to: '1', reason: /is not what is pinned/ }])
    t.match(await until('it is told', () => service.lines.find(line => line.message === 'version cannot be served')), { code: 'MODEL_NOT_PINNED', model: 'changed' })

    rmSync(join(models, 'changed', '1', 'variables'), { recursive: true })
    cpSync(join(modelsFolder, 'half_plus_two', '1', 'variables'), join(models, 'changed', '1', 'variables'), { recursive: true })
    await until('mended, it is taken in again', async () => (await service.post('/models/changed/reload', {})).status === 202 && await asked('changed') === 200)
    process.kill(service.children()[0]!, 'SIGKILL')
    await until('both serve after another restart', async () => await asked('changed') === 200 && await asked('kept') === 200)
    await service.checkAnswers(t)
  })
}
