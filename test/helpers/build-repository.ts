// A repository on a folder of its own, a clock that is set by hand, and engines without children.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { ChangeNews } from '../../src/changes/journal.js'
import { Registry } from '../../src/inference/registry.js'
import { Repository, type RepositoryOptions } from '../../src/repository/repository.js'
import type { RepositorySource } from '../../src/repository/scan.js'
import type { DType } from '../../src/tensor/dtype.js'
import { fakeEngine, type FakeEngineOptions } from './fake-engine.js'

export const handler = (closed: () => void = () => {}) => ({
  description: { input: undefined, output: undefined, mediaTypes: [], preprocess: false, postprocess: false }, evaluate: async () => ({ mediaType: 'text/plain', body: Buffer.alloc(0) }), close: async () => { closed() }
})
export const signatures = (dtype: DType = 'DT_FLOAT') => new Map([['serving_default', { name: 'serving_default', methodName: '', inputs: new Map([['x', { dtype, shape: [-1] }]]), outputs: new Map() }]])

export function buildRepository (t: Test, folder: object, options: Partial<RepositoryOptions> & { engine?: FakeEngineOptions, sourceIn?: (root: string) => RepositorySource } = {}) {
  const { engine: engineOptions, sourceIn = folder => ({ kind: 'folder', folder }), ...more } = options
  const root = t.testdir(folder as never)
  const registry = new Registry()
  const engine = fakeEngine(engineOptions)
  const changes: ChangeNews[] = []
  let now = 0
  const repository = new Repository({
    source: sourceIn(root),
    registry,
    log: pino({ level: 'silent' }),
    engineFor: () => engine,
    signaturesOf: async () => signatures(),
    loadHandler: async () => handler(),
    assigningSignatures: async () => new Set(),
    onLive: () => {},
    record: change => { changes.push(change) },
    loadWithinMs: 1000,
    settleMs: () => 2000,
    now: () => now,
    ...more
  })
  return {
    root, registry, engine, repository, changes,
    write: (path: string, content = '') => { mkdirSync(dirname(join(root, path)), { recursive: true }); writeFileSync(join(root, path), content) },
    remove: (path: string) => { rmSync(join(root, path), { recursive: true }) },
    /** Two looks, the second after the settle time, and all that goes has gone. */
    settle: async () => { await repository.sync('watch'); now += 2000; await repository.sync('watch'); await repository.left() },
    wait: (ms: number) => { now += ms },
    start: async () => { await repository.find(); await repository.load() },
    states: (model: string) => registry.get(model)?.versions.map(({ version, state }) => `${version} ${state}`),
    lists: () => engine.pushed.map(list => list.map(({ name, versions }) => `${name} ${[...versions].sort().join(',')}`).join('; '))
  }
}
