// A model's own batching settings come before the service's, and both follow what changes.
import t from 'tap'
import { batchSettingsOf } from '../../src/inference/batch-settings.js'
import { Registry } from '../../src/inference/registry.js'
import { modelEntry } from '../helpers/still-engine.js'

t.test('the service, the model, and changes of both', async t => {
  const registry = new Registry()
  let service = { batching: 'on', batchingInFlight: 2, batchingMaxRows: 128, batchingMaxBytes: 1000 } as const as { batching: 'on' | 'off', batchingInFlight: number, batchingMaxRows: number, batchingMaxBytes: number }
  const settingsOf = batchSettingsOf(registry, () => service)
  registry.put(modelEntry('m', [], { batching: { maxRows: 8 } }))
  t.same(settingsOf('nobody'), { enabled: true, inFlight: 2, maxRows: 128, maxBytes: 1000 })
  t.same(settingsOf('m'), { enabled: true, inFlight: 2, maxRows: 8, maxBytes: 1000 })
  t.equal(settingsOf('m'), settingsOf('m'), 'made once')
  service = { ...service, batching: 'off', batchingInFlight: 5 }
  t.same(settingsOf('m'), { enabled: false, inFlight: 5, maxRows: 8, maxBytes: 1000 })
  registry.put(modelEntry('m', []))
  t.same(settingsOf('m'), { enabled: false, inFlight: 5, maxRows: 128, maxBytes: 1000 })
})
