// Which version a path means, whatever its state, and which of them can answer.
import t from 'tap'
import { availableVersion, targetModel, targetVersion } from '../../src/http/model-target.js'
import { Registry } from '../../src/inference/registry.js'
import { signature } from '../handlers/kit.js'
import { model, version } from './routes/evaluate/service.js'

const usual = [signature({}, {})]

function known (phase: 'loading' | 'serving' = 'serving') {
  const registry = new Registry()
  registry.put(model('m', [version('m', 3n, usual, { state: 'loading' }), version('m', 2n, usual), version('m', 1n, usual, { state: 'draining' })], { labels: new Map([['old', 1n]]) }))
  return { registry, phase: () => phase }
}

t.equal(targetModel(known(), {}).name, 'm', 'the only model is the default one')
t.equal(availableVersion(known(), { model: 'm' }).version.version, 2n, 'the newest that is available')
t.equal(targetVersion(known(), { model: 'm', version: '3' }).version.state, 'loading')
t.equal(targetVersion(known(), { model: 'm', label: 'old' }).version.version, 1n)
t.throws(() => availableVersion(known(), { model: 'm', version: '3' }), { code: 'MODEL_NOT_READY', retryAfterMs: 1000, version: 3n })
t.throws(() => availableVersion(known(), { model: 'm', label: 'old' }), { code: 'MODEL_NOT_READY', message: /being unloaded/ })
t.throws(() => targetModel(known('loading'), { model: 'x' }), { code: 'MODEL_NOT_READY' })
t.throws(() => targetModel(known(), { model: 'x' }), { code: 'MODEL_NOT_FOUND' })
t.throws(() => targetVersion(known(), { model: 'm', version: '1e3' }), { code: 'REQUEST_INVALID' })
