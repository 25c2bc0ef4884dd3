// A version entry for tests: complete, with a fake engine, every part replaceable.
import type { ModelEntry, VersionEntry } from '../../src/inference/registry.js'
import { fakeEngine } from './fake-engine.js'

export const versionEntry = (parts: Partial<VersionEntry> = {}): VersionEntry => ({
  model: 'm', version: 1n, folder: '/models/m/1', format: 'saved-model', engine: fakeEngine(), state: 'available', reason: undefined, signatures: new Map(), handler: undefined, checksum: undefined, handlerChecksum: undefined, mayResend: () => true, ...parts
})

export const modelEntry = (parts: Partial<ModelEntry> = {}): ModelEntry => ({ name: 'm', required: true, timeoutMs: undefined, versions: [versionEntry()], labels: new Map(), ...parts })
