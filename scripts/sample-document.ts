// The OpenAPI document of a model repository without a running service: signatures from the saved models, schemas from their handlers, all in this process.
import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import { formatOf } from '../src/embedded/formats/index.js'
import type { Engine } from '../src/engine/engine.js'
import { loadHandler } from '../src/handlers/load.js'
import { buildDocument } from '../src/http/openapi/document.js'
import type { OpenApiDocument } from '../src/http/openapi/document-types.js'
import { Examples } from '../src/http/openapi/examples.js'
import { evaluateSchemas } from '../src/http/routes/evaluate/schema.js'
import type { ModelEntry, VersionEntry } from '../src/inference/registry.js'
import { chooseVersions, findModels, findVersions, type FoundVersion } from '../src/repository/scan.js'

const log = pino({ level: 'error' })

async function versionOf (model: string, { version, folder, format, handlerFile }: FoundVersion): Promise<VersionEntry> {
  const loaded = await (await formatOf(folder)).load(folder)
  const { signatures } = loaded
  loaded.dispose()
  const handler = handlerFile === undefined ? undefined : await loadHandler({ file: handlerFile, model, version, folder, signatures, isolate: false, log })
  return {
    model, version, folder, format, signatures, handler, state: 'available', reason: undefined,
    // Nothing of the document comes from the engine or the checksums.
    engine: { kind: 'embedded' } as Engine, checksum: undefined, handlerChecksum: undefined, mayResend: () => true
  }
}

/** The document that a service with this repository serves once all is loaded. Throws when a model of it cannot be loaded. */
export async function sampleDocument (folder: string): Promise<OpenApiDocument> {
  const models: ModelEntry[] = []
  for (const source of findModels({ kind: 'folder', folder })) {
    if ('reason' in source) throw new Error(`${source.model}: ${source.reason}`)
    const { name, basePath, settings } = source
    const versions: VersionEntry[] = []
    for (const found of chooseVersions(settings.policy, findVersions(basePath))) versions.push(await versionOf(name, found))
    models.push({ name, required: settings.required, timeoutMs: settings.timeoutMs, versions, labels: settings.labels })
  }
  models.sort((a, b) => a.name < b.name ? -1 : 1)
  const entries = models.flatMap(({ versions }) => versions)
  const examples = new Examples()
  await examples.load(entries)
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  const document = buildDocument({ version, models, defaultModel: models.length === 1 ? models[0].name : undefined, evaluateSchemas, examples: entry => examples.of(entry) })
  await Promise.all(entries.map(async entry => { await entry.handler?.close() }))
  return document
}

/** The text of the committed file. */
export const documentText = (document: OpenApiDocument): string => `${JSON.stringify(document, null, 2)}\n`
