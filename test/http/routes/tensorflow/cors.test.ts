// http/routes/tensorflow/cors.ts: headers and preflights, for all origins, some, and none.
import t from 'tap'
import { tensorflowApp } from '../../../helpers/tensorflow-app.js'

t.test('all origins', async t => {
  const { app } = await tensorflowApp(t, { cors: '*' })
  const requests = [
    { method: 'POST', url: '/v1/models/m:predict', payload: '{"instances":[1]}' }, { method: 'POST', url: '/v1/models/m:predict', payload: '{' }, { method: 'GET', url: '/v1/foo' },
    { method: 'OPTIONS', url: '/v1/anything', headers: { origin: 'https://a.example' } }, { method: 'OPTIONS', url: '/v1/models/m' }
  ] as const
  for (const request of requests) {
    const { headers } = await app.inject(request)
    t.match(headers, { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'POST, GET', 'access-control-allow-headers': 'Content-Type' })
  }
})

t.test('preflights', async t => {
  const { app } = await tensorflowApp(t)
  for (const [origin, status] of [['http://a.b', 200], ['https://a.b', 200], ['null', 400], [undefined, 400]] as const) {
    const answer = await app.inject({ method: 'OPTIONS', url: '/v1/models/m:predict', headers: origin === undefined ? {} : { origin } })
    t.equal(answer.statusCode, status)
    t.equal(answer.body, '')
    t.notOk(answer.headers['access-control-allow-origin'])
  }
})

t.test('a list of origins', async t => {
  const { app } = await tensorflowApp(t, { cors: 'https://a.example, https://b.example' })
  const allowed = async (origin?: string): Promise<unknown> => (await app.inject({ url: '/v1/models', headers: origin === undefined ? {} : { origin } })).headers['access-control-allow-origin']
  t.equal(await allowed('https://b.example'), 'https://b.example')
  t.equal(await allowed('https://c.example'), undefined)
  t.equal(await allowed(), undefined)
  t.equal((await app.inject({ url: '/v1/models', headers: { origin: 'https://a.example' } })).headers['vary'], 'Origin')
})
