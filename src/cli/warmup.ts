// `outrigger warmup`: writes the warm-up file of a version from its examples, or checks one that is there. Listens on nothing.
import { existsSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { OutriggerError } from '../errors.js'
import type { VersionEntry } from '../inference/registry.js'
import { questionOf, readExamples, type ExampleOptions } from '../repository/examples.js'
import { readSamples, recordSample, type Sample } from '../repository/recording.js'
import { readPredictionLog } from '../tensor/proto/prediction-log.js'
import { frameBytes, writeRecords } from '../tfrecord/write.js'
import { checkRecords, signaturesOf, type RecordReport } from '../warmup/check.js'
import { maxRecords, warmupFile } from '../warmup/file.js'
import { examine } from '../warmup/request.js'
import { targetOf, withVersions, type OfflineOptions } from './offline.js'
import { offlineFlags, offlineHelp, offlineOf } from './offline-flags.js'
import { readFlags } from './read-flags.js'

const help = `Usage: outrigger warmup MODEL_FOLDER/VERSION [FLAGS]
       outrigger warmup --check FILE

Writes assets.extra/tf_serving_warmup_requests, whose requests a model server runs before the
version is available, so that nobody's first request is the slow one. The requests are those of
the version's examples, as its model gets them behind the handler; each is run before it is
written. With --check it says of each record of such a file whether a model server would take it:
one bad record fails the load of the whole version.

Examples:
  outrigger warmup models/digits/1
  outrigger warmup models/titanic/1 --examples requests/ --records 20
  outrigger warmup models/titanic/1 --dry-run
  outrigger warmup --check models/digits/1
  outrigger warmup --check /tmp/tf_serving_warmup_requests --json

Flags:
  --check
      Check the file, or the one of a version's folder, in place of writing.
  --out FILE
      Where to write (default: VERSION/assets.extra/tf_serving_warmup_requests). A file that is there
      is replaced at once, or not at all.
  --examples PATH
      A file, or a folder of files, in place of the version's examples; may be given several times.
      JSON is an example ({"request": ...}), a body of evaluate, or a body of TensorFlow Serving's
      predict ({"instances": ...} or {"inputs": ...}, which goes to the model without the handler);
      .jpg and .png are pictures.
  --records N
      At most so many records (default: ${maxRecords}, which is the most that a model server takes).
  --dry-run
      Do everything but write.
${offlineHelp('request', 'record')}
Exit codes: 0 done, 1 a record is bad or a request failed (nothing is written), 2 wrong usage.
`

const invalid = (message: string, cause?: unknown): OutriggerError => new OutriggerError('CONFIG_INVALID', message, { cause })

const options = {
  check: { type: 'boolean' }, out: { type: 'string' }, examples: { type: 'string', multiple: true }, records: { type: 'string', default: maxRecords.toString() }, 'dry-run': { type: 'boolean' },
  ...offlineFlags
} as const

export async function runWarmup (argv: string[]): Promise<void> {
  const { values, positionals: [path, ...more] } = readFlags(argv, options)
  if (values.help === true) { process.stdout.write(help); return }
  if (path === undefined || more.length > 0) throw invalid('warmup takes one version\'s folder: outrigger warmup MODEL_FOLDER/VERSION')
  const print = (row: object, text: string): void => { process.stdout.write(values.json === true ? `${JSON.stringify(row)}\n` : text) }
  if (values.check === true) {
    const faults = await checkFile(path, report => { print(report, reportText(report)) })
    if (values.json !== true) process.stdout.write(faults === 0 ? 'A model server takes it.\n' : `${faults} ${faults === 1 ? 'fault' : 'faults'}: a model server refuses the version.\n`)
    process.exitCode = faults > 0 ? 1 : 0
    return
  }
  const most = Number(values.records)
  if (!(Number.isInteger(most) && most >= 1 && most <= maxRecords)) throw invalid(`records must be a number from 1 to ${maxRecords}`)
  const { file, bytes, failed, records } = await writeWarmup({
    folder: path, out: values.out, samples: values.examples, most, dryRun: values['dry-run'] === true, ...offlineOf(values),
    told: row => { print(row, rowText(row)) }
  })
  const what = `${records} ${records === 1 ? 'record' : 'records'}, ${bytes} bytes`
  if (values.json !== true) process.stdout.write(failed > 0 ? `${failed} failed; nothing is written.\n` : values['dry-run'] === true ? `Would write ${file}: ${what}.\n` : `Wrote ${file}: ${what}.\n`)
  process.exitCode = failed > 0 ? 1 : 0
}

const reportText = ({ record, kind, signature, asks, fault, note }: RecordReport): string =>
  `${fault === undefined ? 'ok    ' : 'FAULTY'} ${record} ${fault ?? note ?? [kind, signature, asks].filter(Boolean).join(' ')}\n`

/** Checks a warm-up file, or that of a version's folder, against the version that it lies in. Resolves to the number of faults. Rejects with CONFIG_INVALID when there is none to read. */
export async function checkFile (path: string, told: (report: RecordReport) => void): Promise<number> {
  const file = existsSync(path) && statSync(path).isDirectory() ? warmupFile(path) : path
  // assets.extra lies in the version's folder; elsewhere only the messages can be checked.
  const signatures = basename(dirname(file)) === 'assets.extra' ? await signaturesOf(dirname(dirname(file))) : undefined
  let faults = 0
  try {
    for await (const report of checkRecords(file, signatures)) {
      if (report.fault !== undefined) faults++
      told(report)
    }
  } catch (cause) {
    throw invalid(`${file} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, cause)
  }
  return faults
}

/** What became of one sample: its calls of the model, or why it failed. */
export interface SampleRow { readonly name: string, readonly calls: readonly string[], readonly milliseconds: number, readonly fault: string | undefined }

const rowText = ({ name, calls, milliseconds, fault }: SampleRow): string =>
  `${fault === undefined ? 'ok    ' : 'FAILED'} ${name} ${fault ?? `${calls.join('; ')} (${milliseconds.toFixed(0)} ms)`}\n`

export interface WriteOptions extends Omit<OfflineOptions, 'warmup'> {
  readonly out: string | undefined
  /** Files and folders in place of the version's examples. */
  readonly samples: readonly string[] | undefined
  readonly most: number
  readonly dryRun: boolean
  readonly timeoutMs: number
  /** Called after each sample. */
  readonly told: (row: SampleRow) => void
}

export interface Written { readonly file: string, readonly records: number, readonly bytes: number, readonly failed: number }

/** Runs the samples and writes the records of their calls, unless one failed. Rejects with CONFIG_INVALID for a folder that is no version, and where there are no samples; with the version's reason when it does not load. */
export async function writeWarmup ({ out, samples: paths, most, dryRun, timeoutMs, told, ...loading }: WriteOptions): Promise<Written> {
  const { folder } = loading
  const { version } = targetOf(folder)
  if (version === undefined) throw invalid(`${folder} is not a version's folder; name one: outrigger warmup MODEL_FOLDER/VERSION`)
  const samples = paths === undefined ? (await readExamples(folder)).map(questionOf) : (await Promise.all(paths.map(readSamples))).flat()
  if (samples.length === 0) throw invalid(paths === undefined ? 'the version has no examples; name some with --examples' : `there are no samples in ${paths.join(', ')}`)
  const file = out ?? warmupFile(folder)
  return await withVersions({ ...loading, warmup: false }, async ({ versions, predictModel }) => {
    const entry = versions.find(one => one.version === version)
    if (entry === undefined) throw invalid(`${folder} holds no version that can be loaded`)
    if (entry.state !== 'available') throw new OutriggerError('MODEL_NOT_READY', `the version does not load: ${entry.reason ?? 'no reason known'}`, { model: entry.model, version })
    const { records, failed } = await recordAll(entry, samples, most, { timeoutMs, predictModel }, told)
    const written = { file, records: records.length, failed }
    if (failed > 0 || dryRun) return { ...written, bytes: records.reduce((sum, { length }) => sum + frameBytes(length), 0) }
    try {
      return { ...written, bytes: await writeRecords(file, records) }
    } catch (cause) {
      throw invalid(`${file} cannot be written: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`, cause)
    }
  })
}

async function recordAll (entry: VersionEntry, samples: readonly Sample[], most: number, asking: ExampleOptions, told: WriteOptions['told']): Promise<{ records: Buffer[], failed: number }> {
  const signatures = await signaturesOf(entry.folder)
  const records: Buffer[] = []
  let failed = 0
  for (const sample of samples) {
    if (records.length >= most) break
    const began = performance.now()
    const row = await recordSample(entry, sample, asking).then(made => {
      const findings = made.map(record => examine(readPredictionLog(record), signatures)!)
      records.push(...made.slice(0, most - records.length))
      return { calls: findings.map(({ signature, asks }) => `${signature} ${asks}`), fault: findings.find(({ fault }) => fault !== undefined)?.fault }
    }, (error: unknown) => ({ calls: [], fault: error instanceof OutriggerError ? `${error.code}: ${error.message}` : (error as Error).message }))
    if (row.fault !== undefined) failed++
    told({ name: sample.name, ...row, milliseconds: performance.now() - began })
  }
  return { records, failed }
}
