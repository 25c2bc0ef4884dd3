import t from 'tap'
import { ModelError } from '../../../src/embedded/formats/format.js'
import { formatOf } from '../../../src/embedded/formats/index.js'

t.test('the format is told by file names', async t => {
  t.equal((await formatOf(t.testdir({ 'saved_model.pb': '' }))).name, 'saved-model')
})

t.test('a folder of no known format', async t => {
  const folder = t.testdir({ 'readme.md': '' })
  const error: unknown = await formatOf(folder).catch((thrown: unknown) => thrown)
  t.ok(error instanceof ModelError)
  t.match(error, { status: 5, message: `Could not find SavedModel .pb or .pbtxt at supplied export directory path: ${folder}.` })
})

t.test('a ModelError carries its status and cause', async t => {
  const cause = new Error('inner')
  t.match(new ModelError(3, 'no', { cause }), { status: 3, message: 'no', name: 'ModelError', cause })
})
