// What is taken for keys, and what is refused when it is read.
import { generateKeyPairSync } from 'node:crypto'
import { exportJWK } from 'jose'
import t from 'tap'
import { keySet, publicKey, sharedSecret } from '../../src/auth/keys.js'
import { defaultAlgorithms, publicKeyAlgorithms } from '../../src/auth/algorithms.js'
import { issuerKey, jwksOf, pemOf } from '../helpers/issuer.js'

t.test('a key set', async t => {
  const [a, b] = await Promise.all([issuerKey('a'), issuerKey('b')])
  const find = keySet(jwksOf(a, b))
  t.equal((await find({ alg: 'ES256', kid: 'a' })).length, 1)
  t.equal((await find({ alg: 'ES256' })).length, 2)
  t.equal((await find({ alg: 'ES256', kid: 'c' })).length, 0)
  t.equal((await find({ alg: 'RS256', kid: 'a' })).length, 0)
  t.equal((await find({ alg: 'HS256', kid: 'a' })).length, 0)
  const use = { ...a, jwk: { ...a.jwk, use: 'enc' } }
  t.equal((await keySet(jwksOf(use))({ alg: 'ES256', kid: 'a' })).length, 0, 'a key for encryption')
  for (const bad of ['', 'x', 'null', '[]', '{}', '{"keys":[]}', '{"keys":{}}', '{"keys":[1]}', '{"keys":[null]}', JSON.stringify({ keys: Array(101).fill(a.jwk) })]) t.throws(() => keySet(bad), bad.slice(0, 30))
  t.throws(() => keySet(JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] })), /secret/)
  const secret = await exportJWK(a.privateKey)
  t.throws(() => keySet(JSON.stringify({ keys: [secret] })), /private/)
})

t.test('many keys without a kid: only some are tried', async t => {
  const keys = await Promise.all(Array.from({ length: 12 }, async (_, i) => await issuerKey(`k${i}`)))
  t.equal((await keySet(jwksOf(...keys))({ alg: 'ES256' })).length, 8)
})

t.test('a public key', async t => {
  const key = await issuerKey('a', 'RS256')
  t.equal((await publicKey(pemOf(key))({ alg: 'RS256' })).length, 1)
  t.throws(() => publicKey(key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string), /private/)
  t.throws(() => publicKey(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }) as string), /1024/)
  t.throws(() => publicKey('nothing'))
})

t.test('a shared secret', async t => {
  const text = 's'.repeat(32)
  t.same(await sharedSecret(`${text}\r\n`, ['HS256'])({ alg: 'HS256' }), [Buffer.from(text)])
  t.throws(() => sharedSecret('short', ['HS256']), /5 bytes/)
  t.throws(() => sharedSecret(text, ['HS256', 'HS512']), /64/)
  t.throws(() => sharedSecret(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }) as string, ['HS256']), /PEM/)
})

t.test('secrets and public keys never mix', async t => {
  t.same(defaultAlgorithms(true), ['HS256'])
  t.equal(defaultAlgorithms(false), publicKeyAlgorithms)
  t.notOk(publicKeyAlgorithms.some(name => name.startsWith('HS')))
})
