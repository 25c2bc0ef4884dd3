// `outrigger test`: loads the versions of a folder as serve would, runs their examples, and prints where answers differ. Listens on nothing.
import { OutriggerError } from '../errors.js'
import type { VersionEntry } from '../inference/registry.js'
import { readExamples, runExample, type ExampleOptions, type ExampleResult } from '../repository/examples.js'
import { targetOf, withVersions, type OfflineOptions } from './offline.js'
import { offlineFlags, offlineHelp, offlineOf } from './offline-flags.js'
import { readFlags } from './read-flags.js'

const help = `Usage: outrigger test MODEL_FOLDER [FLAGS]

Runs the examples of a model's versions (or of one version: MODEL_FOLDER/3) offline and prints
where an answer is not the one that it must be. Exit code 1 when one differs or does not load.

Examples:
  outrigger test models/titanic
  outrigger test models/titanic/1 --engine embedded

Flags:
${offlineHelp('example', 'example')}`

interface Row extends ExampleResult { readonly version: string }

/** A line per example, and the differences one below another. */
export function resultText (model: string, { version, name, fault, milliseconds }: Row): string {
  const head = `${fault === undefined ? 'ok    ' : 'FAILED'} ${model}/${version} ${name}`
  return fault === undefined ? `${head} (${milliseconds.toFixed(0)} ms)\n` : `${head}\n${fault.split(/\n|; (?=\/)/).map(line => `         ${line}\n`).join('')}`
}

export async function runTest (argv: string[]): Promise<void> {
  const { values, positionals: [folder, ...more] } = readFlags(argv, offlineFlags)
  if (values.help === true) { process.stdout.write(help); return }
  if (folder === undefined || more.length > 0) throw new OutriggerError('CONFIG_INVALID', 'test takes one folder: outrigger test MODEL_FOLDER')
  const rows = await testFolder({ folder, ...offlineOf(values) })
  for (const row of rows) process.stdout.write(values.json === true ? `${JSON.stringify(row)}\n` : resultText(targetOf(folder).name, row))
  const failed = rows.filter(({ fault }) => fault !== undefined).length
  if (values.json !== true) process.stdout.write(rows.length === 0 ? 'There are no examples.\n' : `${rows.length - failed} of ${rows.length} passed.\n`)
  process.exitCode = failed > 0 ? 1 : 0
}

export interface TestOptions extends OfflineOptions { readonly timeoutMs: number }

/** Loads the versions and runs every example of each. A version that does not load is one failed row named `load`. */
export async function testFolder ({ timeoutMs, ...options }: TestOptions): Promise<Row[]> {
  return await withVersions(options, async ({ versions, predictModel }) => {
    const rows: Row[] = []
    for (const entry of versions) rows.push(...await testVersion(entry, { timeoutMs, predictModel }))
    return rows
  })
}

async function testVersion (entry: VersionEntry, options: ExampleOptions): Promise<Row[]> {
  const version = entry.version.toString()
  if (entry.state !== 'available') return [{ version, name: 'load', fault: entry.reason ?? 'it did not load', milliseconds: 0 }]
  const rows: Row[] = []
  try {
    for (const example of await readExamples(entry.folder)) rows.push({ version, ...await runExample(entry, example, options) })
  } catch (error) {
    rows.push({ version, name: 'examples', fault: (error as Error).message, milliseconds: 0 })
  }
  return rows
}
