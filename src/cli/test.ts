// `outrigger test`: loads the versions of a folder as serve would, runs their examples, and prints where answers differ. Listens on nothing.
import { readdirSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { environment } from '../config/environment.js'
import type { EngineKind } from '../engine/engine.js'
import { findModelServer, requireModelServer } from '../engine/find.js'
import { createEngine } from '../engine/supervisor.js'
import { OutriggerError } from '../errors.js'
import { getSignatures } from '../grpc/prediction-service.js'
import { loadHandler } from '../handlers/load.js'
import { Registry, type VersionEntry } from '../inference/registry.js'
import { assigningSignatures } from '../repository/assigns.js'
import { enginePicker } from '../repository/engine-picker.js'
import { readExamples, runExample, type ExampleResult } from '../repository/examples.js'
import { predictModelOf } from '../repository/predict-model.js'
import { Repository } from '../repository/repository.js'

const help = `Usage: outrigger test MODEL_FOLDER [FLAGS]

Runs the examples of a model's versions (or of one version: MODEL_FOLDER/3) offline and prints
where an answer is not the one that it must be. Exit code 1 when one differs or does not load.

Examples:
  outrigger test models/titanic
  outrigger test models/titanic/1 --engine embedded

Flags:
  --engine auto|tensorflow|embedded
      Which model server runs the models (default: auto).
  --tensorflow-model-server PATH
      The tensorflow_model_server to run; otherwise it is looked for on PATH.
  --timeout SECONDS
      Longest time of one example (default: 30).
  --json
      One JSON object per example.
  --verbose
      The log of the model server and the handlers, on standard error.
`

/** How long the loading of all versions may take. */
const loadWithinMs = 30 * 60_000

interface Row extends ExampleResult { readonly version: string }

/** The model's name and base path, and the one version if the folder is a version's. Throws CONFIG_INVALID. */
export function targetOf (folder: string): { name: string, basePath: string, version: bigint | undefined } {
  const path = resolve(folder)
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', `${folder} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, { cause })
  }
  const isVersion = /^\d+$/.test(basename(path)) && !names.some(name => /^\d+$/.test(name))
  if (!isVersion) return { name: basename(path), basePath: path, version: undefined }
  return { name: basename(dirname(path)), basePath: dirname(path), version: BigInt(basename(path)) }
}

/** A line per example, and the differences one below another. */
export function resultText (model: string, { version, name, fault, milliseconds }: Row): string {
  const head = `${fault === undefined ? 'ok    ' : 'FAILED'} ${model}/${version} ${name}`
  return fault === undefined ? `${head} (${milliseconds.toFixed(0)} ms)\n` : `${head}\n${fault.split(/\n|; (?=\/)/).map(line => `         ${line}\n`).join('')}`
}

export async function runTest (argv: string[]): Promise<void> {
  const options = { engine: { type: 'string', default: 'auto' }, 'tensorflow-model-server': { type: 'string' }, timeout: { type: 'string', default: '30' }, json: { type: 'boolean' }, verbose: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  let given
  try {
    given = parseArgs({ args: argv, options, allowPositionals: true })
  } catch (cause) {
    throw new OutriggerError('CONFIG_INVALID', (cause as Error).message, { cause })
  }
  const { values, positionals: [folder, ...more] } = given
  if (values.help === true) { process.stdout.write(help); return }
  const { engine } = values
  if (folder === undefined || more.length > 0) throw new OutriggerError('CONFIG_INVALID', 'test takes one folder: outrigger test MODEL_FOLDER')
  if (engine !== 'auto' && engine !== 'tensorflow' && engine !== 'embedded') throw new OutriggerError('CONFIG_INVALID', 'engine must be auto, tensorflow or embedded')
  const timeoutMs = Number(values.timeout) * 1000
  if (!(timeoutMs > 0)) throw new OutriggerError('CONFIG_INVALID', 'timeout must be a number of seconds')
  const rows = await testFolder({ folder, engine, program: values['tensorflow-model-server'], timeoutMs, verbose: values.verbose === true })
  for (const row of rows) process.stdout.write(values.json === true ? `${JSON.stringify(row)}\n` : resultText(targetOf(folder).name, row))
  const failed = rows.filter(({ fault }) => fault !== undefined).length
  if (values.json !== true) process.stdout.write(rows.length === 0 ? 'There are no examples.\n' : `${rows.length - failed} of ${rows.length} passed.\n`)
  process.exitCode = failed > 0 ? 1 : 0
}

export interface TestOptions {
  readonly folder: string
  readonly engine: 'auto' | EngineKind
  readonly program: string | undefined
  readonly timeoutMs: number
  readonly verbose: boolean
  /** Starts the embedded model server; the program's own command unless given. */
  readonly embedded?: readonly string[]
}

/** Loads the versions and runs every example of each. A version that does not load is one failed row named `load`. */
export async function testFolder ({ folder, engine, program, timeoutMs, verbose, embedded }: TestOptions): Promise<Row[]> {
  const { name, basePath, version } = targetOf(folder)
  const log = pino({ level: verbose ? 'info' : 'silent' }, pino.destination({ dest: 2, sync: true }))
  const registry = new Registry()
  const picker = enginePicker(kind => createEngine({
    kind,
    program: kind === 'tensorflow' ? { file: requireModelServer(program, environment.PATH), args: [] } : { file: process.execPath, args: embedded ?? [fileURLToPath(new URL('../cli.js', import.meta.url)), 'model-server'] },
    environment,
    log
  }), engine, () => findModelServer(program, environment.PATH) !== undefined)
  const repository = new Repository({
    source: { kind: 'base-path', name, basePath },
    policy: version === undefined ? { kind: 'all' } : { kind: 'specific', versions: [version] },
    registry,
    log,
    engineFor: picker.engineFor,
    loadWithinMs,
    onLive: () => {},
    signaturesOf: async (one, model, number, deadline) => await getSignatures(async (path, request) => await one.call(path, request, { deadline, resend: true }), model, number),
    assigningSignatures: async found => found.format === 'saved-model' ? await assigningSignatures(found.folder) : new Set(),
    loadHandler: async ({ settings }, found, { signatures }) => await loadHandler({
      file: found.handlerFile!, model: name, version: found.version, folder: found.folder, signatures, isolate: settings.handler.isolate, timeoutMs: settings.handler.timeoutMs, log
    })
  })
  try {
    await repository.find()
    const fault = repository.faults()[0]
    if (fault !== undefined) throw new OutriggerError('CONFIG_INVALID', fault.reason)
    await repository.load()
    const rows: Row[] = []
    for (const entry of registry.get(name)?.versions ?? []) rows.push(...await testVersion(entry, registry, timeoutMs))
    return rows
  } finally {
    await repository.close()
    await Promise.all(picker.engines().map(async one => { await one.stop() }))
  }
}

async function testVersion (entry: VersionEntry, registry: Registry, timeoutMs: number): Promise<Row[]> {
  const version = entry.version.toString()
  if (entry.state !== 'available') return [{ version, name: 'load', fault: entry.reason ?? 'it did not load', milliseconds: 0 }]
  const rows: Row[] = []
  try {
    for (const example of await readExamples(entry.folder)) rows.push({ version, ...await runExample(entry, example, { timeoutMs, predictModel: predictModelOf(registry) }) })
  } catch (error) {
    rows.push({ version, name: 'examples', fault: (error as Error).message, milliseconds: 0 })
  }
  return rows
}
