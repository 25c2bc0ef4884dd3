import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { describeConfig, loadConfig } from '../../src/config/load.js'
import { OutriggerError } from '../../src/errors.js'

const faultsOf = (argv: string[], env: NodeJS.ProcessEnv = {}, cwd = '/nonexistent'): string[] => {
  try {
    loadConfig(argv, env, cwd)
  } catch (error) {
    if (error instanceof OutriggerError && error.code === 'CONFIG_INVALID') return error.message.split('\n')
    throw error
  }
  return []
}

t.test('defaults', async t => {
  const { config, origins } = loadConfig([], {}, '/nonexistent')
  t.match(config, { host: '127.0.0.1', port: 8501, engine: 'auto', requestTimeoutMs: 30_000, bodyLimitBytes: 64 * 1024 ** 2, consul: 'auto', allowLocalAdmin: false, serviceTags: [] })
  t.equal(config.defaultModel, undefined)
  t.equal(origins.port, 'default')
  t.ok(Object.isFrozen(config))
})

t.test('flags in every spelling', async t => {
  const read = (...argv: string[]) => loadConfig(argv, {}, '/nonexistent').config
  t.equal(read('--port', '9000').port, 9000)
  t.equal(read('--port=0').port, 0)
  t.equal(read('--request_timeout=2s').requestTimeoutMs, 2000)
  t.equal(read('--request-timeout', '1500').requestTimeoutMs, 1500)
  t.equal(read('--body-limit', '1.5MiB').bodyLimitBytes, 1572864)
  t.equal(read('--allow-local-admin').allowLocalAdmin, true)
  t.equal(read('--allow_local_admin').allowLocalAdmin, true)
  t.equal(read('--allow-local-admin=false').allowLocalAdmin, false)
  t.equal(read('--no-allow-local-admin').allowLocalAdmin, false)
  t.equal(read('--rest_api_port=8502').port, 8502, "TensorFlow Serving's word for it")
  t.equal(read('--rest_api_timeout_in_ms=700').requestTimeoutMs, 700)
  t.equal(read('--rest_api_enable_cors_support').cors, '*')
  t.equal(read('--rest_api_enable_cors_support=false').cors, undefined)
  t.strictSame(read('--service-tags', 'a, b,,c').serviceTags, ['a', 'b', 'c'])
  t.equal(read('--cors', '*').cors, '*')
})

t.test('flags before environment before file before default', async t => {
  const cwd = t.testdir({ 'outrigger.yaml': 'port: 1\nhost: file\nrequest_timeout: 5s\nservice_tags: [x, y]\nlog-level: warn\n' })
  const env = { OUTRIGGER_PORT: '2', OUTRIGGER_HOST: 'environment', PATH: '/bin' }
  const { config, origins } = loadConfig(['--port', '3'], env, cwd)
  t.match(config, { port: 3, host: 'environment', requestTimeoutMs: 5000, serviceTags: ['x', 'y'], logLevel: 'warn' })
  t.match(origins, { port: 'flag', host: 'environment', requestTimeoutMs: 'file', models: 'default' })
})

t.test('a file that is named must be there and well formed', async t => {
  const cwd = t.testdir({ 'a.yaml': 'port: [', 'b.yaml': '- 1', 'c.yaml': '', 'd.yaml': 'port: {a: 1}\nprot: 1\n' })
  t.match(faultsOf(['--config', join(cwd, 'none.yaml')]), [/none\.yaml cannot be read/])
  t.match(faultsOf(['--config', join(cwd, 'a.yaml')]), [/a\.yaml is not valid YAML in line 1/])
  t.match(faultsOf(['--config', join(cwd, 'b.yaml')]), [/must hold keys and values/])
  t.strictSame(faultsOf(['--config', join(cwd, 'c.yaml')]), [])
  t.match(faultsOf(['--config', join(cwd, 'd.yaml')]), [/port must be a plain value/, /prot is not a known key; did you mean port\?/])
  writeFileSync(join(cwd, 'e.yaml'), 'port: 4\n')
  t.equal(loadConfig([], { OUTRIGGER_CONFIG: join(cwd, 'e.yaml') }, '/nonexistent').config.port, 4)
})

t.test('every fault is named at once', async t => {
  const faults = faultsOf(['--prot', '1', '--port', '70000', 'serve', '--engine', 'torch', '--model-name', 'm'], { OUTRIGGER_HSOT: 'x' })
  t.equal(faults.length, 6)
  t.match(faults.join('\n'), /--prot is not a known flag; did you mean --port\?/)
  t.match(faults.join('\n'), /--port must be a whole number from 0 to 65535, not "70000"/)
  t.match(faults.join('\n'), /"serve" is not expected here/)
  t.match(faults.join('\n'), /--engine must be one of auto, tensorflow, embedded, not "torch"/)
  t.match(faults.join('\n'), /OUTRIGGER_HSOT is not a known variable; did you mean OUTRIGGER_HOST\?/)
  t.match(faults.join('\n'), /model-name and model-base-path go together/)
  t.match(faultsOf(['--port']), [/--port needs a value/])
  t.match(faultsOf(['--models', 'a', '--model-config-file', 'b']), [/models and model-config-file name different sources/])
})

t.test('values that are wrong', async t => {
  for (const argv of [['--request-timeout', '5 parsecs'], ['--body-limit', '3GiB'], ['--body-limit', '0'], ['--allow-local-admin=maybe'], ['--port', '1.5'], ['--request-timeout', '9999999h'], ['--models', '']]) t.equal(faultsOf(argv).length, 1, argv.join(' '))
})

t.test('a secret is hidden in the description and in faults', async t => {
  const loaded = loadConfig([], { CONSUL_HTTP_TOKEN: 'geheim' }, '/nonexistent')
  t.equal(loaded.config.consulHttpToken, 'geheim')
  t.notMatch(JSON.stringify(describeConfig(loaded)), /geheim/)
  t.match(describeConfig(loaded).find(row => row.key === 'consul_http_token'), { value: '(hidden)', origin: 'environment' })
  t.match(describeConfig(loaded).find(row => row.key === 'request_timeout'), { value: 30_000, origin: 'default' })
})

t.test('a secret on the command line is refused, without its value', async t => {
  for (const argv of [['--consul-http-token', 'geheim'], ['--consul_http_token=geheim']]) {
    const faults = faultsOf(argv).join('\n')
    t.match(faults, /would show the secret.*--consul-http-token-file.*CONSUL_HTTP_TOKEN/)
    t.notMatch(faults, /geheim/)
  }
})

t.test('a secret is found in the folder of credentials, and what names one elsewhere comes first', async t => {
  const folder = t.testdir({ outrigger_auth_secret: 'x'.repeat(32), outrigger_consul_http_token: 'y' })
  const argv = ['--auth-issuer', 'i', '--auth-audience', 'a']
  const { config, origins } = loadConfig(argv, { CREDENTIALS_DIRECTORY: folder, OUTRIGGER_CONSUL_HTTP_TOKEN_FILE: '/elsewhere' }, '/nonexistent')
  t.equal(config.authSecretFile, join(folder, 'outrigger_auth_secret'))
  t.match(config, { consulHttpTokenFile: '/elsewhere' })
  t.match(origins, { authSecretFile: 'credentials', consulHttpTokenFile: 'environment' })
  t.equal(loadConfig([], { CREDENTIALS_DIRECTORY: '/nonexistent' }, '/nonexistent').config.authSecretFile, undefined)
})

t.test("the agent's own variables set the Consul settings, ours come first", async t => {
  t.equal(loadConfig([], { CONSUL_HTTP_ADDR: 'a:1' }, '/nonexistent').config.consulHttpAddr, 'a:1')
  t.equal(loadConfig([], { CONSUL_HTTP_ADDR: 'a:1', OUTRIGGER_CONSUL_HTTP_ADDR: 'b:2' }, '/nonexistent').config.consulHttpAddr, 'b:2')
})
