// The program is found by path or on PATH, and a missing one is said with what to do.
import { chmodSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { findModelServer, requireModelServer } from '../../src/engine/find.js'

t.test('by path, then by PATH', async t => {
  const folder = t.testdir({ a: { tensorflow_model_server: { } }, b: { tensorflow_model_server: '#!/bin/sh\n' }, c: { tensorflow_model_server: 'no program' } })
  const program = join(folder, 'b/tensorflow_model_server')
  chmodSync(program, 0o755)
  const path = ['a', 'c', 'b'].map(name => join(folder, name)).join(':')
  t.equal(findModelServer(program, undefined), program)
  t.equal(findModelServer(undefined, `:relative:${path}`), program, 'folders and files without the right to execute are passed over')
  t.equal(findModelServer(undefined, dirname('/nowhere/x')), undefined)
  t.equal(findModelServer(undefined, undefined), undefined)
  t.equal(requireModelServer(undefined, path), program)
  t.throws(() => findModelServer(join(folder, 'c/tensorflow_model_server'), path), { code: 'CONFIG_INVALID' })
  t.throws(() => requireModelServer(undefined, '/nowhere'), { code: 'CONFIG_INVALID', message: /--tensorflow-model-server/ })
})
