// The bodies of errors and the form that belongs to a path.
import t from 'tap'
import { OutriggerError } from '../../../src/errors.js'
import { errorBody, errorForm, problemOf, retryAfterMs } from '../../../src/http/plugins/problem.js'

t.test('the form goes by the path', async t => {
  for (const url of ['/v1', '/v1/models/m', '/V1/x', '/v1?a']) t.equal(errorForm(url), 'tensorflow', url)
  for (const url of ['/v2', '/v2/models/m/infer', '/v2?x']) t.equal(errorForm(url), 'open-inference', url)
  for (const url of ['/', '/v11', '/models/v1', '/v10/models']) t.equal(errorForm(url), 'problem', url)
})

t.test('what is unknown is absent, and the error wins over the request', async t => {
  t.same(Object.keys(problemOf(new OutriggerError('INTERNAL', 'x'), { requestId: 'a b' })), ['type', 'title', 'status', 'detail', 'instance', 'error', 'code', 'request_id'])
  t.equal(problemOf(new OutriggerError('INTERNAL', 'x'), { requestId: 'a b' }).instance, 'urn:outrigger:request:a%20b')
  t.match(problemOf(new OutriggerError('INTERNAL', 'x', { model: 'step' }), { requestId: 'a', model: 'whole', version: 2n }), { model: 'step', version: '2' })
})

t.test('when to come back', async t => {
  t.equal(retryAfterMs(new OutriggerError('SERVICE_DRAINING', '')), 1000)
  t.equal(retryAfterMs(new OutriggerError('MODEL_RESOURCE_EXHAUSTED', '')), undefined)
  t.equal(retryAfterMs(new OutriggerError('INTERNAL', '', { retryAfterMs: 5 })), undefined)
})

t.test('the other forms hold the message alone', async t => {
  const error = new OutriggerError('MODEL_FAILED', 'a "quote"')
  t.same(errorBody('tensorflow', error, { requestId: '' }), { mediaType: 'application/json', body: '{\n    "error": "a \\"quote\\""\n}' })
  t.same(JSON.parse(errorBody('open-inference', error, { requestId: '' }).body), { error: 'a "quote"' })
})
