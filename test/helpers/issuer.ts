// An issuer of tokens for tests: keys of its own, tokens with whatever claims and headers a test wants. Knows no server.
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose'

export const issuerName = 'https://issuer.example'
export const audience = 'outrigger'

export interface IssuerKey { readonly kid: string, readonly alg: string, readonly privateKey: KeyObject, readonly publicKey: KeyObject, readonly jwk: JWK }

export async function issuerKey (kid: string, alg: 'RS256' | 'ES256' = 'ES256'): Promise<IssuerKey> {
  const pair = alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, alg, ...pair, jwk: { ...await exportJWK(pair.publicKey), kid, alg, use: 'sig' } }
}

export const jwksOf = (...keys: readonly IssuerKey[]): string => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })

export const pemOf = ({ publicKey }: IssuerKey): string => publicKey.export({ type: 'spki', format: 'pem' }) as string

const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow

/** A good token of this key: five minutes, our audience, and these claims and header members instead. A claim that is undefined is left out. */
export async function token (key: IssuerKey, claims: JWTPayload = {}, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const payload = Object.fromEntries(Object.entries({ iss: issuerName, aud: audience, sub: 'alice', exp: seconds(300), ...claims }).filter(([, value]) => value !== undefined))
  return await new SignJWT(payload).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
}

export { seconds }

const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A token made by hand, as an attacker makes it: header and claims as text or value, signed with HMAC by any bytes, or not at all. */
export function forged (header: unknown, claims: unknown, hmacSecret?: string | Uint8Array): string {
  const body = `${part(header)}.${part(claims)}`
  return `${body}.${hmacSecret === undefined ? '' : createHmac('sha256', hmacSecret).update(body).digest('base64url')}`
}

export const goodClaims = (): JWTPayload => ({ iss: issuerName, aud: audience, sub: 'mallory', exp: seconds(300), scope: 'predict admin' })
