import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { checkFile, writeWarmup, type SampleRow, type WriteOptions } from '../../src/cli/warmup.js'
import { codecs } from '../../src/grpc/protos.js'
import { readRecords } from '../../src/tfrecord/read.js'
import type { RecordReport } from '../../src/warmup/check.js'
import { warmupFile } from '../../src/warmup/file.js'
import { embeddedProgram } from '../helpers/embedded-program.js'

const half = fileURLToPath(new URL('../../models/half_plus_two', import.meta.url))

// Processes under a TypeScript loader start slowly on a busy machine.
t.setTimeout(240_000)

/** Version 2 of the sample, whose handler makes its request into the model's tensor, and a folder beside it. */
function setUp (t: Test, files: Record<string, string> = {}): { folder: string, beside: string } {
  const root = t.testdir({ beside: files })
  const folder = join(root, 'half', '2')
  cpSync(join(half, '2'), folder, { recursive: true })
  return { folder, beside: join(root, 'beside') }
}

async function run (folder: string, more: Partial<WriteOptions> = {}): Promise<{ rows: SampleRow[], written: Awaited<ReturnType<typeof writeWarmup>> }> {
  const rows: SampleRow[] = []
  const written = await writeWarmup({
    folder, out: undefined, samples: undefined, most: 1000, dryRun: false, timeoutMs: 30_000, engine: 'embedded', program: undefined, verbose: false, embedded: embeddedProgram, told: row => { rows.push(row) }, ...more
  })
  return { rows, written }
}

async function logs (file: string) {
  const all = []
  for await (const record of readRecords(file, 1 << 20)) all.push(codecs.predictionLog.decode(record).predict_log!.request!)
  return all
}

async function check (path: string): Promise<[number, RecordReport[]]> {
  const reports: RecordReport[] = []
  return [await checkFile(path, report => { reports.push(report) }), reports]
}

t.test('examples become requests as the model gets them', async t => {
  const { folder } = setUp(t)
  mkdirSync(join(folder, 'assets.extra'))
  writeFileSync(warmupFile(folder), 'a broken file of before is in nobody\'s way')
  const { rows, written } = await run(folder)
  t.ok(rows.length > 0 && rows.every(({ fault, calls }) => fault === undefined && calls.length === 1))
  t.match(written, { file: warmupFile(folder), failed: 0, records: rows.length, bytes: readFileSync(warmupFile(folder)).length })
  const [first] = await logs(warmupFile(folder))
  t.match(first, { model_spec: { name: 'half', signature_name: 'serving_default', version: null }, inputs: { x: { dtype: 'DT_FLOAT' } } })
  t.match(await check(folder), [0, rows.map((_row, i) => ({ record: i + 1, kind: 'predict' }))])
})

t.test('samples of every form; none is written when one fails, or in a dry run', async t => {
  const { folder, beside } = setUp(t, { 'a.json': '{"instances": [1.0, 2.0, 5.0]}', 'b.json': '{"request": {"x": 7}}', 'c.json': '{"x": 8}', '.hidden.json': 'no sample', 'note.txt': 'no sample' })
  const out = join(beside, 'deep', 'file')
  const dry = await run(folder, { samples: [beside], out, dryRun: true })
  t.same(dry.rows.map(({ name, calls, fault }) => [name, calls, fault]), [['a.json', ['serving_default x DT_FLOAT[3]'], undefined], ['b.json', ['serving_default x DT_FLOAT[1]'], undefined], ['c.json', ['serving_default x DT_FLOAT[1]'], undefined]])
  t.equal(dry.written.records, 3)
  t.notOk(existsSync(out))
  const { written } = await run(folder, { samples: [join(beside, 'b.json'), join(beside, 'a.json')], most: 1, out })
  t.match(written, { records: 1, bytes: readFileSync(out).length })
  writeFileSync(join(beside, 'd.json'), '{"x": "no number"}')
  const failed = await run(folder, { samples: [beside], out: join(beside, 'out') })
  t.match(failed, { rows: { 3: { name: 'd.json', fault: /^[A-Z_]+: / } }, written: { failed: 1 } })
  t.notOk(existsSync(join(beside, 'out')))
})

t.test('what cannot be used', async t => {
  const { folder, beside } = setUp(t, { 'broken.json': '{', file: '' })
  const refused = async (more: Partial<WriteOptions>, message: RegExp): Promise<void> => { await t.rejects(run(folder, more), { code: 'CONFIG_INVALID', message }) }
  await refused({ folder: join(folder, '..') }, /not a version's folder/)
  await refused({ samples: [join(folder, 'nowhere')] }, /cannot be read: ENOENT/)
  await refused({ samples: [join(folder, 'handler.ts')] }, /must end in one of/)
  await refused({ samples: [beside] }, /is not valid JSON/)
  await refused({ samples: [join(folder, 'variables')] }, /no samples/)
  await refused({ out: join(beside, 'file', 'out') }, /cannot be written: (ENOTDIR|EEXIST)/)
  writeFileSync(join(folder, 'saved_model.pb'), 'no graph')
  await t.rejects(run(folder), { code: 'MODEL_NOT_READY', message: /does not load: / })
})

t.test('--check: faults are counted, a file elsewhere is checked as far as it goes', async t => {
  const { folder } = setUp(t)
  const recorded = fileURLToPath(new URL('../fixtures/warmup/recorded', import.meta.url))
  t.match(await check(recorded), [1, { 6: { fault: /sessions/ } }])
  mkdirSync(join(folder, 'assets.extra'))
  cpSync(recorded, warmupFile(folder))
  const [faults, reports] = await check(warmupFile(folder))
  t.ok(faults > 1)
  t.match(reports[1], { record: 2, fault: /input x is DT_STRING, the signature takes DT_FLOAT/ })
  await t.rejects(checkFile(join(folder, 'nowhere'), () => {}), { code: 'CONFIG_INVALID', message: /ENOENT/ })
})
