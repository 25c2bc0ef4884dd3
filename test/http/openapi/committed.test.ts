// openapi/openapi.json is what the code makes of the sample models (`npm run openapi` writes it), and its examples fit their own schemas.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { sampleDocument } from '../../../scripts/sample-document.js'

const root = new URL('../../../', import.meta.url)

interface Content { readonly 'application/json'?: { readonly schema: { readonly $ref?: string }, readonly examples?: Readonly<Record<string, { readonly value: unknown }>> } }
interface Written { readonly components: object, readonly paths: Readonly<Record<string, { readonly post?: { readonly requestBody?: { readonly content: Content } } }>> }

const written = JSON.parse(readFileSync(new URL('openapi/openapi.json', root), 'utf8')) as Written

t.test('the committed document is up to date', async t => {
  const made = JSON.parse(JSON.stringify(await sampleDocument(fileURLToPath(new URL('models', root))))) as unknown
  t.same(written, made, 'otherwise run: npm run openapi')
})

t.test('examples fit the schemas of their requests', async t => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'urn:test:document', components: written.components } as object)
  let count = 0
  for (const [path, { post }] of Object.entries(written.paths)) {
    const { schema, examples = {} } = post?.requestBody?.content['application/json'] ?? { schema: {} }
    if (schema.$ref === undefined) continue
    const fits = ajv.compile({ $ref: `urn:test:document${schema.$ref}` })
    for (const [name, { value }] of Object.entries(examples)) {
      t.ok(fits(value), `${path} ${name} ${JSON.stringify(fits.errors)}`)
      count++
    }
  }
  t.ok(count >= 8, 'every sample has some')
})
