// Every gRPC status has its code, and the server's words stay as they are.
import t from 'tap'
import { errorTable } from '../../src/errors.js'
import { CallError } from '../../src/grpc/channel.js'
import { errorCodeOf, errorOfCall } from '../../src/grpc/status.js'

t.test('a status of the server keeps number and words', async t => {
  const folded = new Map([[2, 13], [15, 13]])
  for (let status = 1; status <= 16; status++) {
    t.equal(errorTable[errorCodeOf(status)].grpc, folded.get(status) ?? status, `status ${status}`)
    t.match(errorOfCall(new CallError(status, 'words of the server', 'server'), { model: 'm', version: 3n }), { message: 'words of the server', model: 'm', version: 3n })
  }
  t.equal(errorCodeOf(99), 'MODEL_FAILED')
})

t.test('what the server did not send', async t => {
  t.match(errorOfCall(new CallError(14, 'x', 'transport')), { code: 'MODEL_SERVER_UNREACHABLE', status: 503 })
  t.match(errorOfCall(new CallError(4, 'x', 'deadline')), { code: 'MODEL_TIMEOUT', status: 504 })
  t.match(errorOfCall(new CallError(1, 'x', 'aborted')), { code: 'MODEL_CANCELLED', status: 499 })
  t.match(errorOfCall(new CallError(14, 'the server is busy', 'server')), { code: 'MODEL_UNAVAILABLE', status: 503 })
})
