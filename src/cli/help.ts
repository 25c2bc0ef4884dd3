// Writes the list of flags for --help out of the settings' schema.
import { flagWord, settings } from '../config/schema.js'
import type { Setting } from '../config/kinds.js'

function wrap (text: string, width: number, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) { lines.push(line); line = word } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}

/** One paragraph per flag: the flag, its meaning, its default. */
export function flagHelp (): string {
  return (Object.entries(settings) as [string, Setting<unknown>][]).map(([key, setting]) => {
    const head = `  --${flagWord(key)}${setting.placeholder === '' ? '' : ` ${setting.placeholder}`}`
    const fallback = setting.default === undefined || setting.default === '' ? '' : ` (default: ${setting.default})`
    return `${head}\n      ${wrap(setting.description + fallback, 90, '      ')}`
  }).join('\n')
}
