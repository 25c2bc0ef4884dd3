// `outrigger config`: prints the effective configuration with its origin, secrets hidden. Starts nothing.
import { describeConfig, loadConfig } from '../config/load.js'
import { flagHelp } from './help.js'

const help = `Usage: outrigger config [--json] [FLAGS OF serve]

Prints every setting that \`outrigger serve\` would run with, and where its value comes from
(default, file, environment, flag). Secrets are hidden. Faults are named all at once.

Examples:
  outrigger config
  OUTRIGGER_PORT=9000 outrigger config --json

Flags:
  --json
      One JSON object in place of a table.
${flagHelp()}
`

export async function runConfig (argv: string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) { process.stdout.write(help); return }
  const rows = describeConfig(loadConfig(argv.filter(word => word !== '--json')))
  if (argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify(Object.fromEntries(rows.map(({ key, value, origin }) => [key, { value, origin }])), null, 2)}\n`)
    return
  }
  const width = Math.max(...rows.map(({ key }) => key.length))
  for (const { key, value, origin } of rows) process.stdout.write(`${key.padEnd(width)}  ${origin.padEnd(11)}  ${value === null ? '(unset)' : Array.isArray(value) ? value.join(',') : String(value)}\n`)
}
