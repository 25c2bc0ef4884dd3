import t from 'tap'
import { besideModule } from '../src/module-url.js'

t.test('keeps the extension of the module that asks', async t => {
  t.equal(besideModule('file:///a/b/c.ts', './worker').href, 'file:///a/b/worker.ts')
  t.equal(besideModule('file:///a/b/c.js', './worker').href, 'file:///a/b/worker.js')
})
