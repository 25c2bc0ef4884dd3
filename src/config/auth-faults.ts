// Faults between the settings of tokens: keys that contradict each other, and settings that would make somebody believe that tokens are on. Pure.
import { secretAlgorithms } from '../auth/algorithms.js'
import { keyUrlFault } from '../auth/key-url.js'
import type { Origin } from './load.js'
import { flagWord, type Config, type SettingKey } from './schema.js'

const sources = ['authJwksUrl', 'authJwksFile', 'authPublicKeyFile', 'authSecretFile'] as const
/** More would let a token live on after its end. */
const maxToleranceMs = 60_000

/** Every fault as a sentence. Settings that could not be read are missing from `config`. */
export function authFaults ({ authAudience = [], authAlgorithms = [], authOpen = [], authClockToleranceMs = 0, ...config }: Partial<Config>, origins: Partial<Record<SettingKey, Origin>>): string[] {
  const faults: string[] = []
  const given = sources.filter(key => config[key] !== undefined)
  if (given.length > 1) faults.push(`${given.map(flagWord).join(' and ')} name different keys for tokens: give one of them`)
  if (given.length === 0) {
    const idle = (['authIssuer', 'authAudience', 'authAlgorithms', 'authTokenType', 'authOpen'] as const).filter(key => origins[key] !== 'default')
    if (idle.length > 0) faults.push(`${idle.map(flagWord).join(' and ')} would check no token: tokens are off without one of ${sources.map(flagWord).join(', ')}`)
    return faults
  }
  if (config.authIssuer === undefined) faults.push('auth-issuer is needed with tokens: the claim iss that they must have')
  if (authAudience.length === 0) faults.push('auth-audience is needed with tokens: without it, tokens that were made for any other service would be taken')
  const shared = config.authSecretFile !== undefined
  const wrong = authAlgorithms.filter(name => (secretAlgorithms as readonly string[]).includes(name) !== shared)
  if (wrong.length > 0) faults.push(`auth-algorithms: ${wrong.join(', ')} ${wrong.length === 1 ? 'goes' : 'go'} with ${shared ? 'a public key, not with auth-secret-file' : 'auth-secret-file, not with a public key'}`)
  if (authClockToleranceMs > maxToleranceMs) faults.push(`auth-clock-tolerance must be at most ${maxToleranceMs / 1000}s`)
  const fault = config.authJwksUrl === undefined ? undefined : keyUrlFault(config.authJwksUrl, config.authJwksInsecure === true)
  if (fault !== undefined) faults.push(`auth-jwks-url ${fault}`)
  if (authOpen.includes('none') && authOpen.length > 1) faults.push('auth-open: none goes with nothing else')
  return faults
}
