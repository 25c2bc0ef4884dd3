import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { engines, modelsFolder, root, start, until, type Running } from './service.js'

const passenger = { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 }

/** Sum of a metric's samples whose labels hold all of these. */
async function sumOf (service: Running, metric: string, labels: Readonly<Record<string, string | RegExp>>): Promise<number> {
  const { text } = await service.call('/metrics')
  return text.split('\n').filter(line => line.startsWith(`${metric}{`) && Object.entries(labels).every(([label, wanted]) => {
    const value = new RegExp(`[{,]${label}="([^"]*)"`).exec(line)?.[1]
    return value !== undefined && (typeof wanted === 'string' ? value === wanted : wanted.test(value))
  })).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

for (const engine of engines) {
  t.test(`${engine.name}: what every service carries`, async t => {
    const service = await start(t, { engine })

    t.test('metrics: after N good and M bad predictions the series rose by exactly that', async t => {
      const good = { model: 'titanic', status: '200' }
      const bad = { model: 'titanic', status: '400' }
      const before = await Promise.all([sumOf(service, 'outrigger_requests_total', good), sumOf(service, 'outrigger_requests_total', bad), sumOf(service, 'outrigger_request_seconds_count', { model: 'titanic' })])
      const [N, M] = [7, 4]
      await Promise.all([
        ...Array.from({ length: N }, async (_, i) => await service.post(i % 2 === 0 ? '/models/titanic/evaluate' : '/models/titanic/versions/1/evaluate', passenger)),
        ...Array.from({ length: M }, async () => await service.post('/models/titanic/evaluate', { ...passenger, fare: 'seven' })),
        service.post('/models/half_plus_two/evaluate', { x: 1 }),
        service.post('/models/nobody/evaluate', passenger)
      ])
      t.equal(await sumOf(service, 'outrigger_requests_total', good) - before[0]!, N)
      t.equal(await sumOf(service, 'outrigger_requests_total', bad) - before[1]!, M)
      t.equal(await sumOf(service, 'outrigger_request_seconds_count', { model: 'titanic' }) - before[2]!, N + M)
      t.equal(await sumOf(service, 'outrigger_requests_total', { model: '_unknown', status: '404' }), 1)
      t.equal(await sumOf(service, 'outrigger_requests_total', { model: 'nobody' }), 0, 'callers cannot make series')
      t.equal(await sumOf(service, 'outrigger_child_up', { engine: engine.name }), 1)
      for (const model of ['titanic', 'digits', 'half_plus_two']) t.ok(await sumOf(service, 'outrigger_model_available', { model }) > 0, model)
      t.ok(await sumOf(service, 'outrigger_stage_seconds_count', { stage: 'predict', model: 'titanic' }) >= N)
    })

    t.test('health: ready, live, and what is served', async t => {
      for (const path of ['/health', '/health/ready']) {
        const { status, json, headers } = await service.call(path)
        t.equal(status, 200)
        t.match(json, { ready: true, models: [{ name: 'digits' }, { name: 'half_plus_two', versions: [{ version: '2' }, { version: '1' }] }, { name: 'titanic' }], engines: [{ kind: engine.name, state: 'running' }] })
        t.equal(headers.get('cache-control'), 'no-store')
      }
      t.equal((await service.call('/health/live')).status, 200)
      t.equal((await service.call('/health/ready', { method: 'HEAD' })).status, 200)
    })

    t.test('version: what exactly runs', async t => {
      const { json } = await service.call('/version')
      t.match(json, { version: (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version })
      for (const model of ['titanic', 'digits', 'half_plus_two']) t.match(JSON.stringify(json), model)
      t.match(JSON.stringify(json), /[0-9a-f]{64}/, 'checksums')
    })

    t.test('a request id goes through to the log and into the problem', async t => {
      await service.post('/models/titanic/evaluate', passenger, { 'x-request-id': 'my-own-id' })
      t.match(await until('it is in the log', () => service.lines.find(line => JSON.stringify(line).includes('my-own-id')), 3000), { request_id: 'my-own-id', level: 'info' })
      t.equal((await service.post('/models/titanic/evaluate', {}, { 'x-request-id': 'my-own-fault' })).json.request_id, 'my-own-fault')
      t.match((await service.post('/models/titanic/evaluate', {}, { 'x-request-id': 'not\tan id' })).json.request_id, /^[0-9a-f-]{36}$/)
    })

    t.test('the page of the API works with the network cut: nothing on it comes from elsewhere', async t => {
      const page = await service.call('/docs')
      t.equal(page.status, 200)
      t.match(page.headers.get('content-type'), 'text/html')
      const base = new URL(page.headers.get('content-location') ?? '/docs/', service.url)
      const references = [...page.text.matchAll(/\b(?:src|href)="([^"#]+)"/g)].map(([, reference]) => new URL(reference!, base))
      t.ok(references.length >= 3, 'scripts and styles')
      for (const reference of references.filter(({ protocol }) => protocol !== 'data:')) {
        t.equal(reference.origin, service.url, reference.href)
        const asset = await service.call(reference.pathname)
        t.equal(asset.status, 200, reference.href)
        const loads = [...asset.text.matchAll(/(?:url\(|@import |import\()\s*["']?(https?:[^"')]+)/g)].map(([, url]) => url)
        t.same(loads, [], `${reference.pathname} loads nothing from elsewhere`)
      }
      t.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'|script-src 'self'/, 'the browser is told so too')
      t.notMatch(page.headers.get('content-security-policy') ?? '', /https?:/)
    })

    t.test('the OpenAPI document knows the models that are loaded, and its examples run', async t => {
      const { json: document } = await service.call('/openapi.json')
      t.match(document.openapi, /^3\.1\./)
      for (const path of ['/models/titanic/evaluate', '/models/digits/evaluate', '/models/half_plus_two/evaluate', '/health', '/metrics']) t.ok(path in document.paths, path)
      let run = 0
      for (const [path, operations] of Object.entries<Record<string, { requestBody?: { content: Record<string, { example?: unknown, examples?: Record<string, { value: unknown }> }> } }>>(document.paths)) {
        const content = operations.post?.requestBody?.content['application/json']
        const examples = [...(content?.example === undefined ? [] : [content.example]), ...Object.values(content?.examples ?? {}).map(({ value }) => value)]
        if (path.includes('{') || path === '/shutdown') continue
        for (const example of examples) {
          const answer = await service.post(path, example)
          t.equal(answer.status, 200, `${path} ${JSON.stringify(example).slice(0, 80)} → ${answer.text.slice(0, 200)}`)
          run++
        }
      }
      t.ok(run >= 3, `${run} examples were run`)
    })

    t.test('no secret and no path of this machine stands in an answer', async t => {
      for (const path of ['/health', '/version', '/models', '/models/titanic', '/metrics']) t.notMatch((await service.call(path)).text, modelsFolder, path)
    })

    t.test('all these answers are as the OpenAPI document says', async t => await service.checkAnswers(t))
  })
}
