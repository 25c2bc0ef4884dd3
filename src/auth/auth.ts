// Who is calling, and whether he may: makes tokens, address lists, quotas and the audit trail out of the settings. Knows no HTTP.
import type { Logger } from 'pino'
import type { Config } from '../config/schema.js'
import type { Metrics } from '../metrics.js'
import { followingList, isLoopback } from './address-list.js'
import { defaultAlgorithms } from './algorithms.js'
import { openAudit, type Audit } from './audit.js'
import { callerAddress, type CallerAddress } from './forwarded.js'
import type { AuthArea } from './grants.js'
import { openKeyFile } from './key-file.js'
import { followKeyUrl } from './key-url.js'
import { keySet, publicKey, sharedSecret, type KeyFinder, type KeySource } from './keys.js'
import { createQuota, type Quota } from './quota.js'
import { createTokens, type Tokens, type TokenSettings } from './tokens.js'

export type AuthSettings = Pick<Config, 'allow' | 'probeAllow' | 'trustedProxies' | 'forwardedHeader' | 'authJwksUrl' | 'authJwksFile' | 'authPublicKeyFile' | 'authSecretFile' | 'authJwksRefreshMs' | 'authJwksCooldownMs' |
  'authIssuer' | 'authAudience' | 'authAlgorithms' | 'authTokenType' | 'authClockToleranceMs' | 'authScopeClaims' | 'authOpen' | 'quotaRequests' | 'quotaWindowMs' | 'audit'>

export interface Auth {
  /** Undefined where tokens are off. */
  readonly tokens: Tokens | undefined
  /** Whether a part of the service needs no token. */
  readonly isOpen: (area: AuthArea) => boolean
  /** Who is at the other end: `headers` by their lower-case names. */
  readonly callerOf: (peer: string, headers: Readonly<Record<string, string | string[] | undefined>>) => CallerAddress
  /** Whether the address lists let a caller in; `isProbe` tells whether it asks for health or metrics. */
  readonly letsIn: (caller: CallerAddress, isProbe: () => boolean) => boolean
  /** Whether there is a list of who may call. */
  readonly hasLists: () => boolean
  readonly hasQuota: () => boolean
  readonly quota: Quota
  readonly audit: Audit | undefined
  /** Reads keys anew, now; never rejects. */
  readonly refresh: () => Promise<void>
  /** Resolves when the audit trail is written. */
  readonly close: () => Promise<void>
}

interface Parts { readonly log: Logger, readonly metrics: Pick<Metrics, 'tokenKeysFetched' | 'auditDropped'> }

/** What the settings say of tokens, as one object for as long as they stay the same. */
function tokenSettings (settings: () => AuthSettings): () => TokenSettings {
  let from: AuthSettings | undefined
  let made: TokenSettings | undefined
  return () => {
    const now = settings()
    if (made === undefined || now !== from) {
      from = now
      made = {
        algorithms: now.authAlgorithms.length > 0 ? now.authAlgorithms : defaultAlgorithms(now.authSecretFile !== undefined),
        // The configuration is refused without one where there are keys.
        issuer: now.authIssuer ?? '', audience: now.authAudience, clockToleranceMs: now.authClockToleranceMs, scopeClaims: now.authScopeClaims, type: now.authTokenType
      }
    }
    return made
  }
}

async function keysOf (settings: () => AuthSettings, tokens: () => TokenSettings, { log, metrics }: Parts): Promise<KeySource | undefined> {
  const { authJwksUrl, authJwksFile, authPublicKeyFile, authSecretFile } = settings()
  if (authJwksUrl !== undefined) return followKeyUrl({ url: authJwksUrl, settings: () => ({ refreshMs: settings().authJwksRefreshMs, cooldownMs: settings().authJwksCooldownMs }), log, onFetch: good => { metrics.tokenKeysFetched(good) } })
  const files: [string, string | undefined, (text: string) => KeyFinder][] = [['auth-jwks-file', authJwksFile, keySet], ['auth-public-key-file', authPublicKeyFile, publicKey], ['auth-secret-file', authSecretFile, text => sharedSecret(text, tokens().algorithms)]]
  for (const [setting, path, read] of files) if (path !== undefined) return await openKeyFile({ setting, path, read, log })
  return undefined
}

/**
 * `settings` gives those of the moment: lists, quotas and what tokens must say follow them. Where keys come from and where the audit trail
 * goes stays as it is at the start. Rejects with CONFIG_INVALID when a file of keys or the audit trail cannot be opened.
 */
export async function createAuth (settings: () => AuthSettings, parts: Parts): Promise<Auth> {
  const followed = tokenSettings(settings)
  const keys = await keysOf(settings, followed, parts)
  const { audit } = settings()
  const allow = followingList(() => settings().allow)
  const probeAllow = followingList(() => settings().probeAllow)
  const trusted = followingList(() => settings().trustedProxies)
  const trail = audit === undefined ? undefined : openAudit({ to: audit, log: parts.log, onDropped: () => { parts.metrics.auditDropped() } })

  return {
    tokens: keys === undefined ? undefined : createTokens({ settings: followed, keys }),
    isOpen: area => settings().authOpen.includes(area),
    callerOf: (peer, headers) => {
      const { forwardedHeader } = settings()
      const text = headers[forwardedHeader]
      return callerAddress(peer, forwardedHeader, Array.isArray(text) ? text.join(',') : text, trusted())
    },
    letsIn: ({ address, known }, isProbe) => {
      if (allow() === undefined && probeAllow() === undefined) return true
      const probe = isProbe()
      const list = (probe ? probeAllow() : undefined) ?? allow()
      if (list === undefined) return true
      return known && (list.has(address) || (probe && probeAllow() === undefined && isLoopback(address)))
    },
    hasLists: () => allow() !== undefined,
    hasQuota: () => settings().quotaRequests !== undefined,
    quota: createQuota(() => ({ requests: settings().quotaRequests, windowMs: settings().quotaWindowMs })),
    audit: trail,
    refresh: async () => { await keys?.refresh() },
    close: async () => {
      keys?.close()
      await trail?.close()
    }
  }
}
