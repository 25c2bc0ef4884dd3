// What the server's answers to reloads and status calls mean, over a double for the channel.
import { pino } from 'pino'
import t from 'tap'
import { CallError, type Channel } from '../../src/grpc/channel.js'
import type { ModelVersionStatus } from '../../src/grpc/messages.js'
import { codecs, methods } from '../../src/grpc/protos.js'
import { progress, reload, restore } from '../../src/engine/reload.js'
import { codeNumber, fetchStatuses } from '../../src/engine/statuses.js'
import { failureOf } from './fixture.js'

const log = pino({ level: 'silent' })
const soon = (): number => Date.now() + 20_000
const list = [{ name: 'm', basePath: '/m', versions: [1n, 2n] }]

function channelOf (answers: { reload?: () => Buffer, status?: () => ModelVersionStatus[] }): Channel {
  return {
    unary: async path => path === methods.handleReloadConfig
      ? (answers.reload ?? (() => codecs.reloadConfigResponse.encode({ status: null })))()
      : codecs.getModelStatusResponse.encode({ model_version_status: (answers.status ?? (() => []))() }),
    close () {}
  }
}

const version = (number: string, state: ModelVersionStatus['state']): ModelVersionStatus => ({ version: number, state, status: { error_code: 'OK', error_message: '' } })

t.test('a load that failed is an answer, a refused list is none', async t => {
  await reload(channelOf({}), list, soon(), log)
  await reload(channelOf({ reload: () => { throw new CallError(2, '1 model(s) did not become available', 'server') } }), list, soon(), log)
  await reload(channelOf({ reload: () => codecs.reloadConfigResponse.encode({ status: { error_code: 'UNKNOWN', error_message: 'x' } }) }), list, soon(), log)
  t.match(await failureOf(reload(channelOf({ reload: () => codecs.reloadConfigResponse.encode({ status: { error_code: 'INVALID_ARGUMENT', error_message: 'x' } }) }), list, soon(), log)), { status: 3, origin: 'server' })
  t.match(await failureOf(reload(channelOf({ reload: () => { throw new CallError(2, 'x', 'transport') } }), list, soon(), log)), { origin: 'transport' })
  await t.rejects(reload(channelOf({ reload: () => Buffer.from([0x0a, 0xff]) }), list, soon(), log), Error)
})

t.test('restored when nothing loads any more', async t => {
  const states: ModelVersionStatus['state'][] = ['START', 'LOADING', 'AVAILABLE']
  let asked = 0
  await restore(channelOf({ status: () => [version('2', states[asked++] ?? 'AVAILABLE'), version('1', 'END')] }), list, soon(), 1, log)
  t.equal(asked, 3)
  await restore(channelOf({ reload: () => { throw new CallError(9, 'x', 'server') } }), list, soon(), 1, log)
  t.match(await failureOf(restore(channelOf({ reload: () => { throw new CallError(14, 'x', 'transport') } }), list, soon(), 1, log)), { origin: 'transport' })
  await restore(channelOf({ reload: () => { throw new Error('an empty list is not pushed') } }), [], soon(), 1, log)
})

t.test('how far an unanswered reload is', async t => {
  t.equal(await progress(channelOf({}), list, soon()), 'lost')
  t.equal(await progress(channelOf({ status: () => [version('1', 'AVAILABLE')] }), list, soon()), 'lost')
  t.equal(await progress(channelOf({ status: () => [version('1', 'LOADING')] }), list, soon()), 'loading')
  t.equal(await progress(channelOf({ status: () => [version('1', 'AVAILABLE'), version('2', 'END')] }), list, soon()), 'complete')
  t.equal(await progress(channelOf({ status: () => { throw new CallError(4, 'frozen', 'deadline') } }), list, soon()), 'silent')
})

t.test('statuses: newest first, exact versions, errors by number', async t => {
  const status = { error_code: 'OUT_OF_RANGE', error_message: 'bad' }
  t.same(await fetchStatuses(channelOf({ status: () => [version('1', 'AVAILABLE'), { version: '9223372036854775807', state: 'END', status }] }), 'm', soon()), [
    { version: 9223372036854775807n, state: 'END', errorCode: 11, errorMessage: 'bad' },
    { version: 1n, state: 'AVAILABLE', errorCode: 0, errorMessage: '' }
  ])
  t.same(await fetchStatuses(channelOf({ status: () => { throw new CallError(5, 'x', 'server') } }), 'm', soon()), [])
  t.match(await failureOf(fetchStatuses(channelOf({ status: () => { throw new CallError(14, 'x', 'transport') } }), 'm', soon())), { origin: 'transport' })
  t.match(await failureOf(fetchStatuses({ unary: async () => Buffer.from([0x0a, 0xff]), close () {} }, 'm', soon())), { status: 13, origin: 'server' })
  t.same(['OK', 'UNAUTHENTICATED', 7, 'NEWER'].map(codeNumber), [0, 16, 7, 2])
})
