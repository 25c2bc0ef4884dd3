// http/routes/tensorflow/index.ts: methods, letter case of the prefix, what lies outside.
import t from 'tap'
import { tensorflowApp } from '../../../helpers/tensorflow-app.js'

t.test('every method gets an answer in this form', async t => {
  const { app } = await tensorflowApp(t)
  for (const method of ['PUT', 'DELETE', 'PATCH'] as const) {
    const answer = await app.inject({ method, url: '/v1/models/m', payload: 'x' })
    t.equal(answer.statusCode, 400)
    t.same(answer.json(), { error: `Malformed request: ${method} /v1/models/m` })
  }
  t.equal((await app.inject({ method: 'HEAD', url: '/v1/models/m' })).statusCode, 400)
  t.equal((await app.inject({ method: 'TRACE' as 'GET', url: '/v1/models/m' })).statusCode, 501)
})

t.test('what lies under /v1/ and what does not', async t => {
  const { app } = await tensorflowApp(t)
  for (const [url, status] of [['/v1/', 400], ['/V1/', 400], ['/v1/foo', 400], ['/v1/models', 400], ['/v1', 404], ['//v1/models/m', 404], ['/statuspage', 404]] as const) {
    t.equal((await app.inject(url)).statusCode, status, url)
  }
  t.equal((await app.inject('/v1/models/%zz')).statusCode, 400)
})

t.test('a Content-Type is not looked at, even one that is none', async t => {
  const { app } = await tensorflowApp(t)
  const of = async (headers: Record<string, string>): Promise<number> => (await app.inject({ method: 'POST', url: '/v1/models/nobody:predict', headers, payload: '{"instances": [1]}' })).statusCode
  const usual = await of({ 'content-type': 'application/json' })
  t.equal(usual, 404)
  for (const type of ['/', ';', 'a/b/c', 'text/html;;;=', 'image/png']) t.equal(await of({ 'content-type': type }), usual, type)
  t.equal(await of({}), usual, 'none')
})
