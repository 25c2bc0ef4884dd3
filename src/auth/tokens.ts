// Checks tokens (JWT, RFC 7519 and RFC 8725) by jose against the configured issuer, audience, algorithms and keys, and says who it is. Knows no HTTP.
import { createHash } from 'node:crypto'
import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose'
import { OutriggerError } from '../errors.js'
import { grantsOf, type Grants } from './grants.js'
import type { Key, KeySource } from './keys.js'

export interface TokenSettings {
  readonly algorithms: readonly string[]
  readonly issuer: string
  /** One of them must be in the token's `aud`. */
  readonly audience: readonly string[]
  readonly clockToleranceMs: number
  /** The claims that hold scopes. */
  readonly scopeClaims: readonly string[]
  /** The `typ` that a token must have, such as `at+jwt`; any where undefined. */
  readonly type: string | undefined
}

export interface Identity {
  /** The token's `sub`, else its `client_id` or `azp`; undefined where it has none. */
  readonly subject: string | undefined
  readonly grants: Grants
}

export interface Tokens {
  /** Rejects with AUTH_TOKEN_INVALID, whose message says what is wrong, or AUTH_KEYS_UNAVAILABLE. */
  readonly check: (token: string) => Promise<Identity>
}

/** Tokens that were found good and are taken without their signature being checked again; at about 300 bytes each the memory stays below 2 MB. */
const maxRemembered = 4096
/** For logs and labels of people. */
const maxSubject = 256

interface Remembered { readonly identity: Identity, readonly expiresMs: number }

const faultsOfClaims: Readonly<Record<string, string>> = {
  iss: 'was made by another issuer', aud: 'is meant for another audience', nbf: 'is not valid yet', iat: 'was made in the future', exp: 'has no time at which it expires', typ: 'is of another type'
}

function faultOf (error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return faultsOfClaims[error.claim] ?? 'has a claim that is not right'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'is signed by an algorithm that is not taken here'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'has a signature that does not fit'
  if (error instanceof errors.JOSENotSupported) return 'asks for something that is not supported here'
  // A TypeError: the one key there is cannot have made such a signature.
  return error instanceof NoKey || error instanceof TypeError ? 'is signed by a key that is not known here' : 'is not a JSON Web Token that can be read'
}

class NoKey extends Error {}

function subjectOf (claims: JWTPayload): string | undefined {
  const named = [claims.sub, claims.client_id, claims.azp].find(one => typeof one === 'string' && one !== '') as string | undefined
  return named?.slice(0, maxSubject)
}

async function claimsOf (token: string, keys: KeySource, options: JWTVerifyOptions): Promise<JWTPayload> {
  let candidates: readonly Key[] = []
  try {
    // Called once the algorithm was found to be allowed.
    const { payload } = await jwtVerify(token, async header => {
      candidates = await keys.find(header)
      if (candidates[0] === undefined) throw new NoKey()
      return candidates[0] as Uint8Array
    }, options)
    return payload
  } catch (error) {
    if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    for (const key of candidates.slice(1)) {
      const found = await jwtVerify(token, key, options).catch((reason: unknown) => { if (reason instanceof errors.JWSSignatureVerificationFailed) return undefined; throw reason })
      if (found !== undefined) return found.payload
    }
    throw error
  }
}

/** `settings` gives those of the moment: another object makes everything that was remembered be checked anew. */
export function createTokens ({ settings, keys, now = Date.now }: { settings: () => TokenSettings, keys: KeySource, now?: () => number }): Tokens {
  const remembered = new Map<string, Remembered>()
  let of: { settings: TokenSettings, generation: number } | undefined

  return {
    async check (token) {
      const current = settings()
      const generation = keys.generation()
      if (of?.settings !== current || of.generation !== generation) remembered.clear()
      of = { settings: current, generation }
      // Not the token itself: no memory dump shall hold more of them than it must.
      const name = createHash('sha256').update(token).digest('base64')
      const before = remembered.get(name)
      if (before !== undefined && now() < before.expiresMs) return before.identity
      remembered.delete(name)
      const { algorithms, issuer, audience, clockToleranceMs, scopeClaims, type } = current
      try {
        const claims = await claimsOf(token, keys, {
          algorithms: [...algorithms], issuer, audience: [...audience], clockTolerance: clockToleranceMs / 1000, requiredClaims: ['exp'], currentDate: new Date(now()), ...(type === undefined ? {} : { typ: type })
        })
        const identity = { subject: subjectOf(claims), grants: grantsOf(claims, scopeClaims) }
        // Keys or settings that were changed meanwhile do not know it.
        if (settings() === current && keys.generation() === generation) remembered.set(name, { identity, expiresMs: claims.exp! * 1000 + clockToleranceMs })
        if (remembered.size > maxRemembered) remembered.delete(remembered.keys().next().value!)
        return identity
      } catch (error) {
        if (error instanceof OutriggerError) throw error
        throw new OutriggerError('AUTH_TOKEN_INVALID', `The token ${faultOf(error)}`, { cause: error })
      }
    }
  }
}
