// The version that a model server's program says of itself, and programs that say none.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { programVersion, versionIn } from '../../src/engine/program-version.js'

t.test('what the real program prints', async t => {
  t.equal(versionIn('TensorFlow ModelServer: 2.18.0-rc0+dev.sha.7a5a0a9\nTensorFlow Library: 2.18.0\n'), '2.18.0-rc0+dev.sha.7a5a0a9')
  t.equal(versionIn('usage: something else'), null)
})

t.test('a program is run once, with the environment of a model server', async t => {
  const folder = t.testdir({
    good: '#!/bin/sh\n[ "$1" = --version ] && echo "TensorFlow ModelServer: 1.2.3$SECRET$TF_X"\n', bad: '#!/bin/sh\nexit 3\n', slow: '#!/bin/sh\nexec sleep 600\n'
  })
  for (const name of ['good', 'bad', 'slow']) chmodSync(join(folder, name), 0o755)
  const { PATH } = process.env
  t.equal(await programVersion(join(folder, 'good'), { PATH, SECRET: 'geheim', TF_X: '-x' }), '1.2.3-x')
  t.equal(await programVersion(join(folder, 'bad'), { PATH }), null)
  t.equal(await programVersion(join(folder, 'slow'), { PATH }, 50), null)
  t.equal(await programVersion(join(folder, 'missing'), { PATH }), null)
})
