// GET /version: what runs here, with 64-bit versions as text.
import Fastify from 'fastify'
import t from 'tap'
import requestContext from '../../../../src/http/plugins/request-context.js'
import version from '../../../../src/http/routes/version/index.js'
import { Registry } from '../../../../src/inference/registry.js'
import { modelEntry, stillEngine, versionEntry } from '../../../helpers/still-engine.js'

t.test('service, engines, models, checksums', async t => {
  const engine = stillEngine()
  const registry = new Registry()
  registry.put(modelEntry('m', [versionEntry(engine, 'm', 9007199254740993n, { checksum: 'c1', handlerChecksum: 'c2' }), versionEntry(engine, 'm', 1n, { checksum: undefined })], { labels: new Map([['stable', 1n]]) }))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(version, { service: { registry, engines: () => [engine] }, build: { version: '1.2.3', commit: 'abc', builtAt: null } })
  t.same((await app.inject('/version')).json(), {
    service: 'outrigger', version: '1.2.3', commit: 'abc', built_at: null, node: process.version,
    engines: [{ kind: 'embedded', version: '1.2.3' }],
    models: [{
      name: 'm', labels: { stable: '1' },
      versions: [
        { version: '9007199254740993', state: 'available', format: 'saved-model', engine: 'embedded', checksum: 'c1', handler_checksum: 'c2' },
        { version: '1', state: 'available', format: 'saved-model', engine: 'embedded', checksum: null, handler_checksum: null }
      ]
    }]
  })
})
