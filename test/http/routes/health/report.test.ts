// Ready or not, model by model and part by part: the rules of readiness as a table.
import t from 'tap'
import { healthReport, isAlive } from '../../../../src/http/routes/health/report.js'
import type { VersionHandler } from '../../../../src/handlers/version-handler.js'
import { modelEntry, servable, stillEngine, versionEntry } from '../../../helpers/still-engine.js'

const handler = {} as VersionHandler

function serving (): { engine: ReturnType<typeof stillEngine>, entry: ReturnType<typeof modelEntry> } {
  const engine = stillEngine()
  engine.seen.set('m', [servable(1n)])
  return { engine, entry: modelEntry('m', [versionEntry(engine, 'm', 1n, { handler })]) }
}

t.test('ready: available in the child by its last probe, handler loaded', async t => {
  const { engine, entry } = serving()
  const report = healthReport([entry], [engine], 'serving', [])
  t.match(report, { status: 'ready', ready: true, failed: [], models: [{ name: 'm', required: true, ready: true, versions: [{ version: '1', ready: true, parts: { engine: { ok: true, state: 'running' }, servable: { state: 'AVAILABLE' }, handler: { state: 'loaded' } } }] }] })
  t.notOk('reason' in report)
})

t.test('every engine state but running is not ready and says why', async t => {
  for (const state of ['starting', 'unresponsive', 'restarting', 'failed', 'stopped'] as const) {
    const { engine, entry } = serving()
    Object.assign(engine, { state, reason: 'killed by SIGKILL' })
    const report = healthReport([entry], [engine], 'serving', [])
    t.equal(report.ready, false, state)
    t.match(report.reason, new RegExp(`m: version 1: engine ${state}, killed by SIGKILL`))
  }
})

t.test('the child must have said so itself', async t => {
  const { engine, entry } = serving()
  engine.seen.clear()
  t.match(healthReport([entry], [engine], 'serving', []), { ready: false, status: 'not-ready', models: [{ versions: [{ parts: { servable: { ok: false, state: 'UNKNOWN' } } }] }] })
  engine.seen.set('m', [servable(1n, 'END', 11, 'Read less bytes than requested')])
  t.match(healthReport([entry], [engine], 'serving', []).reason, /servable END, Read less bytes/)
  engine.seen.set('m', [servable(2n)])
  t.equal(healthReport([entry], [engine], 'serving', []).ready, false, 'another version does not count')
})

t.test('a new version that failed beside one that serves stays ready and is listed', async t => {
  const { engine, entry } = serving()
  const both = { ...entry, versions: [versionEntry(engine, 'm', 2n, { state: 'failed', reason: 'handler.ts: no such import' }), ...entry.versions] }
  t.match(healthReport([both], [engine], 'serving', []), { ready: true, failed: [{ model: 'm', version: '2', required: true, reason: 'handler.ts: no such import' }] })
})

t.test('a required model that failed or loads', async t => {
  const { engine, entry } = serving()
  const broken = modelEntry('b', [versionEntry(engine, 'b', 1n, { state: 'failed', reason: 'crc' })])
  t.match(healthReport([entry, broken], [engine], 'serving', []), { ready: false, reason: 'b: version 1 failed: crc' })
  const loading = modelEntry('l', [versionEntry(engine, 'l', 1n, { state: 'loading' })])
  t.match(healthReport([entry, loading], [engine], 'loading', []), { ready: false, status: 'loading', reason: 'l: version 1 is loading' })
  t.match(healthReport([entry, modelEntry('e', [])], [engine], 'serving', []), { ready: false, reason: 'e: no version is there' })
  t.match(healthReport([entry, { ...broken, required: false }], [engine], 'serving', []), { ready: true, failed: [{ model: 'b', required: false }] })
})

t.test('faults of the repository', async t => {
  const { engine, entry } = serving()
  const fault = { model: 'x', required: true, reason: 'no complete version' }
  t.match(healthReport([entry], [engine], 'serving', [fault]), { ready: false, reason: 'x: no complete version', failed: [{ model: 'x' }] })
  t.equal(healthReport([entry], [engine], 'serving', [{ ...fault, required: false }]).ready, true)
  t.equal(healthReport([entry], [engine], 'serving', [{ ...fault, model: 'm' }]).ready, true, 'an older version of it serves')
})

t.test('while the service starts, a required model waits for all its versions', async t => {
  const { engine, entry } = serving()
  const both = { ...entry, versions: [versionEntry(engine, 'm', 2n, { state: 'loading' }), ...entry.versions] }
  t.match(healthReport([both], [engine], 'loading', []), { ready: false, status: 'loading', reason: 'm: version 2 is loading' })
  t.equal(healthReport([both], [engine], 'serving', []).ready, true, 'later a new version that loads changes nothing')
})

t.test('no model, draining, loading', async t => {
  const { engine, entry } = serving()
  t.match(healthReport([], [engine], 'serving', []), { ready: false, reason: 'no model is served' })
  t.equal(healthReport([{ ...modelEntry('o', []), required: false }], [engine], 'serving', []).ready, false, 'optional models alone do not make a service')
  t.match(healthReport([entry], [engine], 'draining', []), { ready: false, status: 'draining' })
  t.match(healthReport([], [engine], 'loading', []), { ready: false, status: 'loading' })
  const slow = modelEntry('slow', [versionEntry(engine, 'slow', 1n, { state: 'loading' })], { required: false })
  t.equal(healthReport([entry, slow], [engine], 'loading', []).ready, true, 'an optional model that loads keeps nobody waiting')
  t.match(healthReport([entry], [engine], 'failed', []), { ready: false, status: 'failed' })
})

t.test('alive through everything but giving up', async t => {
  for (const state of ['starting', 'running', 'unresponsive', 'restarting', 'stopped'] as const) {
    for (const phase of ['loading', 'serving', 'draining'] as const) t.equal(isAlive([stillEngine(state)], phase).alive, true, `${state} ${phase}`)
  }
  const failed = stillEngine('failed')
  failed.reason = 'ten starts in vain'
  t.match(isAlive([failed], 'serving'), { alive: false, reason: /ten starts in vain/ })
  t.equal(isAlive([], 'failed').alive, false)
})
