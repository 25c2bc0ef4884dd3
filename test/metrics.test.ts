// The metrics: bounded labels, zeros from the start, both text forms, and the page that lists them.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { batchAparts, batchDropReasons, createMetrics, toOpenMetrics, type Metrics } from '../src/metrics.js'
import { errorTable } from '../src/errors.js'
import { stillEngine, modelEntry, versionEntry } from './helpers/still-engine.js'

const build = { version: '1.2.3', commit: 'abc' }
const sample = { api: 'evaluate', route: '/evaluate', method: 'POST', status: 200, model: 'm', version: '1', seconds: 0.01 }

function make (): { metrics: Metrics, engine: ReturnType<typeof stillEngine>, lines: () => Promise<string[]> } {
  const engine = stillEngine()
  const models = [modelEntry('m', [versionEntry(engine, 'm', 2n), versionEntry(engine, 'm', 1n, { state: 'failed' })])]
  const metrics = createMetrics({ build, engines: () => [engine], models: () => models, processMetrics: false })
  return { metrics, engine, lines: async () => (await metrics.registry.metrics()).split('\n') }
}

t.test('what is known beforehand stands at zero', async t => {
  const { lines } = make()
  const text = await lines()
  for (const code of Object.keys(errorTable)) t.ok(text.includes(`outrigger_failures_total{code="${code}"} 0`), code)
  for (const line of ['outrigger_consul_registered 0', 'outrigger_consul_failures_total{call="register"} 0', 'outrigger_requests_in_flight 0', 'outrigger_child_restarts_total{engine="embedded"} 0', 'outrigger_child_replacements_total{engine="embedded",result="failed"} 0']) t.ok(text.includes(line), line)
})

t.test('engines and models are read at the scrape', async t => {
  const { engine, lines } = make()
  t.ok((await lines()).includes('outrigger_child_up{engine="embedded"} 1'))
  Object.assign(engine, { state: 'restarting', restarts: 3, rssBytes: undefined })
  const text = await lines()
  t.ok(text.includes('outrigger_child_up{engine="embedded"} 0'))
  t.ok(text.includes('outrigger_child_restarts_total{engine="embedded"} 3'))
  t.notOk(text.some(line => line.startsWith('outrigger_child_resident_memory_bytes{')))
  t.ok(text.includes('outrigger_model_available{model="m",version="2"} 1'))
  t.ok(text.includes('outrigger_model_available{model="m",version="1"} 0'))
})

t.test('batching: what is batched, and how calls went', async t => {
  const engine = stillEngine()
  const version = versionEntry(engine, 'm', 2n)
  const metrics = createMetrics({
    build, engines: () => [], models: () => [modelEntry('m', [version])], processMetrics: false,
    batching: entry => new Map(entry === version ? [['serving_default', { on: true, cause: 'proven', why: '' }], ['other', { on: false, cause: 'shape', why: '' }]] as const : [])
  })
  metrics.batch('m', '2', 3, 5)
  metrics.batchApart('m', '2', 'refused')
  metrics.batchDropped('m', '2', 'wait')
  const text = (await metrics.registry.metrics()).split('\n')
  for (const line of [
    'outrigger_batching{model="m",version="2",signature="serving_default",cause="proven"} 1', 'outrigger_batching{model="m",version="2",signature="other",cause="shape"} 0',
    'outrigger_batch_requests_bucket{le="4",model="m",version="2"} 1', 'outrigger_batch_rows_sum{model="m",version="2"} 5',
    'outrigger_batches_apart_total{model="m",version="2",reason="refused"} 1', 'outrigger_batch_dropped_total{model="m",version="2",reason="wait"} 1'
  ]) t.ok(text.includes(line), line)
})

t.test('labels are bounded', async t => {
  const { metrics, lines } = make()
  for (let i = 0; i < 1000; i++) {
    metrics.request({ ...sample, model: `made-up-${i}` })
    metrics.request({ ...sample, version: i.toString() })
  }
  metrics.request({ ...sample, method: 'PROPFIND', model: undefined, version: undefined })
  metrics.stage('own-word', 'm', '1', 0.1)
  const text = await lines()
  t.ok(text.includes('outrigger_requests_total{api="evaluate",route="/evaluate",method="POST",model="_unknown",version="",status="200"} 1000'))
  t.ok(text.includes('outrigger_requests_total{api="evaluate",route="/evaluate",method="POST",model="m",version="_other",status="200"} 998'), 'versions that are not served')
  t.ok(text.some(line => line.includes('method="_other",model=""')))
  t.ok(text.some(line => line.startsWith('outrigger_stage_seconds_count{stage="_other"')))
  t.ok(text.filter(line => line.startsWith('outrigger_requests_total{')).length < 10)
})

t.test('the series of a version go some time after it, and come back with it from 0', async t => {
  const engine = stillEngine()
  let served = [versionEntry(engine, 'm', 1n), versionEntry(engine, 'm', 2n)]
  let moment = 0
  const metrics = createMetrics({ build, engines: () => [], models: () => [modelEntry('m', served)], processMetrics: false, now: () => moment })
  const measure = (version: string): void => {
    metrics.request({ ...sample, version })
    metrics.stage('predict', 'm', version, 0.1)
    metrics.batch('m', version, 1, 1)
    for (const reason of batchAparts) metrics.batchApart('m', version, reason)
    for (const reason of batchDropReasons) metrics.batchDropped('m', version, reason)
    metrics.modelLoaded('m', version, 1)
    metrics.modelWarmed('m', version, 1, 1)
  }
  const scrape = async (version: string): Promise<string[]> => [...new Set((await metrics.registry.metrics()).split('\n').filter(line => line.includes(`version="${version}"`) && !line.startsWith('outrigger_build_info')).map(line => line.split('{')[0]))]
  measure('1')
  measure('2')
  const all = await scrape('1')
  t.equal(all.length, 19, 'every series of versions, a histogram having three')
  served = [served[1]]
  t.same(await scrape('1'), all.filter(name => name !== 'outrigger_model_available'))
  moment += 60 * 60_000
  t.same(await scrape('1'), [])
  t.same(await scrape('2'), all, 'what is served has its own')
  measure('1')
  t.same(await scrape('1'), [], 'a late request counts elsewhere')
  t.ok((await metrics.registry.metrics()).includes('outrigger_requests_total{api="evaluate",route="/evaluate",method="POST",model="m",version="_other",status="200"} 1'))
  served = [versionEntry(engine, 'm', 1n), ...served]
  measure('1')
  t.ok((await metrics.registry.metrics()).includes('outrigger_request_seconds_count{api="evaluate",route="/evaluate",method="POST",model="m",version="1"} 1'))
  t.same(await scrape('1'), all)
})

t.test('OpenMetrics', async t => {
  const { metrics } = make()
  metrics.request(sample)
  const text = await metrics.registry.metrics()
  const open = toOpenMetrics(text).split('\n')
  t.ok(open.includes('# TYPE outrigger_requests counter'))
  t.ok(open.includes('outrigger_requests_total{api="evaluate",route="/evaluate",method="POST",model="m",version="1",status="200"} 1'))
  t.same(open.slice(-2), ['# EOF', ''])
  t.notOk(open.slice(0, -1).includes(''), 'no blank line')
  t.equal(await metrics.registry.metrics(), text, 'asking for it changes nothing')
  t.ok(toOpenMetrics('# TYPE x gauge\nx Nan\n').includes('x NaN\n'))
})

t.test('docs/metrics.md lists exactly these metrics, with their types and labels', async t => {
  const { metrics } = make()
  const page = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| `(outrigger_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(([, name, type, labels]) => [name, type, labels.replace(/[`\s]/g, '')])
  const real = (await metrics.registry.getMetricsAsJSON()).map(metric => {
    const labels = (metrics.registry.getSingleMetric(metric.name) as unknown as { labelNames: string[] }).labelNames
    return [metric.name, String(metric.type), labels.join(',')]
  })
  t.same(listed.sort(), real.sort())
})
