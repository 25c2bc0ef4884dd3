// What a source of keys gives, and how the text of each kind of key becomes keys. Knows neither files nor networks.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, errors, type CryptoKey, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import { secretBytes } from './algorithms.js'

export type Key = CryptoKey | KeyObject | Uint8Array

/** The keys that may have signed a token with this header, which nobody has checked yet; none where no key fits it. */
export type KeyFinder = (header: JWSHeaderParameters) => Promise<readonly Key[]>

export interface KeySource {
  /** Rejects with AUTH_KEYS_UNAVAILABLE while there were never any keys. */
  readonly find: KeyFinder
  /** Rises whenever the keys change: what was checked with the old ones counts no more. */
  readonly generation: () => number
  /** Looks for new keys now; never rejects. */
  readonly refresh: () => Promise<void>
  /** Ends what runs in the background. */
  readonly close: () => void
}

/** More keys than any issuer publishes. */
const maxKeys = 100
/** A token without a kid is tried against this many keys of its kind and no more. */
const maxTries = 8

/** Reads a JSON Web Key Set (RFC 7517). A key is chosen by kid and algorithm inside the set; what a token brings along of keys or their addresses is not looked at. Throws an Error that says what is wrong. */
export function keySet (text: string): KeyFinder {
  const { keys } = (JSON.parse(text) ?? {}) as { keys?: unknown }
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('it holds no list of keys')
  if (keys.length > maxKeys) throw new Error(`it holds more than ${maxKeys} keys`)
  if (keys.some(key => typeof key !== 'object' || key === null || 'd' in key || 'k' in key)) throw new Error('it holds private or secret keys')
  const choose = createLocalJWKSet({ keys } as JSONWebKeySet)
  return async ({ alg, kid }) => {
    try {
      return [await choose({ alg: alg!, ...(kid === undefined ? {} : { kid }) })]
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) {
        const several: Key[] = []
        for await (const key of error) if (several.push(key) >= maxTries) break
        return several
      }
      return []
    }
  }
}

const leastRsaBits = 2048

/** Reads one public key in PEM (SPKI, PKCS #1 or a certificate). Throws an Error that says what is wrong. */
export function publicKey (text: string): KeyFinder {
  if (/PRIVATE KEY/.test(text)) throw new Error('it holds a private key, which belongs to the issuer alone')
  const key = createPublicKey(text)
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && bits < leastRsaBits) throw new Error(`its key has ${bits} bits, and fewer than ${leastRsaBits} are not safe`)
  return async () => [key]
}

/** Reads a shared secret: all of the text but the line's end. Throws an Error that says what is wrong. */
export function sharedSecret (text: string, algorithms: readonly string[]): KeyFinder {
  const secret = Buffer.from(text.replace(/\r?\n$/, ''))
  if (/-----BEGIN /.test(text)) throw new Error('it holds a key in PEM, which is no secret')
  const least = Math.max(...algorithms.map(name => (secretBytes as Record<string, number>)[name] ?? 0))
  if (secret.length < least) throw new Error(`its secret has ${secret.length} bytes, and ${algorithms.join(', ')} needs ${least}`)
  return async () => [secret]
}
