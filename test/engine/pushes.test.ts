// Lists that overlap: their order, what a fresh server is given, who goes again after a server has ended. Over doubles for the servers.
import t from 'tap'
import type { ServableList, ServableStatus } from '../../src/engine/engine.js'
import { Pushes, type PushesOptions } from '../../src/engine/pushes.js'
import { CallError } from '../../src/grpc/channel.js'
import { OutriggerError } from '../../src/errors.js'
import { failureOf, soon, until } from './fixture.js'

const list = (...names: string[]): ServableList[] => names.map(name => ({ name, basePath: `/${name}`, versions: [1n] }))
const names = (models: readonly ServableList[]): string => models.map(({ name }) => name).join()
const available = (...of: string[]): Map<string, ServableStatus[]> => new Map(of.map(name => [name, [{ version: 1n, state: 'AVAILABLE', errorCode: 0, errorMessage: '' }]]))
const lost = (): CallError => new CallError(14, 'the connection was cut', 'transport')

interface Sent { models: string, answer: () => void, fail: (error: Error) => void }

interface Server { reload: (models: readonly ServableList[]) => Promise<void>, fill: (models: readonly ServableList[]) => Promise<void> }

/** Pushes to a server that answers when the test says so; each reload that it got, in order. */
function build (options: Partial<PushesOptions<Server>> = {}) {
  const sent: Sent[] = []
  const server = { reload: async (models: readonly ServableList[]): Promise<void> => await new Promise((resolve, reject) => { sent.push({ models: names(models), answer: resolve, fail: reject }) }), fill: async () => {} }
  const pushes = new Pushes({ atOnce: 4, served: async () => server, fate: async () => 'ended', onAnswer: () => {}, check: async () => {}, ...options })
  return { pushes, sent, sentAre: async (...lists: string[]) => { await until(() => sent.length >= lists.length); t.same(sent.map(({ models }) => models), lists) } }
}

t.test('a later list does not wait for the answer to an earlier one, and is sent after it all the same', async t => {
  let checked = (): void => {}
  const { pushes, sent, sentAre } = build({ check: async models => { if (names(models) === 'a') await new Promise<void>(resolve => { checked = resolve }) } })
  const slow = pushes.push(list('a'), soon())
  const fast = pushes.push(list('a', 'b'), soon())
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(sent.length, 0, 'the disk is slow with the first')
  checked()
  await sentAre('a', 'a,b')
  t.equal(names(pushes.wanted), 'a,b')
  sent[1]!.answer()
  await fast
  t.ok(pushes.underWay)
  t.equal(names(pushes.restorable), 'a,b')
  sent[0]!.answer()
  await slow
  t.equal(names(pushes.restorable), 'a,b', 'the newest holds, whichever was answered last')
  t.notOk(pushes.underWay)
})

t.test('no more than so many at once', async t => {
  const { pushes, sent, sentAre } = build({ atOnce: 1 })
  const first = pushes.push(list('a'), soon())
  const second = pushes.push(list('b'), soon())
  const late = pushes.push(list('c'), soon(50))
  await t.rejects(late, { code: 'SERVICE_OVERLOADED' })
  await sentAre('a')
  sent[0]!.answer()
  await first
  await sentAre('a', 'b')
  sent[1]!.answer()
  await second
})

t.test('a fresh server is given what was answered for or seen of the newest list, and nothing that may have killed the last', async t => {
  const { pushes, sent, sentAre } = build()
  const first = pushes.push(list('a', 'gone'), soon())
  await sentAre('a,gone')
  t.equal(names(pushes.restorable), '')
  sent[0]!.answer()
  await first
  const kept = pushes.restorable
  const second = failureOf(pushes.push(list('a', 'b', 'deadly'), soon()))
  await sentAre('a,gone', 'a,b,deadly')
  pushes.see(available('a', 'b', 'gone'))
  t.equal(names(pushes.restorable), 'a,b')
  const now = pushes.restorable
  pushes.see(available('a', 'b'))
  t.equal(pushes.restorable, now, 'the same array as long as it holds the same')
  sent[1]!.fail(new CallError(9, 'refused', 'server'))
  t.match(await second, { code: 'MODEL_FAILED_PRECONDITION' })
  t.same(pushes.restorable, kept, 'a refused list is as if it had not been')
  t.equal(names(pushes.wanted), 'a,gone')
})

t.test('a list without an answer in time holds: the server is still at it', async t => {
  const { pushes, sent, sentAre } = build()
  const late = failureOf(pushes.push(list('a', 'b'), soon()))
  await sentAre('a,b')
  sent[0]!.fail(new CallError(4, 'late', 'deadline'))
  t.match(await late, { code: 'MODEL_TIMEOUT' })
  t.equal(names(pushes.wanted), 'a,b')
  t.equal(names(pushes.restorable), '')
  pushes.see(available('b'))
  t.equal(names(pushes.restorable), 'b')
})

t.test('of a model that moves, what is seen says nothing of its new folder', async t => {
  const { pushes, sent, sentAre } = build()
  const first = pushes.push(list('a'), soon())
  await sentAre('a')
  sent[0]!.answer()
  await first
  const moved = pushes.push([{ name: 'a', basePath: '/elsewhere', versions: [1n] }], soon())
  await sentAre('a', 'a')
  pushes.see(available('a'))
  t.same(pushes.restorable, [])
  sent[1]!.answer()
  await moved
  t.match(pushes.restorable, [{ name: 'a', basePath: '/elsewhere' }])
})

t.test('the server ends: the newest goes again, and those before it end with it', async t => {
  const { pushes, sent, sentAre } = build()
  const outcomes = ['a', 'b', 'c'].map(async name => await failureOf(pushes.push(list(name), soon())))
  await sentAre('a', 'b', 'c')
  for (const one of sent) one.fail(lost())
  await sentAre('a', 'b', 'c', 'c')
  sent[3]!.answer()
  t.same(await Promise.all(outcomes), [undefined, undefined, undefined])
  t.equal(sent.length, 4, 'an older list never undoes a newer one')
})

t.test('the newest kills the server again: it alone is given up, and the one before goes again', async t => {
  const { pushes, sent, sentAre } = build()
  const good = pushes.push(list('a'), soon())
  const deadly = failureOf(pushes.push(list('a', 'deadly'), soon()))
  await sentAre('a', 'a,deadly')
  for (const one of sent) one.fail(lost())
  await sentAre('a', 'a,deadly', 'a,deadly')
  sent[2]!.fail(lost())
  t.match(await deadly, { code: 'MODEL_SERVER_CRASHED' })
  await sentAre('a', 'a,deadly', 'a,deadly', 'a')
  sent[3]!.answer()
  await good
  t.equal(names(pushes.restorable), 'a')
})

t.test('answers that cannot be read, and statuses of the server itself, are not sent again', async t => {
  const { pushes, sent, sentAre } = build()
  const garbled = failureOf(pushes.push(list('a'), soon()))
  await sentAre('a')
  sent[0]!.fail(new RangeError('index out of range'))
  t.match(await garbled, { code: 'MODEL_ANSWER_INVALID' })
  const refused = failureOf(pushes.push(list('a'), soon()))
  await sentAre('a', 'a')
  sent[1]!.fail(new CallError(3, 'no', 'server'))
  t.match(await refused, { code: 'MODEL_INVALID_ARGUMENT' })
  t.equal(sent.length, 2)
})

t.test('held: nothing runs and nothing is sent until it is let go', async t => {
  const { pushes, sent, sentAre } = build({ atOnce: 2 })
  const first = pushes.push(list('a'), soon())
  await sentAre('a')
  let isHeld = false
  const held = pushes.hold(soon(), new AbortController().signal).then(leave => { isHeld = true; return leave })
  const second = pushes.push(list('b'), soon())
  await new Promise(resolve => setTimeout(resolve, 50))
  t.notOk(isHeld)
  t.equal(sent.length, 1)
  sent[0]!.answer()
  await first
  const leave = await held
  t.equal(sent.length, 1)
  leave()
  await sentAre('a', 'b')
  sent[1]!.answer()
  await second
})

t.test('a hold that is given up leaves its places', async t => {
  const { pushes, sent, sentAre } = build({ atOnce: 2 })
  const first = pushes.push(list('a'), soon())
  await sentAre('a')
  const giveUp = new AbortController()
  const held = failureOf(pushes.hold(soon(), giveUp.signal))
  giveUp.abort()
  t.match(await held, { code: 'MODEL_CANCELLED' })
  const second = pushes.push(list('b'), soon())
  await sentAre('a', 'b')
  for (const one of sent) one.answer()
  await Promise.all([first, second])
  pushes.shut(() => new OutriggerError('SERVICE_DRAINING', 'bye'))
  t.match(await failureOf(pushes.push(list('c'), soon())), { code: 'SERVICE_DRAINING' })
})

/** Fresh servers, one after the other, that note what they were told. */
function told () {
  const lists: string[] = []
  const note = async (models: readonly ServableList[]): Promise<void> => { lists.push(names(models)) }
  return { lists, server: { reload: note, fill: note } }
}

t.test('what was served is looked at again before another server reads it, and nothing else is', async t => {
  const [first, second, third] = [told(), told(), told()]
  let now = first
  const asked: string[] = []
  const spoilt = new Set<string>()
  const away = new Set<string>()
  const unfit: string[] = []
  const { pushes } = build({
    served: async () => now.server,
    recheck: async name => {
      asked.push(name)
      if (spoilt.has(name)) throw new OutriggerError('MODEL_NOT_PINNED', `${name} is not what is pinned`)
      return away.has(name) ? 'away' : name === 'free' ? 'free' : { confirm: async () => {} }
    },
    onUnfit: ({ name, version, error }) => { unfit.push(`${name} ${version} ${error.message}`) }
  })
  await pushes.push(list('a', 'b', 'c', 'free'), soon())
  await pushes.push(list('a', 'b', 'c', 'free'), soon())
  t.same(asked, [], 'a server that has it does not read it again')

  now = second
  spoilt.add('b')
  away.add('c')
  await pushes.restore(second.server, 1000)
  t.same(second.lists, ['a,free'])
  t.same(asked.splice(0).sort(), ['a', 'b', 'c', 'free'])
  t.same(unfit, ['b 1 b is not what is pinned'], 'told once')
  t.equal(names(pushes.restorable), 'a,c,free')

  spoilt.clear()
  await pushes.push(list('a', 'b', 'c', 'free', 'new'), soon())
  t.equal(second.lists.at(-1), 'a,free,new', 'what was refused stays so under its name, what is away is not read')
  t.same(asked.splice(0), ['c'])
  away.clear()
  await pushes.push(list('a', 'b', 'c', 'free', 'new'), soon())
  t.equal(second.lists.at(-1), 'a,c,free,new')

  now = third
  await t.rejects(pushes.recheck(third.server, list('a'), 0).then(({ away: [gone] }) => { throw gone?.error ?? new Error('nothing') }), { message: /cannot be read now/ }, 'a disk that does not answer')
})

t.test('what was touched while a fresh server read it is taken from it before anybody calls it', async t => {
  const fresh = told()
  const unfit: string[] = []
  const { pushes } = build({
    served: async () => fresh.server,
    recheck: async name => ({ confirm: async () => { if (name === 'b') throw new Error('touched') } }),
    onUnfit: ({ name }) => { unfit.push(name) }
  })
  await pushes.push(list('b'), soon())
  const other = told()
  await pushes.restore(other.server, 1000)
  t.same(other.lists, ['b', ''])
  t.same(unfit, ['b'])
  t.same(pushes.restorable, [])
})
