// A reload brings into force what can change, names the rest, and changes nothing where there is a fault.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { liveConfig, type LiveConfig } from '../../src/config/reload.js'
import { OutriggerError } from '../../src/errors.js'

function following (t: Test, yaml: string, argv: string[] = []): LiveConfig & { write: (yaml: string) => void } {
  const folder = t.testdir({ 'outrigger.yaml': yaml })
  const read = () => loadConfig(argv, {}, folder)
  return { ...liveConfig(read(), read), write: text => { writeFileSync(join(folder, 'outrigger.yaml'), text) } }
}

t.test('what can change changes, the rest is named', async t => {
  const { current, reload, write } = following(t, 'request_timeout: 5s\nport: 8000\n', ['--log-level', 'warn'])
  const before = current()
  t.same(reload(), { applied: [], waiting: [] })
  t.equal(current(), before, 'the same object')
  write('request_timeout: 7s\nport: 9000\nquota_requests: 3\nallow: [10.0.0.0/8]\nlog_level: debug\n')
  t.same(reload(), {
    applied: [
      { key: 'requestTimeoutMs', setting: 'request_timeout', from: '5000', to: '7000' },
      { key: 'allow', setting: 'allow', from: null, to: '10.0.0.0/8' },
      { key: 'quotaRequests', setting: 'quota_requests', from: null, to: '3' }
    ],
    waiting: [{ key: 'port', setting: 'port', from: '8000', to: '9000' }]
  }, 'flags come before the file')
  t.match(current(), { requestTimeoutMs: 7000, port: 8000, quotaRequests: 3, logLevel: 'warn' })
  t.ok(Object.isFrozen(current()))
  write('port: 8000\n')
  t.match(reload(), { applied: [{ setting: 'request_timeout', to: '30000' }, { setting: 'allow', to: null }, { setting: 'quota_requests', to: null }], waiting: [] })
  t.match(current(), { requestTimeoutMs: 30_000, quotaRequests: undefined })
})

const faultOf = (work: () => unknown): OutriggerError => {
  try { work() } catch (error) { if (error instanceof OutriggerError) return error; throw error }
  throw new Error('it was taken')
}

t.test('a file with faults changes nothing and names all of them', async t => {
  const { current, reload, write } = following(t, 'request_timeout: 5s\n')
  const before = current()
  write('request_timeout: soon\nquota_requests: -1\nmade_up: 1\nlog_level: debug\n')
  const { code, message } = faultOf(reload)
  t.equal(code, 'CONFIG_INVALID')
  for (const word of ['request_timeout', 'quota_requests', 'made_up']) t.match(message, word)
  write('request_timeout: [')
  t.match(faultOf(reload).message, /is not valid YAML in line 1, column \d+: /)
  write('log_level: *geheim')
  t.match(faultOf(reload).message, /an alias/)
  t.notMatch(faultOf(reload).message, /geheim/, 'what the file holds may be a secret')
  t.equal(current(), before)
})

t.test('changes that only fit together with one that needs a start are refused as a whole', async t => {
  const tokens = 'auth_issuer: i\nauth_audience: a\n'
  const { current, reload, write } = following(t, `${tokens}auth_secret_file: /s\n`)
  const before = current()
  write(`${tokens}auth_public_key_file: /p\nauth_algorithms: RS256\nrequest_timeout: 1s\n`)
  t.match(faultOf(reload).message, /auth_public_key_file, auth_secret_file can only change by a new start.*\nauth-algorithms: RS256/)
  t.equal(current(), before)
})

t.test('a secret that changes is told without its value', async t => {
  const { reload, write } = following(t, 'consul_http_token: first\n')
  write('consul_http_token: second\n')
  t.same(reload(), { applied: [], waiting: [{ key: 'consulHttpToken', setting: 'consul_http_token', from: '(hidden)', to: '(hidden)' }] })
})
