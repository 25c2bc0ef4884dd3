// Writes docs/configuration.md out of the settings' schema. Knows no file.
import type { Setting } from './kinds.js'
import { envWord, fileWord, flagWord, settings } from './schema.js'

const intro = `# Configuration

Written from \`src/config/schema.ts\` by \`npm run docs\`; a test holds the two together.

A value is looked for among the flags, then in the environment, then in the settings file, then among the defaults. Unknown keys and bad
values stop the start, all named at once. \`outrigger config\` prints every value with its origin, secrets hidden. Flags are taken with hyphens or
underscores, as \`--name VALUE\` or \`--name=VALUE\`. Times are written \`500ms\`, \`30s\`, \`2m\`, \`1h\` or as plain milliseconds, sizes \`64MiB\`,
\`10MB\` or as plain bytes.

The settings of one model stand in \`model.yaml\` in the model's folder: \`versions\` (\`latest N\`, \`all\`, or a list), \`labels\`, \`engine\`,
\`required\`, \`timeout\`, \`retry\`, \`seal\` (a version waits for a file \`.complete\` in its folder), \`force\` (a version may replace one whose
signatures differ), \`warmup\` (off: no requests before a version goes live, and its warm-up file is
not checked), \`handler: { isolate, timeout }\`,
\`batching\` (on, off, or \`{ enabled, in_flight, max_rows, max_bytes }\`: [batching](batching.md)). It is read again while the service runs.

SIGHUP reads the settings file again. What says *reload* in the table comes into force at once, all of it or, when the file has a fault,
nothing; the rest is named in the log and in \`/changes\` and waits for the next start. Flags and variables stay as they were at the start.

What says *secret* is never printed, and refused as a flag: everybody on a machine can read the arguments of its processes. What says
*secret file* names a file that holds one. Where it is not set, the file is looked for as \`$CREDENTIALS_DIRECTORY/NAME\` (systemd) and
\`/run/secrets/NAME\` (Docker and its kin), NAME being the variable in lower case without \`_file\`, such as
\`outrigger_auth_secret\`. Such files are read again when they change, in place, by rename or by a moved link, as Nomad, Vault and
Kubernetes write them. One that every user of the machine may read is warned of at the start.

| flag | file | environment | default | kind | meaning |
|---|---|---|---|---|---|
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The whole page, ending in a newline. */
export function configurationPage (): string {
  const rows = (Object.entries(settings) as [string, Setting<unknown>][]).map(([key, setting]) => {
    const flag = [`\`--${flagWord(key)}${setting.placeholder === '' ? '' : ` ${setting.placeholder}`}\``, ...setting.aliases.map(alias => `\`--${alias}\``)].join(', ')
    const env = [envWord(key), ...setting.env].map(name => `\`${name}\``).join(', ')
    return `| ${cell(flag)} | ${key === 'config' ? '' : `\`${fileWord(key)}\``} | ${env} | ${setting.default === undefined || setting.default === '' ? '' : `\`${setting.default}\``} | ${[setting.secret && 'secret', setting.holdsSecret && 'secret file', setting.reload && 'reload'].filter(Boolean).join(', ')} | ${cell(setting.description)} |`
  })
  return `${intro}${rows.join('\n')}\n`
}
