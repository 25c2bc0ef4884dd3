// The settings in force: those of the start, and after a reload the file's new values of those that can change while the service runs. Knows not what they are for.
import { isDeepStrictEqual } from 'node:util'
import { OutriggerError } from '../errors.js'
import { faultsBetween, shownValue, type LoadedConfig } from './load.js'
import { fileWord, settings, type Config, type SettingKey } from './schema.js'

/** One setting that is not what it was, for people: values as text, secrets hidden, null where it is unset. */
export interface Difference { readonly key: SettingKey, readonly setting: string, readonly from: string | null, readonly to: string | null }

export interface Reloaded {
  /** What came into force. */
  readonly applied: readonly Difference[]
  /** What the file says otherwise than the service runs with, and what only a new start brings into force. */
  readonly waiting: readonly Difference[]
}

export interface LiveConfig {
  /** The same object for as long as nothing changes. */
  readonly current: () => Config
  /** Reads everything anew. Throws CONFIG_INVALID with every fault, and has changed nothing then. */
  readonly reload: () => Reloaded
}

/** `read` loads the configuration as at the start. */
export function liveConfig (loaded: LoadedConfig, read: () => LoadedConfig): LiveConfig {
  let inForce = loaded
  return {
    current: () => inForce.config,
    reload: () => {
      const fresh = read()
      const changed = (Object.keys(settings) as SettingKey[]).filter(key => !isDeepStrictEqual(inForce.config[key], fresh.config[key]))
      const now = changed.filter(key => settings[key].reload)
      const difference = (key: SettingKey): Difference => ({ key, setting: fileWord(key), from: shownValue(key, inForce.config), to: shownValue(key, fresh.config) })
      const applied = now.map(difference)
      const waiting = changed.filter(key => !settings[key].reload).map(difference)
      if (now.length > 0) {
        const mixed = mix(inForce, fresh, now)
        // What was fine together in the file need not be with what stays as it is.
        const faults = faultsBetween(mixed)
        if (faults.length > 0) throw new OutriggerError('CONFIG_INVALID', [`${waiting.map(({ setting }) => setting).join(', ')} can only change by a new start, and the other changes do not fit without:`, ...faults].join('\n'))
        inForce = mixed
      }
      return { applied, waiting }
    }
  }
}

function mix (before: LoadedConfig, fresh: LoadedConfig, keys: readonly SettingKey[]): LoadedConfig {
  const pick = (all: object): object => Object.fromEntries(keys.map(key => [key, (all as Record<string, unknown>)[key]]))
  return { ...before, config: Object.freeze({ ...before.config, ...pick(fresh.config) }), origins: { ...before.origins, ...pick(fresh.origins) } }
}
