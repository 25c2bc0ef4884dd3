// Files with secrets that everybody may read are told.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { openSecretFiles } from '../../src/config/secret-files.js'

t.test('a file of a secret, and a settings file with one inside', async t => {
  const folder = t.testdir({ token: 'geheim', 'outrigger.yaml': 'consul_http_token: geheim\n' })
  const warnings = () => openSecretFiles(loadConfig(['--consul-http-token-file', join(folder, 'token')], {}, folder))
  for (const file of ['token', 'outrigger.yaml']) chmodSync(join(folder, file), 0o640)
  t.same(warnings(), [])
  for (const file of ['token', 'outrigger.yaml']) chmodSync(join(folder, file), 0o644)
  t.match(warnings(), [/^consul_http_token_file: .*token; chmod 600/, /^consul_http_token in .*outrigger\.yaml/])
  t.notMatch(warnings().join(), /geheim/)
})

t.test('a file that is not there, and the folder of credentials, are no warning', async t => {
  const folder = t.testdir({ outrigger_consul_http_token: 'geheim' })
  chmodSync(join(folder, 'outrigger_consul_http_token'), 0o644)
  t.same(openSecretFiles(loadConfig([], { CREDENTIALS_DIRECTORY: folder }, '/nonexistent')), [])
  t.same(openSecretFiles(loadConfig(['--consul-http-token-file', '/nonexistent/token'], {}, '/nonexistent')), [])
})
