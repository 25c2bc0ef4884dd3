import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import errors from '../../../../src/http/plugins/errors.js'
import requestContext from '../../../../src/http/plugins/request-context.js'
import changes, { limitOf } from '../../../../src/http/routes/changes/index.js'

t.test('GET /changes', async t => {
  const app = Fastify() as unknown as FastifyInstance
  app.addHook('onRequest', async ({ raw }) => { (raw.socket as { destroy?: unknown }).destroy ??= () => {} })
  await app.register(requestContext, { requestTimeoutMs: () => 1000 })
  await app.register(errors)
  await app.register(changes, { service: { changes: limit => [{ id: limit, at: '1970-01-01T00:00:00.000Z', what: 'start', by: 'start' }] } })
  t.teardown(() => app.close())
  t.same((await app.inject('/changes?limit=7')).json(), { changes: [{ id: 7, at: '1970-01-01T00:00:00.000Z', what: 'start', by: 'start' }] })
  t.equal((await app.inject('/changes')).json<{ changes: { id: number }[] }>().changes[0]?.id, 100)
  t.match((await app.inject('/changes?limit=0')).json(), { status: 400, code: 'REQUEST_INVALID' })
  for (const bad of ['1001', '-1', 'x', ['1', '2']]) t.throws(() => limitOf(bad), { code: 'REQUEST_INVALID' })
})
