import t from 'tap'
import { Registry } from '../../src/inference/registry.js'
import { modelEntry, versionEntry } from '../helpers/entry.js'

const version = (number: bigint, state: 'available' | 'loading' | 'failed') => versionEntry({ version: number, state })

t.test('resolve', async t => {
  const registry = new Registry()
  registry.put(modelEntry({ versions: [version(4n, 'failed'), version(3n, 'loading'), version(2n, 'available'), version(1n, 'available')], labels: new Map([['stable', 1n], ['next', 3n]]) }))
  registry.put(modelEntry({ name: 'slow', versions: [version(1n, 'loading')] }))

  t.equal(registry.resolve('m').version, 2n, 'the newest that is available')
  t.equal(registry.resolve('m', { version: 1n }).version, 1n)
  t.equal(registry.resolve('m', { label: 'stable' }).version, 1n)
  t.throws(() => registry.resolve('m', { version: 3n }), { code: 'MODEL_NOT_READY', version: 3n })
  t.throws(() => registry.resolve('m', { label: 'next' }), { code: 'MODEL_NOT_READY' })
  t.throws(() => registry.resolve('m', { version: 4n }), { code: 'MODEL_NOT_FOUND', message: 'Servable not found for request: Specific(m, 4)' })
  t.throws(() => registry.resolve('m', { label: 'none' }), { code: 'MODEL_FAILED_PRECONDITION', status: 400, message: 'Unrecognized servable version label: none' })
  t.throws(() => registry.resolve('x', { label: 'none' }), { code: 'MODEL_FAILED_PRECONDITION' })
  t.throws(() => registry.resolve('x'), { code: 'MODEL_NOT_FOUND', message: 'Servable not found for request: Latest(x)' })
  t.throws(() => registry.resolve('slow'), { code: 'MODEL_NOT_READY', retryAfterMs: 1000 })
  t.throws(() => registry.resolve('__proto__'), { code: 'MODEL_NOT_FOUND' })
})

t.test('list, get, delete', async t => {
  const registry = new Registry()
  for (const name of ['b', 'a', 'c']) registry.put(modelEntry({ name }))
  t.strictSame(registry.list().map(({ name }) => name), ['a', 'b', 'c'])
  registry.delete('a')
  t.equal(registry.get('a'), undefined)
  t.equal(registry.get('b')?.name, 'b')
})
