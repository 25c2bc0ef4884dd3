import { readFileSync } from 'node:fs'
import t from 'tap'
import { configurationPage } from '../../src/config/docs.js'

t.test('docs/configuration.md is what the schema says', async t => {
  t.equal(readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8'), configurationPage(), 'run `npm run docs` after a change of the schema')
})
