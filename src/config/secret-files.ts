// Looks whether files with secrets can be read by more than they should. Reads none of them.
import { statSync } from 'node:fs'
import type { LoadedConfig } from './load.js'
import { fileWord, settings, type SettingKey } from './schema.js'

/** Read by everybody on the machine: the last of the three groups of rights. */
const othersMayRead = 0o004

function isOpen (file: string): boolean {
  return ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & othersMayRead) !== 0
}

/** A sentence for each file that holds a secret and that every user of the machine may read. What the platform put into its folder of credentials is left to it: those folders are closed as a whole. */
export function openSecretFiles ({ config, origins, file }: LoadedConfig): string[] {
  const keys = Object.keys(settings) as SettingKey[]
  const named = keys.filter(key => settings[key].holdsSecret && config[key] !== undefined && origins[key] !== 'credentials')
    .filter(key => isOpen(String(config[key])))
    .map(key => `${fileWord(key)}: every user of this machine may read ${String(config[key])}; chmod 600 closes it`)
  const inside = keys.filter(key => settings[key].secret && origins[key] === 'file').map(fileWord)
  return inside.length > 0 && file !== undefined && isOpen(file) ? [...named, `${inside.join(', ')} in ${file}: every user of this machine may read it; chmod 600 closes it, or name a file of its own`] : named
}
