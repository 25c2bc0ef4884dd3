// Puts the configuration together: defaults < file < environment < flags, all checked, frozen. Every fault is named at once. The only place that reads the environment.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse as parseYaml, YAMLParseError } from 'yaml'
import { OutriggerError } from '../errors.js'
import { authFaults } from './auth-faults.js'
import { credentialWord, envWord, fileWord, flagWord, settings, type Config, type SettingKey } from './schema.js'
import type { Setting } from './kinds.js'

/** Where an effective value came from. */
export type Origin = 'default' | 'credentials' | 'file' | 'environment' | 'flag'

export interface LoadedConfig {
  readonly config: Config
  readonly origins: Readonly<Record<SettingKey, Origin>>
  /** The settings file, where one was read. */
  readonly file: string | undefined
}

type Raw = string | number | boolean | readonly unknown[]
interface Given { raw: Raw, origin: Origin, name: string }

const keys = Object.keys(settings) as SettingKey[]
const entry = (key: SettingKey): Setting<unknown> => settings[key]
const isFlag = (key: SettingKey): boolean => entry(key).placeholder === ''

/** Flags by every spelling that is taken, normalised to hyphens. */
const byFlag = new Map<string, SettingKey>(keys.flatMap(key => [flagWord(key), ...entry(key).aliases.map(alias => alias.replaceAll('_', '-'))].map(word => [word, key] as const)))

const isKnown = (name: string): boolean => byFlag.has(name.replaceAll('_', '-').replace(/^no-/, ''))

function nearest (word: string, words: Iterable<string>, prefix = ''): string {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, i) => i)
    for (let i = 1; i <= a.length; i++) {
      const next = [i]
      for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      row = next
    }
    return row[b.length]!
  }
  const best = [...words].map(candidate => ({ candidate, far: distance(word, candidate) })).sort((a, b) => a.far - b.far)[0]
  return best !== undefined && best.far <= Math.max(2, word.length / 4) ? `; did you mean ${prefix}${best.candidate}?` : ''
}

function fromFlags (argv: readonly string[], given: Map<SettingKey, Given>, faults: string[]): void {
  const options = Object.fromEntries([...byFlag].flatMap(([word, key]) => [word, word.replaceAll('-', '_')].map(spelling => [spelling, { type: isFlag(key) ? 'boolean' as const : 'string' as const }])))
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowNegative: true, allowPositionals: true, tokens: true })
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'positional') {
      const before = tokens[i - 1]
      const meantForUnknown = before?.kind === 'option' && before.value === undefined && !isKnown(before.name)
      if (!meantForUnknown) faults.push(`${JSON.stringify(token.value)} is not expected here`)
      continue
    }
    if (token.kind !== 'option') continue
    const word = token.name.replaceAll('_', '-')
    const negated = word.startsWith('no-') && byFlag.has(word.slice(3))
    const key = byFlag.get(negated ? word.slice(3) : word)
    if (key === undefined) { faults.push(`${token.rawName} is not a known flag${nearest(word, byFlag.keys(), '--')}`); continue }
    if (word === 'rest-api-enable-cors-support') {
      if (token.value === undefined || token.value === 'true') given.set(key, { raw: '*', origin: 'flag', name: token.rawName })
      continue
    }
    if (entry(key).secret) { faults.push(`${token.rawName} would show the secret to everybody who can list this machine's processes: name a file with --${word}-file, or set ${[...entry(key).env, envWord(key)][0]}`); continue }
    if (token.value === undefined && !isFlag(key)) { faults.push(`${token.rawName} needs a value`); continue }
    given.set(key, { raw: token.value ?? !(negated || /^--no-/.test(token.rawName)), origin: 'flag', name: token.rawName })
  }
}

function fromEnvironment (env: NodeJS.ProcessEnv, given: Map<SettingKey, Given>, faults: string[]): void {
  const known = new Set(keys.map(envWord))
  for (const name of Object.keys(env)) {
    if (name.startsWith('OUTRIGGER_') && !known.has(name)) faults.push(`${name} is not a known variable${nearest(name, known)}`)
  }
  for (const key of keys) {
    const name = [envWord(key), ...entry(key).env].find(candidate => env[candidate] !== undefined && env[candidate] !== '')
    if (name !== undefined) given.set(key, { raw: env[name]!, origin: 'environment', name })
  }
}

/** Never the reader's own words: they quote the file, which may hold a secret. */
function yamlFault (error: unknown): string {
  if (error instanceof YAMLParseError) {
    const place = error.linePos?.[0]
    return `is not valid YAML${place === undefined ? '' : ` in line ${place.line}, column ${place.col}`}: ${error.code.toLowerCase().replaceAll('_', ' ')}`
  }
  return error instanceof ReferenceError ? 'is not valid YAML: an alias (*name) has no anchor; a text that begins with * stands in quotes' : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`
}

function fromFile (file: string, given: Map<SettingKey, Given>, faults: string[]): void {
  let content: unknown
  try {
    content = parseYaml(readFileSync(file, 'utf8'))
  } catch (error) {
    faults.push(`${file} ${yamlFault(error)}`)
    return
  }
  if (content === null || content === undefined) return
  if (typeof content !== 'object' || Array.isArray(content)) { faults.push(`${file} must hold keys and values`); return }
  const byWord = new Map(keys.filter(key => key !== 'config').map(key => [fileWord(key), key]))
  for (const [word, raw] of Object.entries(content)) {
    const key = byWord.get(word.replaceAll('-', '_'))
    if (key === undefined) faults.push(`${file}: ${word} is not a known key${nearest(word, byWord.keys())}`)
    else if (raw === null || (typeof raw === 'object' && !Array.isArray(raw))) faults.push(`${file}: ${word} must be a plain value`)
    else given.set(key, { raw: raw as Raw, origin: 'file', name: `${file}: ${word}` })
  }
}

/** Files that the platform put where secrets are expected: systemd's folder of credentials, then that of Docker and its kin. */
function fromCredentials (folder: string | undefined, given: Map<SettingKey, Given>): void {
  for (const key of keys.filter(key => entry(key).holdsSecret)) {
    const file = [folder, '/run/secrets'].filter(one => one !== undefined && one !== '').map(one => join(one!, credentialWord(key))).find(existsSync)
    if (file !== undefined) given.set(key, { raw: file, origin: 'credentials', name: file })
  }
}

/** Reads file, environment, flags and folders of credentials. Throws CONFIG_INVALID with every fault in `errors` and in the message, one a line. */
export function loadConfig (argv: readonly string[], env: NodeJS.ProcessEnv = process.env, cwd = process.cwd()): LoadedConfig {
  const faults: string[] = []
  const flags = new Map<SettingKey, Given>()
  const environment = new Map<SettingKey, Given>()
  const file = new Map<SettingKey, Given>()
  const credentials = new Map<SettingKey, Given>()
  fromFlags(argv, flags, faults)
  fromEnvironment(env, environment, faults)
  fromCredentials(env.CREDENTIALS_DIRECTORY, credentials)
  const named = flags.get('config')?.raw ?? environment.get('config')?.raw
  const path = named !== undefined ? String(named) : existsSync(`${cwd}/outrigger.yaml`) ? `${cwd}/outrigger.yaml` : undefined
  if (path !== undefined) fromFile(path, file, faults)

  const config: Partial<Record<SettingKey, unknown>> = {}
  const origins: Partial<Record<SettingKey, Origin>> = {}
  for (const key of keys) {
    const given = flags.get(key) ?? environment.get(key) ?? file.get(key) ?? credentials.get(key)
    const raw = given?.raw ?? entry(key).default
    origins[key] = given?.origin ?? 'default'
    if (raw === undefined) continue
    try {
      config[key] = entry(key).parse(raw)
    } catch (error) {
      const shown = entry(key).secret ? '' : `, not ${JSON.stringify(raw)}`
      faults.push(`${given?.name ?? flagWord(key)} ${(error as Error).message}${shown}`)
    }
  }
  faults.push(...faultsBetween({ config: config as Config, origins }))
  if (faults.length > 0) throw new OutriggerError('CONFIG_INVALID', faults.join('\n'), { errors: faults.map(detail => ({ pointer: '', detail })) })
  return { config: Object.freeze(config) as Config, origins: origins as Record<SettingKey, Origin>, file: path }
}

/** Faults that only show between settings, as sentences. Settings that could not be read are missing. */
export function faultsBetween ({ config, origins }: { readonly config: Config, readonly origins: Partial<Record<SettingKey, Origin>> }): string[] {
  const faults: string[] = []
  if ((config.modelName === undefined) !== (config.modelBasePath === undefined)) faults.push('model-name and model-base-path go together: give both or neither')
  const sources = [origins.models !== 'default' && 'models', config.modelConfigFile !== undefined && 'model-config-file', config.modelBasePath !== undefined && 'model-base-path'].filter(Boolean)
  if (sources.length > 1) faults.push(`${sources.join(' and ')} name different sources of models: give one of them`)
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) faults.push('tls-cert and tls-key go together: give both or neither')
  if (config.tlsClientCa !== undefined && config.tlsCert === undefined) faults.push('tls-client-ca would check nobody: TLS is off without tls-cert and tls-key')
  if (origins.tlsClients !== 'default' && config.tlsClientCa === undefined) faults.push('tls-clients would check nobody without tls-client-ca')
  if (config.metricsHost !== undefined && config.metricsPort === undefined) faults.push('metrics-host goes with metrics-port')
  if (config.serviceDeregisterAfterMs < 60_000) faults.push('service-deregister-after must be at least 1m: Consul takes no less')
  return [...faults, ...authFaults(config, origins)]
}

/** A value as text for people, null where it is unset; a secret is hidden. */
export function shownValue (key: SettingKey, config: Config): string | null {
  const value = config[key]
  return value === undefined ? null : entry(key).secret ? '(hidden)' : Array.isArray(value) ? value.join(',') : String(value)
}

/** The effective values for people, secrets hidden. */
export function describeConfig ({ config, origins }: LoadedConfig): { key: string, value: unknown, origin: Origin }[] {
  return keys.map(key => ({
    key: fileWord(key),
    value: config[key] === undefined ? null : entry(key).secret ? '(hidden)' : config[key],
    origin: origins[key]
  }))
}
