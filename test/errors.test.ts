import t from 'tap'
import { errorTable, OutriggerError } from '../src/errors.js'

t.test('every row is complete and within its range', async t => {
  for (const [code, { http, grpc, title }] of Object.entries(errorTable)) {
    t.match(code, /^[A-Z]+(_[A-Z]+)*$/)
    t.ok(http >= 400 && http <= 599 && grpc >= 1 && grpc <= 16 && title.length > 5, code)
  }
})

t.test('an error carries what an API needs', async t => {
  const cause = new Error('inner')
  const error = new OutriggerError('MODEL_NOT_FOUND', 'no such model', { cause, model: 'm', version: 3n, retryAfterMs: 5, errors: [{ pointer: '/a', detail: 'x' }] })
  t.match(error, { code: 'MODEL_NOT_FOUND', status: 404, message: 'no such model', model: 'm', version: 3n, retryAfterMs: 5, cause, name: 'OutriggerError' })
  t.notOk('cause' in new OutriggerError('INTERNAL', 'x'))
})
