// Faults of what lies on disk, and replacements under load: the service serves on, health says what is wrong, and it heals by itself.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { copyModel, engines, modelServerFixture, start, temporaryFolder, until, write, type Running } from './service.js'

const flags = ['--settle-time', '100ms', '--watch-interval', '100ms', '--allow-local-admin', '--no-log-requests']
/** Health tells the truth within two seconds; the rest is what a busy machine takes to run the poll. */
const toldWithinMs = 2000 + 1500

interface Failed { readonly model: string, readonly version?: string, readonly reason: string }

const health = async (service: Running): Promise<{ status: number, failed: Failed[], reason?: string }> => {
  const { status, json } = await service.call('/health')
  return { status, failed: json.failed, reason: json.reason }
}
const changes = async (service: Running): Promise<{ what: string, model?: string, from?: string, to?: string, reason?: string }[]> => (await service.call('/changes?limit=1000')).json.changes
const live = async (service: Running, version: string, model = 'half'): Promise<void> => {
  await until(`version ${version} of ${model} answers`, async () => (await service.post(`/models/${model}/evaluate`, { x: 1 })).headers.get('outrigger-model-version') === version || undefined)
}

/** Copies a whole version under a hidden name, spoils it, and renames it into place. */
function spoil (models: string, version: string, change: (folder: string) => void, { handler = false } = {}): void {
  const hidden = copyModel(models, 'half_plus_two/1', 'half', `.tmp-${version}`, { handler })
  change(hidden)
  renameSync(hidden, join(models, 'half', version))
}

const cut = (folder: string, file: string): void => { writeFileSync(join(folder, file), readFileSync(join(folder, file)).subarray(0, Math.floor(statSync(join(folder, file)).size / 2))) }
const data = 'variables/variables.data-00000-of-00001'

function flip (folder: string, file: string, at: (size: number) => number): void {
  const bytes = readFileSync(join(folder, file))
  bytes[at(bytes.length)]! ^= 0x10
  writeFileSync(join(folder, file), bytes)
}

function inPlaceOf (folder: string, file: string, put: (path: string) => void): void {
  rmSync(join(folder, file), { recursive: true })
  put(join(folder, file))
}

const handlerOf = (source: string) => (folder: string): void => { writeFileSync(join(folder, 'handler.ts'), source) }

/** What is wrong with the version, how it is made so, and what its reason must say. */
const spoiled: readonly (readonly [what: string, change: (folder: string) => void, reason: RegExp, options?: { handler: boolean }])[] = [
  ['saved_model.pb cut off', folder => { cut(folder, 'saved_model.pb') }, /./],
  ['saved_model.pb of rubbish', folder => { writeFileSync(join(folder, 'saved_model.pb'), Buffer.alloc(5000, 0x9e)) }, /./],
  ['saved_model.pb empty', folder => { writeFileSync(join(folder, 'saved_model.pb'), '') }, /./],
  ['saved_model.pb with a huge length', folder => { writeFileSync(join(folder, 'saved_model.pb'), Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3])) }, /./],
  ['saved_model.pb a folder', folder => { inPlaceOf(folder, 'saved_model.pb', path => { mkdirSync(path); writeFileSync(join(path, 'x'), '') }) }, /./],
  ['saved_model.pb a pipe', folder => { inPlaceOf(folder, 'saved_model.pb', path => { execFileSync('mkfifo', [path]) }) }, /saved_model\.pb is a pipe/],
  ['saved_model.pb a link in a circle', folder => { inPlaceOf(folder, 'saved_model.pb', path => { symlinkSync('saved_model.pb', path) }) }, /saved_model\.pb is a link that leads nowhere/],
  ['variables.index cut off', folder => { cut(folder, 'variables/variables.index') }, /./],
  ['variables.index missing', folder => { rmSync(join(folder, 'variables/variables.index')) }, /./],
  ['variables.index with a flipped bit', folder => { flip(folder, 'variables/variables.index', size => Math.floor(size / 3)) }, /./],
  ['variables.data cut off', folder => { cut(folder, data) }, /./],
  ['variables.data missing', folder => { rmSync(join(folder, data)) }, /./],
  ['variables.data with a flipped bit', folder => { flip(folder, data, () => 2) }, /./],
  ['variables a pipe', folder => { inPlaceOf(folder, data, path => { execFileSync('mkfifo', [path]) }) }, /is a pipe/],
  ['a handler that is no TypeScript', handlerOf('export function preprocess ( {'), /handler/i],
  ['a handler that throws at load', handlerOf('throw new Error("no vocabulary here")'), /no vocabulary here/],
  ['a handler whose load rejects', handlerOf('export async function load () { throw new Error("table is gone") }'), /table is gone/],
  ['a handler that exports nothing of use', handlerOf('export const preprocess = 7'), /preprocess/],
  ['a handler that ends its thread', handlerOf('process.exit(3)'), /./],
  ['a handler that is a folder', folder => { mkdirSync(join(folder, 'handler.ts')) }, /./],
  ['an example that is no JSON', folder => { writeFileSync(join(folder, 'examples/number.json'), '{') }, /number.*not valid JSON/, { handler: true }],
  ['an example with another answer', folder => { writeFileSync(join(folder, 'examples/number.json'), JSON.stringify({ request: { x: 1 }, response: [99] })) }, /expected 99, got 2\.5/, { handler: true }]
]

for (const engine of engines) {
  t.test(`${engine.name}: spoiled versions of every kind`, async t => {
    const models = temporaryFolder(t)
    copyModel(models, 'half_plus_two/1', 'half', '1')
    write(models, { 'half/model.yaml': 'versions: all\n' })
    const service = await start(t, { engine, models, flags })
    for (const [i, [, change, , options]] of spoiled.entries()) spoil(models, String(i + 2), change, options)
    const all = await until('all have failed', async () => {
      const { status, failed } = await health(service)
      t.equal(status, 200)
      return failed.length === spoiled.length ? failed : undefined
    })
    for (const [i, [what, , reason]] of spoiled.entries()) {
      const one = all.find(({ version }) => version === String(i + 2))
      t.match(one?.reason, reason, what)
      t.comment(`${what}: ${one?.reason.split('\n')[0]?.slice(0, 200)}`)
    }
    t.same((await service.post('/v1/models/half:predict', { instances: [2] })).json, { predictions: [3] })
    t.equal((await changes(service)).filter(({ what }) => what === 'version-failed').length, spoiled.length, 'each once')
    const next = String(spoiled.length + 2)
    spoil(models, next, () => {})
    await live(service, next)
    write(models, { 'half/model.yaml': '' })
    await until('nothing is wrong any more', async () => (await health(service)).failed.length === 0 || undefined)
    await service.checkAnswers(t)
  })
}

/** Asks without pause and keeps what was not answered rightly. */
function callers (service: Running, count: number): { stop: () => Promise<{ wrong: string[], answered: number }> } {
  const wrong: string[] = []
  let answered = 0
  let running = true
  const work = async (): Promise<void> => {
    for (let x = 0; running; x++) {
      const { status, json, text } = await service.post('/v1/models/half:predict', { instances: [x] })
      answered++
      if (status !== 200 || json.predictions[0] !== x / 2 + 2) wrong.push(`${status} ${text}`)
    }
  }
  const all = Promise.all(Array.from({ length: count }, work))
  return { stop: async () => { running = false; await all; return { wrong, answered } } }
}

async function unharmed (t: Test, service: Running, change: () => Promise<void>): Promise<void> {
  const load = callers(service, 4)
  await change()
  const { wrong, answered } = await load.stop()
  t.same(wrong, [], `${answered} calls meanwhile`)
}

t.test('under load: another engine, changed files; no call notices', async t => {
  const models = temporaryFolder(t)
  const folder = copyModel(models, 'half_plus_two/1', 'half', '1')
  const [embedded] = engines
  const service = await start(t, { engine: embedded, models, flags: [...flags, '--tensorflow-model-server', modelServerFixture] })
  const engineOf = async (): Promise<string> => (await service.call('/models/half')).json.versions[0].engine
  await unharmed(t, service, async () => {
    for (const kind of ['tensorflow', 'embedded', 'tensorflow']) {
      write(models, { 'half/model.yaml': `engine: ${kind}\n` })
      await until(`it is on ${kind}`, async () => await engineOf() === kind || undefined)
    }
  })
  t.match((await changes(service)).filter(({ what }) => what === 'version-live').map(({ from, to, reason }) => [from, to, reason]), [['1', '1', 'its engine is tensorflow now'], ['1', '1', 'its engine is embedded now'], ['1', '1', 'its engine is tensorflow now'], [null, '1', undefined]])

  for (const kind of ['tensorflow', 'embedded']) {
    t.comment(`files are changed on ${kind}`)
    write(models, { 'half/model.yaml': `engine: ${kind}\n` })
    await until(`it is on ${kind}`, async () => await engineOf() === kind || undefined)
    // What is changed before its checksum is known belongs to it.
    await until('its checksum is known', async () => (await service.call('/models/half')).json.checksum ?? undefined)
    await unharmed(t, service, async () => {
      write(folder, { 'note.txt': kind })
      const told = await until('the change is told', async () => (await health(service)).failed.find(({ version }) => version === '1'), toldWithinMs)
      t.match(told.reason, /files were changed.*reload/)
      t.equal((await health(service)).status, 200)
      const before = (await changes(service)).length
      t.equal((await service.post('/models/half/reload', {})).status, 202)
      await until('it is replaced', async () => (await changes(service)).slice(0, -before).some(({ what, reason }) => what === 'version-live' && reason === 'its files were changed') || undefined)
      t.same((await health(service)).failed, [])
    })
  }
  t.match((await service.call('/v1/models/half')).json, { model_version_status: [{ version: '1', state: 'AVAILABLE' }] })
  t.equal((await service.call('/v1/models/half')).json.model_version_status.length, 1)
  t.equal((await service.call('/v1/models/half/metadata')).json.model_spec.name, 'half')
})

t.test('at the start an older version stands in for newer ones that fail', async t => {
  const models = temporaryFolder(t)
  copyModel(models, 'half_plus_two/1', 'half', '1')
  for (const version of ['2', '3']) spoil(models, version, folder => { cut(folder, 'saved_model.pb') })
  const service = await start(t, { models, flags })
  t.match(await health(service), { status: 200, failed: [{ model: 'half', version: '3' }, { version: '2' }] })
  t.equal((await service.post('/models/half/evaluate', { x: 2 })).headers.get('outrigger-model-version'), '1')
  t.match(await changes(service), [{ what: 'version-live', to: '1', reason: 'newer versions failed' }, { what: 'version-failed', to: '2' }, { what: 'version-failed', to: '3' }, { what: 'start' }])
})

t.test('the repository is deleted under its feet: what is loaded serves on; it comes back and goes on', async t => {
  const outer = temporaryFolder(t)
  const models = join(outer, 'models')
  copyModel(models, 'half_plus_two/1', 'half', '1')
  const service = await start(t, { models, flags })
  await unharmed(t, service, async () => {
    renameSync(models, join(outer, 'away'))
    const told = await until('health says so', async () => (await health(service)).failed[0], toldWithinMs)
    t.match(told, { model: 'repository', reason: /cannot be read: ENOENT/ })
    t.equal((await health(service)).status, 200)
    renameSync(join(outer, 'away'), models)
    copyModel(models, 'half_plus_two/1', 'half', '.tmp-2')
    renameSync(join(models, 'half/.tmp-2'), join(models, 'half/2'))
    await live(service, '2')
    t.same((await health(service)).failed, [])
  })
  rmSync(models, { recursive: true })
  await until('health says so again', async () => (await health(service)).failed[0], toldWithinMs)
  const [child] = service.children()
  process.kill(child!, 'SIGKILL')
  await until('not ready: nothing can be loaded again', async () => (await health(service)).status === 503 || undefined)
  copyModel(models, 'half_plus_two/1', 'half', '2')
  await service.ready()
  await live(service, '2')
})

t.test('files from the future, and a model.yaml with faults', async t => {
  const models = temporaryFolder(t)
  copyModel(models, 'half_plus_two/1', 'half', '1')
  const service = await start(t, { models, flags })
  const later = new Date(Date.now() + 10 * 365 * 86_400_000)
  const folder = copyModel(models, 'half_plus_two/1', 'half', '.tmp-2')
  for (const file of ['saved_model.pb', data, '.']) utimesSync(join(folder, file), later, later)
  renameSync(folder, join(models, 'half/2'))
  await live(service, '2')
  for (const [text, reason] of [['no: such', /no is not a known key/], ['versions: [', /not valid YAML/], ['timeout: -3', /timeout must be/]] as const) {
    write(models, { 'half/model.yaml': text })
    const told = await until('it is told', async () => (await health(service)).failed.find(one => reason.test(one.reason)), toldWithinMs)
    t.equal(told.model, 'half')
    t.equal((await health(service)).status, 200, 'what is loaded serves on')
  }
  write(models, { 'half/model.yaml': '' })
  await until('mended', async () => (await health(service)).failed.length === 0 || undefined)
})

const noLimit = existsSync('/usr/bin/prlimit') ? false : 'there is no prlimit to take the disk away from a process'

t.test('a disk that takes nothing: serves on, says so, and catches up', { skip: noLimit }, async t => {
  const models = temporaryFolder(t)
  const kept = temporaryFolder(t)
  copyModel(models, 'half_plus_two/1', 'half', '1')
  write(models, { 'half/model.yaml': 'labels: {stable: 1}\nversions: all\n' })
  const service = await start(t, { models, flags: [...flags, '--data-dir', kept] })
  copyModel(models, 'half_plus_two/1', 'half', '2')
  await live(service, '2')
  const put = async (version: string): Promise<{ status: number, json: { code?: string } }> => await service.call('/models/half/labels/stable', { method: 'PUT', body: JSON.stringify({ version }), headers: { 'content-type': 'application/json' } })
  // No file may grow beyond nothing: every write fails as on a full disk.
  execFileSync('prlimit', ['--pid', String(service.pid), '--fsize=0:unlimited'])
  await unharmed(t, service, async () => {
    t.match(await put('2'), { status: 503, json: { code: 'DATA_DIR' } })
    t.equal((await service.post('/models/half/labels/stable/evaluate', { x: 2 })).headers.get('outrigger-model-version'), '1', 'the label stays')
    t.equal((await service.post('/models/half/reload', {})).status, 202)
    const told = await until('health says so', async () => { const { failed } = await health(service); return failed.length === 2 ? failed : undefined }, toldWithinMs)
    t.match(told, [{ model: 'data_dir', reason: /change journal cannot be written/ }, { model: 'data_dir', reason: /labels cannot be written/ }])
    t.equal((await health(service)).status, 200)
    t.ok(service.lines.some(line => /journal cannot be written/.test(String(line.message))))
    t.equal((await changes(service))[0]?.what, 'reload', 'in memory')
  })
  execFileSync('prlimit', ['--pid', String(service.pid), '--fsize=unlimited:unlimited'])
  t.equal((await put('2')).status, 200)
  await until('all is well', async () => (await health(service)).failed.length === 0 || undefined)
  await until('the journal has caught up', () => /"reload"/.test(readFileSync(join(kept, 'changes.jsonl'), 'utf8')) || undefined)
  t.same(JSON.parse(readFileSync(join(kept, 'labels.json'), 'utf8')), { half: { stable: { version: '2', written: '1' } } })
})

const unruly = `export async function preprocess ({ x }: { x: number[] }) {
  const dig = (): number => dig() + 1
  if (x[0] === 1) throw new Error('a fault of mine')
  if (x[0] === 2) await new Promise(() => {})
  if (x[0] === 3) process.exit(7)
  if (x[0] === 4) dig()
  if (x[0] === 5) setTimeout(() => { throw new Error('nobody catches this') }, 0), await new Promise(() => {})
  if (x[0] === 6) void Promise.reject(new Error('nor this')), await new Promise(resolve => setTimeout(resolve, 50))
  return { x }
}
`

t.test('a handler that throws, waits for ever, ends its thread, digs too deep: alone, and the next call is answered', async t => {
  const models = temporaryFolder(t)
  write(copyModel(models, 'half_plus_two/1', 'unruly'), { 'handler.ts': unruly, '../model.yaml': 'handler: {timeout: 1s}\n' })
  copyModel(models, 'half_plus_two/1', 'half')
  const service = await start(t, { models, flags })
  await unharmed(t, service, async () => {
    for (const [x, status] of [[1, 500], [2, 504], [3, 500], [4, 500], [5, 500], [6, undefined]] as const) {
      const answer = await service.post('/models/unruly/evaluate', { x: [x] })
      if (status !== undefined) t.equal(answer.status, status, `${x}: ${answer.text}`)
      t.match((await health(service)).status, 200)
      t.same((await service.post('/models/unruly/evaluate', { x: [20] })).json, { y: 12 })
    }
  })
  t.notOk(service.lines.some(line => line.level === 'fatal'))
})
