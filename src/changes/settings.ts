// Tells the log and the journal what came of reading the settings anew, and by whom it was asked for. Knows no setting.
import type { Logger } from 'pino'
import type { Difference, LiveConfig } from '../config/reload.js'
import type { Journal } from './journal.js'

export interface SettingsNewsParts {
  readonly settings: Pick<LiveConfig, 'reload'>
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly journal: Pick<Journal, 'add'>
}

/** Gives what reads the settings anew: it returns those that came into force, and never throws. */
export function settingsReloader ({ settings, log, journal }: SettingsNewsParts): (by: string) => readonly Difference[] {
  /** What was told to wait for a start, so that the journal holds it once. */
  let told = new Set<string>()
  return by => {
    try {
      const { applied, waiting } = settings.reload()
      for (const { setting, from, to } of applied) {
        log.info({ setting, from, to, by }, 'a setting was changed')
        journal.add({ what: 'setting-changed', setting, from, to, by })
      }
      for (const { setting, from, to } of waiting) {
        log.warn({ setting, from, to, by }, 'a setting was changed that only the next start brings into force')
        if (!told.has(`${setting} ${to}`)) journal.add({ what: 'setting-waiting', setting, from, to, by, reason: 'it comes into force with the next start' })
      }
      told = new Set(waiting.map(({ setting, to }) => `${setting} ${to}`))
      return applied
    } catch (error) {
      const { message } = error as Error
      log.error({ faults: message.split('\n'), by }, 'the settings have faults; those from before stay in force')
      journal.add({ what: 'settings-refused', by, reason: message })
      return []
    }
  }
}
