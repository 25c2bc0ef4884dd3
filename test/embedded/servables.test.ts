import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Servables } from '../../src/embedded/servables.js'
import type { ModelConfig } from '../../src/config/text-proto.js'

/** A version here is a folder with the number that it answers; an empty folder does not load. */
const program = { entry: new URL('./fixtures/wild-worker.mjs', import.meta.url), execArgv: [] }

const setUp = (t: Test, options: Partial<ConstructorParameters<typeof Servables>[0]> = {}): { servables: Servables, base: string, put: (path: string, answer?: number) => void } => {
  const base = t.testdir()
  const servables = new Servables({ log: () => {}, loadThreads: 2, labelsForUnavailable: false, maxLoadRetries: 0, loadRetryIntervalMs: 1, program, ...options })
  t.teardown(async () => { await servables.close() })
  return { servables, base, put: (path, answer = 2) => {
    mkdirSync(join(base, path), { recursive: true })
    writeFileSync(join(base, path, 'answer'), String(answer))
  } }
}
const config = (name: string, basePath: string, more: Partial<ModelConfig> = {}): ModelConfig => ({ name, basePath, policy: { kind: 'latest', count: 1 }, labels: new Map(), ...more })
const states = (servables: Servables, model: string): string[] => servables.statuses(model, {}).map(({ version, state, errorCode }) => `${version} ${state} ${errorCode}`)
const ask = async (servables: Servables, model: string, choice: Parameters<Servables['resolve']>[1] = {}): Promise<number> => {
  return Number(Buffer.from(await servables.resolve(model, choice).call('predict', new Uint8Array(1), { deadline: Date.now() + 60_000 })).toString())
}

t.test('loads what the policies want and answers by version, label or neither', async t => {
  const { servables, base, put } = setUp(t, { labelsForUnavailable: true })
  put('m/00000123', 1)
  put('m/124', 2)
  put('m/125', 3)
  await servables.reload([config('m', join(base, 'm'), { policy: { kind: 'specific', versions: [123n, 124n, 999n] }, labels: new Map([['old', 123n], ['gone', 999n]]) })])
  t.strictSame(states(servables, 'm'), ['124 AVAILABLE 0', '123 AVAILABLE 0'], '999 is silently absent')
  t.equal(await ask(servables, 'm'), 2)
  t.equal(await ask(servables, 'm', { version: 123n }), 1)
  t.equal(await ask(servables, 'm', { label: 'old' }), 1)
  t.throws(() => servables.resolve('m', { version: 125n }), { status: 5, message: 'Servable not found for request: Specific(m, 125)' })
  t.throws(() => servables.resolve('n', {}), { status: 5, message: 'Servable not found for request: Latest(n)' })
  t.throws(() => servables.resolve('m', { label: 'gone' }), { status: 5, message: 'Servable not found for request: Specific(m, 999)' })
  t.throws(() => servables.resolve('m', { label: 'none' }), { status: 3, message: 'Unrecognized servable version label: none' })
  t.throws(() => servables.resolve('', {}), { name: 'ModelError', status: 3 })
  t.throws(() => servables.statuses('n', {}), { status: 5, message: 'Could not find any versions of model n' })
  t.throws(() => servables.statuses('m', { version: 5n }), { status: 5, message: 'Could not find version 5 of model m' })
  t.equal(servables.statuses('m', { label: 'old' })[0].version, 123n)
})

t.test('one bad model: an error of its shape, and the good ones serve', async t => {
  const { servables, base, put } = setUp(t)
  put('good/1')
  mkdirSync(join(base, 'bad/1'), { recursive: true })
  await t.rejects(servables.reload([config('good', join(base, 'good')), config('bad', join(base, 'bad'))]), {
    status: 2,
    message: /^1 model\(s\) did not become available: \{\{\{name: bad version: 1\} due to error: DATA_LOSS: broken\}, \}$/
  })
  t.strictSame(states(servables, 'good'), ['1 AVAILABLE 0'])
  t.strictSame(states(servables, 'bad'), ['1 END 15'])
  put('bad/1')
  await servables.reload([config('good', join(base, 'good')), config('bad', join(base, 'bad'))])
  t.strictSame(states(servables, 'bad'), ['1 AVAILABLE 0'], 'the next push tries again')
})

t.test('a base path that holds nothing is answered, not waited for', async t => {
  const { servables, base, put } = setUp(t)
  put('good/1')
  mkdirSync(join(base, 'empty'))
  await t.rejects(servables.reload([config('good', join(base, 'good')), config('gone', join(base, 'gone')), config('empty', join(base, 'empty'))]), {
    status: 2,
    message: `2 model(s) did not become available: {{{name: gone} due to error: NOT_FOUND: Could not find base path ${join(base, 'gone')} for servable gone}, {{name: empty} due to error: NOT_FOUND: No versions of servable empty found under base path ${join(base, 'empty')}}, }`
  })
  t.equal(await ask(servables, 'good'), 2)
  await servables.reload([config('good', join(base, 'good'))])
})

t.test('a new version takes over when it is available, a removed model ends', async t => {
  const { servables, base, put } = setUp(t)
  put('m/1', 1)
  const list = [config('m', join(base, 'm'))]
  await servables.reload(list)
  const first = servables.resolve('m', {})
  put('m/2', 2)
  await servables.reload(list)
  t.equal(await ask(servables, 'm'), 2)
  await first.unload()
  t.strictSame(states(servables, 'm'), ['2 AVAILABLE 0', '1 END 0'])
  mkdirSync(join(base, 'm/3'))
  await t.rejects(servables.reload(list), { name: 'ModelError', status: 2 })
  t.strictSame(states(servables, 'm'), ['3 END 15', '2 AVAILABLE 0', '1 END 0'], 'a version that fails leaves the old one')
  const second = servables.resolve('m', {})
  await servables.reload([])
  await second.unload()
  t.strictSame(states(servables, 'm'), ['3 END 15', '2 END 0', '1 END 0'])
  t.throws(() => servables.resolve('m', {}), { name: 'ModelError', status: 5 })
  await t.rejects(second.call('predict', new Uint8Array(0), { deadline: Date.now() + 1000 }), { name: 'ModelError', status: 5 })
})

t.test('the base path moves, the version stays: the old one serves until the new one is there', async t => {
  const { servables, base, put } = setUp(t)
  put('a/1', 1)
  put('b/1', 5)
  await servables.reload([config('m', join(base, 'a'))])
  const reload = servables.reload([config('m', join(base, 'b'))])
  t.equal(await ask(servables, 'm'), 1)
  await reload
  t.equal(await ask(servables, 'm'), 5)
  mkdirSync(join(base, 'c/1'), { recursive: true })
  await t.rejects(servables.reload([config('m', join(base, 'c'))]), { name: 'ModelError', status: 2 })
  t.equal(await ask(servables, 'm'), 5, 'a successor that fails changes nothing')
})

t.test('a model that computes for long delays no other', async t => {
  const { servables, base, put } = setUp(t)
  put('fast/1', 3)
  mkdirSync(join(base, 'slow/1'), { recursive: true })
  writeFileSync(join(base, 'slow/1/here'), '')
  await servables.reload([config('slow', join(base, 'slow')), config('fast', join(base, 'fast'))])
  const flag = join(base, 'flag')
  let ended = false
  const long = servables.resolve('slow', {}).call('predict', Buffer.from(`until ${flag}`), { deadline: Date.now() + 60_000 }).then(answer => { ended = true; return answer })
  for (let i = 0; i < 200; i++) t.equal(await ask(servables, 'fast'), 3)
  t.notOk(ended, 'the slow one computes on')
  writeFileSync(flag, '')
  t.equal(String(Buffer.from(await long)), 'until 1')
})

/** Resolves when the model answers. */
const served = async (servables: Servables, model: string): Promise<number> => {
  for (;;) {
    try {
      return await ask(servables, model)
    } catch {
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

t.test('a slow load holds up nobody: not its neighbours in the list, not a version that moved, not the next list', async t => {
  const { servables, base, put } = setUp(t)
  put('old/1', 1)
  await servables.reload([config('moved', join(base, 'old'))])
  put('slow/1', 2)
  put('fast/1', 3)
  put('new/1', 4)
  const flag = join(base, 'flag')
  writeFileSync(join(base, 'slow/1/wait'), flag)
  const slow = config('slow', join(base, 'slow'))
  const others = [config('fast', join(base, 'fast')), config('moved', join(base, 'new'))]
  const first = servables.reload([slow, ...others])
  t.equal(await served(servables, 'fast'), 3)
  while (await served(servables, 'moved') !== 4);
  t.strictSame(states(servables, 'slow'), ['1 LOADING 0'])

  put('later/1', 5)
  const second = servables.reload([slow, ...others, config('later', join(base, 'later'))])
  t.equal(await served(servables, 'later'), 5, 'served while both lists still wait')
  t.strictSame(states(servables, 'slow'), ['1 LOADING 0'])
  writeFileSync(flag, '')
  await Promise.all([first, second])
  t.equal(await ask(servables, 'slow'), 2, 'loaded once, for both')
})

t.test('a load that a later list does not want any more is ended, and can be wanted again', async t => {
  const { servables, base, put } = setUp(t)
  put('slow/1', 2)
  put('fast/1', 3)
  const flag = join(base, 'flag')
  writeFileSync(join(base, 'slow/1/wait'), flag)
  const first = servables.reload([config('slow', join(base, 'slow'))])
  const refused = t.rejects(first, { status: 2, message: '1 model(s) did not become available: {{{name: slow version: 1}}, }' })
  await servables.reload([config('fast', join(base, 'fast'))])
  await refused
  t.strictSame(states(servables, 'slow'), ['1 END 0'])
  const again = servables.reload([config('slow', join(base, 'slow'))])
  writeFileSync(flag, '')
  await again
  t.equal(await ask(servables, 'slow'), 2)
})

t.test('what is refused changes nothing', async t => {
  const { servables, base, put } = setUp(t)
  put('m/1')
  const good = config('m', join(base, 'm'))
  await t.rejects(servables.reload([good, good]), { name: 'ModelError', status: 3 })
  await t.rejects(servables.reload([config('m', 'relative')]), { status: 3, message: 'Expected model m to have an absolute path or URI; got base_path()=relative' })
  await t.rejects(servables.reload([{ ...good, labels: new Map([['l', 1n]]) }]), { status: 9, message: 'Request to assign label to version 1 of model m, which is not currently available for inference' })
  t.throws(() => servables.statuses('m', {}), { name: 'ModelError', status: 5 })
  await servables.reload([good])
  await servables.reload([{ ...good, labels: new Map([['l', 1n]]) }])
  t.equal(await ask(servables, 'm', { label: 'l' }), 2)
})

t.test('a load that fails is tried again as often as was said', async t => {
  const logged: string[] = []
  const { servables, base } = setUp(t, { maxLoadRetries: 2, log: (_level, _source, text) => { logged.push(text) } })
  mkdirSync(join(base, 'm/1'), { recursive: true })
  await t.rejects(servables.reload([config('m', join(base, 'm'))]), { name: 'ModelError', status: 2 })
  t.equal(logged.filter(text => /^Loading servable: .* failed/.test(text)).length, 3)
})
