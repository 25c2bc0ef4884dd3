// One test per attack on tokens. The table of these with their results is in docs/threat-model.md.
import { sign } from 'node:crypto'
import t, { type Test } from 'tap'
import { publicKey, keySet, sharedSecret, type KeyFinder, type KeySource } from '../../src/auth/keys.js'
import { createTokens, type Identity, type Tokens, type TokenSettings } from '../../src/auth/tokens.js'
import { publicKeyAlgorithms } from '../../src/auth/algorithms.js'
import { audience, forged, goodClaims, issuerKey, issuerName, jwksOf, pemOf, seconds, token, type IssuerKey } from '../helpers/issuer.js'

const [rsa, ec, stranger] = await Promise.all([issuerKey('rsa-1', 'RS256'), issuerKey('ec-1'), issuerKey('ec-1')])
const usual: TokenSettings = { algorithms: publicKeyAlgorithms, issuer: issuerName, audience: [audience, 'other'], clockToleranceMs: 30_000, scopeClaims: ['scope', 'scp'], type: undefined }

const still = (find: KeyFinder): KeySource => ({ find, generation: () => 0, refresh: async () => {}, close: () => {} })
const tokensOf = (find: KeyFinder, settings: Partial<TokenSettings> = {}): Tokens => {
  const all = { ...usual, ...settings }
  return createTokens({ settings: () => all, keys: still(find) })
}
const jwks = tokensOf(keySet(jwksOf(rsa, ec)))

const refused = async (t: Test, tokens: Tokens, text: string, why: RegExp): Promise<void> => {
  await t.rejects(tokens.check(text), { code: 'AUTH_TOKEN_INVALID', message: why }, String(why))
}

t.test('a good token', async t => {
  t.match(await jwks.check(await token(ec, { scope: 'predict:titanic admin' })), { subject: 'alice', grants: new Set(['predict:titanic', 'admin']) })
  t.match(await jwks.check(await token(rsa, { scp: ['predict'], sub: undefined, client_id: 'batch' })), { subject: 'batch', grants: new Set(['predict']) })
  t.match(await jwks.check(await token(ec, { aud: ['x', 'other'] })), { subject: 'alice' })
  t.match(await tokensOf(publicKey(pemOf(rsa))).check(await token(rsa)), { subject: 'alice' })
  t.match(await tokensOf(publicKey(pemOf(ec))).check(await token(ec)), { subject: 'alice' })
})

t.test('alg none', async t => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) await refused(t, jwks, forged({ alg, kid: ec.kid }, goodClaims()), /algorithm|cannot be|can be read/)
  await refused(t, jwks, forged({ alg: 'none' }, goodClaims(), 'x'), /algorithm/)
  await refused(t, jwks, forged({}, goodClaims(), 'x'), /can be read/)
})

t.test('algorithm confusion: the public key as an HMAC secret', async t => {
  const pem = pemOf(rsa)
  for (const secret of [pem, pem.trim(), rsa.publicKey.export({ type: 'spki', format: 'der' }), JSON.stringify(rsa.jwk), rsa.jwk.n!]) {
    await refused(t, jwks, forged({ alg: 'HS256', kid: rsa.kid }, goodClaims(), secret), /algorithm/)
    await refused(t, tokensOf(publicKey(pem)), forged({ alg: 'HS256' }, goodClaims(), secret), /algorithm/)
    // Even where the configuration were wrong, the key's kind says no.
    await refused(t, tokensOf(publicKey(pem), { algorithms: ['HS256'] }), forged({ alg: 'HS256' }, goodClaims(), secret), /key|signature|read/)
    await refused(t, tokensOf(keySet(jwksOf(rsa)), { algorithms: ['HS256'] }), forged({ alg: 'HS256', kid: rsa.kid }, goodClaims(), secret), /key|supported/)
  }
})

t.test('key confusion: another key under the same kid, another key\'s kid, another algorithm for a key', async t => {
  await refused(t, jwks, await token(stranger), /signature/)
  await refused(t, jwks, await token(ec, {}, { kid: rsa.kid }), /key that is not known/)
  await refused(t, jwks, await token({ ...rsa, alg: 'PS256' }), /key that is not known/)
  await refused(t, tokensOf(publicKey(pemOf(rsa))), await token(ec), /key|supported/)
  await refused(t, tokensOf(keySet(jwksOf(ec)), { algorithms: ['RS256'] }), await token(ec), /algorithm/)
})

t.test('a key that the token brings along, or the address of one', async t => {
  const evil: IssuerKey = stranger
  for (const header of [{ jwk: evil.jwk }, { jku: 'https://evil.example/jwks.json' }, { x5u: 'https://evil.example/cert.pem' }, { x5c: ['MIIB'] }]) {
    await refused(t, jwks, await token(evil, {}, header), /signature/)
    await refused(t, jwks, await token(evil, {}, { ...header, kid: 'evil' }), /key that is not known/)
    await t.resolves(jwks.check(await token(ec, {}, header)), 'and they do not harm a good one')
  }
})

t.test('claims', async t => {
  await refused(t, jwks, await token(ec, { aud: 'another' }), /audience/)
  await refused(t, jwks, await token(ec, { aud: ['another', 'Outrigger'] }), /audience/)
  await refused(t, jwks, await token(ec, { aud: undefined }), /audience/)
  await refused(t, jwks, await token(ec, { iss: `${issuerName}/` }), /issuer/)
  await refused(t, jwks, await token(ec, { iss: undefined }), /issuer/)
  await refused(t, jwks, await token(ec, { iss: [issuerName] as unknown as string }), /issuer/)
  await refused(t, jwks, await token(ec, { exp: seconds(-31) }), /expired/)
  await refused(t, jwks, await token(ec, { exp: undefined }), /expires/)
  await refused(t, jwks, await token(ec, { exp: '9999999999' as unknown as number }), /expires/)
  await refused(t, jwks, await token(ec, { nbf: seconds(60) }), /not valid yet/)
  await t.resolves(jwks.check(await token(ec, { exp: seconds(-20), nbf: seconds(20) })), 'within the tolerance')
})

t.test('types', async t => {
  const typed = tokensOf(keySet(jwksOf(ec)), { type: 'at+jwt' })
  await t.resolves(typed.check(await token(ec, {}, { typ: 'at+jwt' })))
  await t.resolves(typed.check(await token(ec, {}, { typ: 'application/at+jwt' })))
  await refused(t, typed, await token(ec, {}, { typ: 'JWT' }), /another type/)
  await refused(t, typed, await token(ec), /another type/)
})

t.test('crit', async t => {
  const [, claims] = (await token(ec)).split('.')
  for (const header of [{ crit: ['exp2'], exp2: 1 }, { crit: [] }, { crit: ['b64'], b64: false }, { crit: 'alg' }]) {
    const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: ec.kid, ...header })).toString('base64url')
    const signature = sign('sha256', Buffer.from(`${head}.${claims}`), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    await refused(t, jwks, `${head}.${claims}.${signature}`, /supported|read|signature/)
  }
})

t.test('duplicate claims: the last one counts, for the check and for what is allowed, as RFC 7519 has it', async t => {
  const signed = (claims: string): string => {
    const body = `${Buffer.from(JSON.stringify({ alg: 'ES256', kid: ec.kid })).toString('base64url')}.${Buffer.from(claims).toString('base64url')}`
    return `${body}.${sign('sha256', Buffer.from(body), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const base = `"iss":"${issuerName}","aud":"${audience}"`
  t.match(await jwks.check(signed(`{${base},"exp":${seconds(300)},"scope":"admin","scope":"predict"}`)), { grants: new Set(['predict']) })
  await refused(t, jwks, signed(`{${base},"exp":${seconds(300)},"exp":${seconds(-300)}}`), /expired/)
  await refused(t, jwks, signed(`{"aud":"${audience}","iss":"${issuerName}","iss":"evil","exp":${seconds(300)}}`), /issuer/)
})

t.test('what is no token', async t => {
  const good = await token(ec)
  const [head, claims, signature] = good.split('.')
  for (const text of ['', '.', '..', 'x', 'a.b.c', good.slice(0, -2), `${good}x`, `${head}.${claims}.`, `${head}.${claims}`, `${good}.${signature}`, `${head}.${claims}.${signature!.slice(1)}`, `${good}=`, forged('null', 'null', 'x'), forged('[]', '{}', 'x'), forged({ alg: ['ES256'] }, {}, 'x'), forged({ alg: 'ES256', kid: {} }, {}, 'x')]) {
    await t.rejects(jwks.check(text), { code: 'AUTH_TOKEN_INVALID' }, text)
  }
  // Changed claims under the old signature.
  await refused(t, jwks, `${head}.${Buffer.from(JSON.stringify(goodClaims())).toString('base64url')}.${signature}`, /signature/)
})

t.test('a shared secret', async t => {
  const secret = 'a secret of thirty-two bytes, and more'
  const tokens = tokensOf(sharedSecret(`${secret}\n`, ['HS256']), { algorithms: ['HS256'] })
  await t.resolves(tokens.check(forged({ alg: 'HS256' }, goodClaims(), secret)))
  await refused(t, tokens, forged({ alg: 'HS256' }, goodClaims(), `${secret} `), /signature/)
  await refused(t, tokens, forged({ alg: 'HS256' }, goodClaims(), ''), /signature/)
  await refused(t, tokens, forged({ alg: 'none' }, goodClaims()), /algorithm|read/)
  await refused(t, tokens, await token(ec), /algorithm/)
})

t.test('several keys that fit a token without a kid are all tried', async t => {
  const two = tokensOf(keySet(jwksOf(ec, { ...stranger, jwk: { ...stranger.jwk, kid: 'ec-2' } })))
  await t.resolves(two.check(await token(ec, {}, { kid: undefined })))
  await t.resolves(two.check(await token(stranger, {}, { kid: undefined })))
  await refused(t, two, await token(await issuerKey('x'), {}, { kid: undefined }), /signature/)
})

t.test('a good token is remembered for as long as it, the keys and the settings hold', async t => {
  let now = Date.now()
  let generation = 0
  let settings = usual
  let asked = 0
  const find = keySet(jwksOf(ec))
  const tokens = createTokens({ settings: () => settings, now: () => now, keys: { ...still(async header => { asked++; return await find(header) }), generation: () => generation } })
  const text = await token(ec)
  const same: Identity[] = [await tokens.check(text), await tokens.check(text)]
  t.equal(same[0], same[1])
  t.equal(asked, 1)
  generation++
  await tokens.check(text)
  t.equal(asked, 2, 'other keys')
  settings = { ...usual, audience: ['another'] }
  await t.rejects(tokens.check(text), { message: /audience/ })
  settings = usual
  await tokens.check(text)
  now += 331_000
  await t.rejects(tokens.check(text), { message: /expired/ })
})
