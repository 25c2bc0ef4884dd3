import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openAudit, type AuditEntry } from '../../src/auth/audit.js'

const entry: AuditEntry = { request_id: 'r', subject: 'alice', certificate: null, address: '10.0.0.1', method: 'POST', route: '/models/:model/evaluate', model: 'm', version: '1', status: 200, code: null }
const quiet = { info () {}, warn () {}, error () {} }

async function folder (t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'outrigger-audit-'))
  t.teardown(async () => { await rm(path, { recursive: true }) })
  return path
}

const linesOf = async (file: string): Promise<unknown[]> => (await readFile(file, 'utf8')).trimEnd().split('\n').map(line => JSON.parse(line) as unknown)

t.test('lines are appended, to a file that is nobody else\'s', async t => {
  const file = join(await folder(t), 'audit.jsonl')
  const first = openAudit({ to: file, log: quiet, now: () => 0 })
  first.write(entry)
  await first.close()
  t.same(await linesOf(file), [{ at: '1970-01-01T00:00:00.000Z', ...entry }])
  t.equal((await stat(file)).mode & 0o777, 0o600)
  const second = openAudit({ to: file, log: quiet })
  for (let i = 0; i < 1000; i++) second.write({ ...entry, request_id: String(i) })
  await second.close()
  t.equal((await linesOf(file)).length, 1001)
})

t.test('rotation: renamed under way, no line is lost', async t => {
  const file = join(await folder(t), 'audit.jsonl')
  const audit = openAudit({ to: file, log: quiet })
  for (let i = 0; i < 100; i++) audit.write(entry)
  await rename(file, `${file}.1`)
  let written = 100
  // Whatever was opened before the rename still goes to the old file.
  while (!existsSync(file)) {
    audit.write(entry)
    written++
    await new Promise(resolve => setImmediate(resolve))
  }
  await audit.close()
  const [old, fresh] = await Promise.all([linesOf(`${file}.1`), linesOf(file).catch(() => [])])
  t.equal(old.length + fresh.length, written)
})

t.test('a disk that takes nothing: bounded, counted, told once', { skip: existsSync('/dev/full') ? false : 'there is no /dev/full' }, async t => {
  let dropped = 0
  const errors: string[] = []
  const audit = openAudit({ to: '/dev/full', log: { ...quiet, error: (_: unknown, message?: string) => { errors.push(message!) } }, onDropped: () => { dropped++ } })
  for (let i = 0; i < 20_000; i++) audit.write(entry)
  t.ok(dropped > 10_000, `${dropped} dropped`)
  await audit.close()
  t.equal(errors.filter(message => message.includes('loses lines')).length, 1)
  t.equal(errors.filter(message => message.includes('cannot be written')).length, 1)
})

t.test('a disk that takes lines again gets those that waited', async t => {
  const path = join(await folder(t), 'sub', 'audit.jsonl')
  await mkdir(join(path, '..'))
  const audit = openAudit({ to: path, log: quiet })
  await rm(join(path, '..'), { recursive: true })
  audit.write(entry)
  audit.write(entry)
  await mkdir(join(path, '..'))
  await audit.close()
  t.equal((await linesOf(path)).length, 2)
})

t.test('to the log', async t => {
  const lines: unknown[] = []
  const audit = openAudit({ to: 'log', log: { ...quiet, info: (fields: unknown, message?: string) => { lines.push({ fields, message }) } } })
  audit.write(entry)
  await audit.close()
  t.same(lines, [{ fields: entry, message: 'audit' }])
})

t.test('a file that cannot be written ends the start', async t => {
  t.throws(() => openAudit({ to: join('/nowhere', 'audit.jsonl'), log: quiet }), { code: 'CONFIG_INVALID', message: /ENOENT/ })
})
