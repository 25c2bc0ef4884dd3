import { readFileSync } from 'node:fs'
import t from 'tap'
import { embeddedPage } from '../../src/embedded/docs.js'

t.test('docs/embedded.md is what the code says', async t => {
  t.equal(readFileSync(new URL('../../docs/embedded.md', import.meta.url), 'utf8'), embeddedPage(), 'run `npm run docs` after a change of the ops')
})
