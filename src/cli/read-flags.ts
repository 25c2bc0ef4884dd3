// Reads a command's flags. Knows none by name.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { OutriggerError } from '../errors.js'

/** Node's parseArgs, positionals allowed. Throws CONFIG_INVALID. */
export function readFlags<const T extends NonNullable<ParseArgsConfig['options']>> (argv: string[], options: T): ReturnType<typeof parseArgs<{ options: T, allowPositionals: true }>> {
  try {
    return parseArgs({ args: argv, options, allowPositionals: true })
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', (cause as Error).message, { cause })
  }
}
