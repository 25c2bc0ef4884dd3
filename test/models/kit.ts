// Helpers for the tests of the samples: their folders, their examples, and a version run without processes. No tests here.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import type { Test } from 'tap'
import { formatOf } from '../../src/embedded/formats/index.js'
import { loadHandler } from '../../src/handlers/load.js'
import { plainHandler } from '../../src/handlers/plain.js'
import type { VersionHandler } from '../../src/handlers/version-handler.js'
import type { Tensors } from '../../src/tensor/tensor.js'

export const modelsFolder = fileURLToPath(new URL('../../models', import.meta.url))

export interface Sample { readonly model: string, readonly version: string, readonly folder: string }

/** Every version of every model in models/. */
export function samples (): Sample[] {
  return readdirSync(modelsFolder, { withFileTypes: true }).filter(entry => entry.isDirectory()).flatMap(({ name: model }) =>
    readdirSync(join(modelsFolder, model)).filter(version => /^\d+$/.test(version)).map(version => ({ model, version, folder: join(modelsFolder, model, version) })))
}

export interface Example { readonly name: string, readonly request: unknown, readonly response: unknown, readonly tolerance: number }

export function examples (folder: string): Example[] {
  return readdirSync(join(folder, 'examples')).filter(name => name.endsWith('.json')).map(name => {
    const { request, response, tolerance = 0 } = JSON.parse(readFileSync(join(folder, 'examples', name), 'utf8')) as Example
    return { name, request, response, tolerance }
  })
}

/** Where two answers differ by more than the tolerance; undefined when they do not. */
export function difference (got: unknown, wanted: unknown, tolerance: number, path = ''): string | undefined {
  if (typeof got === 'number' && typeof wanted === 'number') return Math.abs(got - wanted) <= tolerance ? undefined : `${path}: ${got} is not ${wanted} ± ${tolerance}`
  if (typeof got !== 'object' || typeof wanted !== 'object' || got === null || wanted === null) return Object.is(got, wanted) ? undefined : `${path}: ${JSON.stringify(got)} is not ${JSON.stringify(wanted)}`
  const keys = [...new Set([...Object.keys(got), ...Object.keys(wanted)])]
  return keys.map(key => difference((got as Record<string, unknown>)[key], (wanted as Record<string, unknown>)[key], tolerance, `${path}/${key}`)).find(found => found !== undefined)
}

export interface Served {
  /** Evaluates a body; `seen` gets the tensors that reached the model. */
  readonly evaluate: (body: Uint8Array | object, mediaType?: string, seen?: (inputs: Tensors) => void) => Promise<unknown>
}

/** A sample's version in this process: the embedded model server's loader and the version's handler, no socket between them. */
export async function serve (t: Test, { model, version, folder }: Sample): Promise<Served> {
  const loaded = await (await formatOf(folder)).load(folder)
  t.teardown(() => loaded.dispose())
  const file = join(folder, 'handler.ts')
  const handler: VersionHandler = existsSync(file)
    ? await loadHandler({ file, folder, model, version: BigInt(version), signatures: loaded.signatures, log: pino({ level: 'silent' }) })
    : plainHandler(loaded.signatures)
  t.teardown(async () => await handler.close())
  return {
    evaluate: async (body, mediaType = 'application/json', seen) => {
      const answer = await handler.evaluate({
        request: { mediaType, body: body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body)) },
        signature: '',
        requestId: 'test',
        deadline: Date.now() + 30_000,
        signal: new AbortController().signal,
        predict: async inputs => {
          seen?.(inputs)
          return loaded.run('serving_default', inputs, [])
        },
        predictModel: async () => { throw new Error('no sample calls another model') },
        stage: async (_stage, work) => await work()
      })
      return JSON.parse(Buffer.from(answer.body).toString())
    }
  }
}
