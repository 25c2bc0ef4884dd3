// The flags of the model server's own batching, and what is refused before it is started.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { batchingArgs } from '../../src/engine/tensorflow-batching.js'

t.test('flags', async t => {
  const file = join(t.testdir(), 'batching.config')
  writeFileSync(file, 'max_batch_size { value: 32 }')
  t.same(batchingArgs({ on: false, parametersFile: undefined, engine: 'auto' }), [])
  t.same(batchingArgs({ on: false, parametersFile: undefined, engine: 'embedded' }), [])
  t.same(batchingArgs({ on: true, parametersFile: undefined, engine: 'tensorflow' }), ['--enable_batching=true'])
  t.same(batchingArgs({ on: true, parametersFile: file, engine: 'auto' }), ['--enable_batching=true', `--batching_parameters_file=${file}`])
})

t.test('refused', async t => {
  t.throws(() => batchingArgs({ on: true, parametersFile: '/nowhere/batching.config', engine: 'auto' }), { code: 'CONFIG_INVALID', message: /nowhere.*ENOENT/ })
  t.throws(() => batchingArgs({ on: false, parametersFile: '/nowhere/batching.config', engine: 'auto' }), { code: 'CONFIG_INVALID', message: /goes with/ })
  t.throws(() => batchingArgs({ on: true, parametersFile: undefined, engine: 'embedded' }), { code: 'CONFIG_INVALID', message: /embedded/ })
})
