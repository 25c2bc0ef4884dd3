import t from 'tap'
import { loadConfig } from '../../src/config/load.js'

const load = (...argv: string[]): ReturnType<typeof loadConfig> => loadConfig(argv, {}, '/')
const usual = ['--auth-issuer', 'https://issuer.example', '--auth-audience', 'outrigger']

t.test('tokens of each kind', async t => {
  for (const source of [['--auth-jwks-url', 'https://issuer.example/jwks'], ['--auth-jwks-file', 'x'], ['--auth-public-key-file', 'x'], ['--auth-secret-file', 'x']]) t.match(load(...usual, ...source).config, { authIssuer: 'https://issuer.example', authAudience: ['outrigger'], authOpen: ['health', 'metrics'] })
})

t.test('what would only look like tokens', async t => {
  t.throws(() => load('--auth-issuer', 'x'), /tokens are off/)
  t.throws(() => load('--auth-open', 'docs'), /tokens are off/)
  t.throws(() => load('--auth-jwks-file', 'x'), { message: /auth-issuer is needed[^]*auth-audience is needed/ }, 'all named at once')
  t.throws(() => load(...usual, '--auth-jwks-file', 'x', '--auth-secret-file', 'y'), /different keys/)
})

t.test('algorithms go with their keys', async t => {
  t.throws(() => load(...usual, '--auth-jwks-file', 'x', '--auth-algorithms', 'RS256,HS256'), /HS256 goes with auth-secret-file/)
  t.throws(() => load(...usual, '--auth-secret-file', 'x', '--auth-algorithms', 'RS256'), /RS256 goes with a public key/)
  t.throws(() => load(...usual, '--auth-secret-file', 'x', '--auth-algorithms', 'none'), /must be out of/)
  t.throws(() => load(...usual, '--auth-jwks-file', 'x', '--auth-clock-tolerance', '5m'), /at most 60s/)
})

t.test('where keys come from', async t => {
  t.throws(() => load(...usual, '--auth-jwks-url', 'http://issuer.example/jwks'), /https/)
  t.ok(load(...usual, '--auth-jwks-url', 'http://issuer.example/jwks', '--auth-jwks-insecure'))
  t.throws(() => load(...usual, '--auth-jwks-url', 'https://u:planted@issuer.example/jwks'), /no user/)
  t.throws(() => load(...usual, '--auth-jwks-file', 'x', '--auth-open', 'none,health'), /none/)
})

t.test('lists of addresses', async t => {
  t.same(load('--allow', '10.0.0.0/8, ::1').config.allow, ['10.0.0.0/8', '::1'])
  t.equal(load().config.allow, undefined)
  t.throws(() => load('--allow', '10.0.0.0/40'), /allow must be addresses/)
  t.throws(() => load('--allow='), /at least one/)
  t.throws(() => load('--trusted-proxies', 'proxy.example'), /trusted-proxies must be/)
})
