// Writes openapi/openapi.json: the document of a service with the sample models. Run it as `npm run openapi`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { documentText, sampleDocument } from './sample-document.js'

const root = new URL('../', import.meta.url)
mkdirSync(new URL('openapi/', root), { recursive: true })
writeFileSync(new URL('openapi/openapi.json', root), documentText(await sampleDocument(fileURLToPath(new URL('models', root)))))
