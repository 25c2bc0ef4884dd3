// The document is fresh at every request, and the page asks nobody but this service.
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import errors from '../../../src/http/plugins/errors.js'
import { authOf } from '../../helpers/auth.js'
import openapi from '../../../src/http/plugins/openapi.js'
import requestContext from '../../../src/http/plugins/request-context.js'
import { Registry } from '../../../src/inference/registry.js'
import type { Signature } from '../../../src/tensor/tensor.js'
import { modelEntry, stillEngine, versionEntry } from '../../helpers/still-engine.js'

const signature: Signature = { name: 'serving_default', methodName: '', inputs: new Map([['x', { dtype: 'DT_FLOAT', shape: [-1] }]]), outputs: new Map([['y', { dtype: 'DT_FLOAT', shape: [-1] }]]) }

async function build (t: Test): Promise<{ app: FastifyInstance, registry: Registry }> {
  const registry = new Registry()
  const app = Fastify()
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(openapi, { service: { registry }, auth: await authOf(t) })
  t.teardown(() => app.close())
  return { app, registry }
}

t.test('the document follows the models', async t => {
  const { app, registry } = await build(t)
  const paths = async (url: string): Promise<string[]> => Object.keys((await app.inject(url)).json<{ paths: object }>().paths)
  t.notOk((await paths('/openapi.json')).includes('/models/late/evaluate'))
  registry.put(modelEntry('late', [versionEntry(stillEngine(), 'late', 1n, { signatures: new Map([['serving_default', signature]]) })]))
  for (const url of ['/openapi.json', '/docs/json']) t.ok((await paths(url)).includes('/models/late/evaluate'), url)
  registry.delete('late')
  t.notOk((await paths('/openapi.json')).includes('/models/late/evaluate'))
})

t.test('the page and all that it loads come from here', async t => {
  const { app } = await build(t)
  const page = await app.inject('/docs')
  t.equal(page.statusCode, 200)
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, /default-src 'self'/)
  t.notMatch(policy, /https?:|validator|upgrade-insecure/, 'no other host, no other scheme')
  const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link)
  t.ok(links.length >= 5)
  for (const link of links) {
    t.match(link, /^\/docs\/static\//)
    const file = await app.inject(link)
    t.equal(file.statusCode, 200, link)
    if (link.endsWith('.css')) t.notMatch(file.body, /url\(\s*['"]?https?:/, `${link} names no other host`)
  }
  const start = await app.inject('/docs/static/swagger-initializer.js')
  t.match(start.body, /resolveUrl\('\.\/json'\)/)
  t.notMatch(start.body.replace(/\/\/ see https:.*/g, '').replace(/https:\/\/stackoverflow\S+/g, ''), /https?:\/\//)
  t.equal((await app.inject('/docs/nothing')).statusCode, 404)
})
