// Which signatures of tokens can be taken at all, and which kind of key each needs. Pure.

/** By a private key of the issuer; checked with its public one. */
export const publicKeyAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const

/** By a secret that the issuer and we share, with the least length that RFC 7518 section 3.2 asks for. */
export const secretBytes = { HS256: 32, HS384: 48, HS512: 64 } as const

export const secretAlgorithms = Object.keys(secretBytes) as (keyof typeof secretBytes)[]

export type Algorithm = (typeof publicKeyAlgorithms)[number] | keyof typeof secretBytes

/** What is taken where no setting says less. A secret and a public key never go together: one would be taken for the other. */
export const defaultAlgorithms = (shared: boolean): readonly Algorithm[] => shared ? ['HS256'] : publicKeyAlgorithms
