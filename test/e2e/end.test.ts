import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { copyModel, engines, isAlive, noProc, root, run, start, temporaryFolder, until, write, type Answer, type Running } from './service.js'

/** Tells when it has begun, then takes its time. */
const slow = `// Waits before the model is asked.
export async function preprocess (request: { x: number[] }, context: { log: { info (message: string): void } }) {
  context.log.info('begun')
  await new Promise(resolve => setTimeout(resolve, 1500))
  return { x: request.x }
}
`

/** The request that is under way takes 1.5 s, the model server's end less than a second; the rest is for a busy machine. Far below the drain's limit of 15 s. */
const endsWithinMs = 6000

async function startSlow (t: Parameters<typeof start>[0], options: Parameters<typeof start>[1]): Promise<Running> {
  const models = temporaryFolder(t)
  write(copyModel(models, 'half_plus_two/1', 'slow'), { 'handler.ts': slow })
  return await start(t, { models, ...options })
}

/** A request that is certainly under way when this resolves; in an object, since a promise for it would wait for its answer. */
async function underWay (service: Running): Promise<{ readonly answer: Promise<Answer> }> {
  const answer = service.post('/models/slow/evaluate', { x: [4] })
  answer.catch(() => {})
  await until('the request is under way', () => service.lines.find(line => line.message === 'begun'), 10_000)
  return { answer }
}

for (const engine of engines) {
  t.test(`${engine.name}: the end of the service`, { skip: noProc }, async t => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      t.test(`${signal} drains: what is under way is answered, nothing is left`, async t => {
        const service = await startSlow(t, { engine })
        const [child] = service.children()
        const { answer } = await underWay(service)
        const begun = Date.now()
        service.signal(signal)
        const { status, json } = await answer
        t.equal(status, 200)
        t.same(json, { y: 4 })
        t.equal(await service.ended(), 0, 'exit code')
        t.ok(Date.now() - begun < endsWithinMs, `a connection that the caller keeps open does not hold up the end (${Date.now() - begun} ms)`)
        t.notOk(isAlive(child!), 'the model server is gone')
        await t.rejects(service.call('/health'), 'nobody listens')
      })
    }

    t.test('during the drain delay health is 503 and requests are served', async t => {
      const service = await startSlow(t, { engine, flags: ['--drain-delay', '1500ms'] })
      service.signal('SIGTERM')
      const health = await until('it drains', async () => {
        const answer = await service.call('/health/ready')
        return answer.status === 503 ? answer : undefined
      }, 1400)
      t.match(health.json, { status: 'draining' })
      t.equal((await service.call('/health/live')).status, 200)
      t.equal((await service.post('/v1/models/slow:predict', { instances: [2] })).status, 200)
      t.equal(await service.ended(), 0)
    })

    t.test('POST /shutdown, graceful and by force', async t => {
      for (const mode of ['graceful', 'force'] as const) {
        const service = await startSlow(t, { engine, flags: ['--allow-local-admin'] })
        const [child] = service.children()
        const { answer } = await underWay(service)
        const outcome = answer.then(({ status }) => status, () => 'cut')
        const begun = Date.now()
        t.equal((await service.post('/shutdown', { mode })).status, 202)
        const code = await service.ended()
        t.ok(Date.now() - begun < endsWithinMs, `${mode}: ended after ${Date.now() - begun} ms; the request under way: ${await outcome}`)
        if (mode === 'graceful') t.equal(await outcome, 200)
        t.equal(code, 0)
        await until('the model server is gone', () => !isAlive(child!), 5000)
      }
    })
  })
}

t.test('the end takes the time that the settings file says when it begins', async t => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'outrigger.yaml')
  write(folder, { 'outrigger.yaml': 'drain_delay: 0s\n' })
  const service = await start(t, { flags: ['--config', file] })
  write(folder, { 'outrigger.yaml': 'drain_delay: 2s\ndrain_timeout: 5s\nsettle_time: 1s\ncors: https://a.example\n' })
  service.signal('SIGHUP')
  await until('all four are in force', async () => (await service.call('/changes')).json.changes.filter(({ what }: { what: string }) => what === 'setting-changed').length === 4)
  t.equal((await service.call('/models', { headers: { origin: 'https://a.example' } })).headers.get('access-control-allow-origin'), 'https://a.example')
  const begun = Date.now()
  service.signal('SIGTERM')
  t.equal(await service.ended(), 0)
  t.ok(Date.now() - begun >= 2000, `${Date.now() - begun} ms`)
})

t.test('POST /shutdown is closed unless opened', async t => {
  const closed = await start(t)
  const refused = await closed.post('/shutdown', { mode: 'graceful' })
  t.equal(refused.status, 403)
  t.match(refused.json, { code: 'ADMIN_FORBIDDEN', detail: /--allow-local-admin/ })
  t.equal((await closed.call('/health')).status, 200)

  const open = await start(t, { flags: ['--allow-local-admin'] })
  t.equal((await open.post('/shutdown', { mode: 'graceful' }, { origin: 'http://evil.example' })).status, 403, 'no web page')
  t.equal((await open.post('/shutdown', { mode: 'graceful' }, { 'content-type': 'text/plain' })).status, 403, 'no form')
  t.equal((await open.post('/shutdown', { mode: 'now' })).status, 400)
  t.equal((await open.call('/shutdown')).status, 405)
  t.equal((await open.call('/health')).status, 200)
})

t.test('a second signal ends it at once, and still leaves no model server', { skip: noProc }, async t => {
  const service = await startSlow(t, {})
  const [child] = service.children()
  await underWay(service)
  service.signal('SIGTERM')
  await until('the drain has begun', () => service.lines.find(line => line.message === 'shutdown'), 5000)
  // One signal that arrives twice is one: the second must come a little later.
  service.signal('SIGTERM')
  await sleep(400)
  t.ok(isAlive(service.pid), 'still draining')
  const begun = Date.now()
  service.signal('SIGTERM')
  await service.ended()
  t.ok(Date.now() - begun < 900, 'it did not wait for the request')
  await until('the model server is gone', () => !isAlive(child!), 5000)
})

t.test('SIGTERM to npm start leaves nothing behind', { skip: noProc }, async t => {
  const npm = spawn('npm', ['start', '--', '--port', '0'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, npm_config_loglevel: 'silent' } })
  t.teardown(() => { npm.kill('SIGKILL') })
  const ended = once(npm, 'exit')
  const pid = await new Promise<number>((resolve, reject) => {
    createInterface({ input: npm.stdout }).on('line', line => {
      if (line.includes('"models are loaded"')) resolve((JSON.parse(line) as { pid: number }).pid)
    })
    npm.on('exit', code => { reject(new Error(`npm start ended with ${code}`)) })
  })
  npm.kill('SIGTERM')
  await ended
  await until('the service is gone', () => !isAlive(pid), 10_000)
  t.pass()
})

t.test('what cannot start says why and ends with a code', async t => {
  const cases: readonly (readonly [readonly string[], RegExp, number])[] = [
    [['serve', '--models', '/nowhere/at/all'], /\/nowhere\/at\/all/, 2],
    [['serve', '--prot', '8501', '--engine', 'quantum'], /--prot[\s\S]*quantum/, 2],
    [['serve', '--engine', 'tensorflow', '--tensorflow-model-server', '/nowhere/tensorflow_model_server'], /\/nowhere\/tensorflow_model_server/, 2],
    [['serve', '--host', '192.0.2.1', '--port', '0'], /192\.0\.2\.1/, 2],
    [['dance'], /dance/, 2]
  ]
  for (const [args, says, code] of cases) {
    const { process: child, stderr } = run(t, args)
    t.equal((await once(child, 'exit'))[0], code, args.join(' '))
    t.match(stderr(), says)
    t.notMatch(stderr(), /\n\s+at /, 'no stack')
  }
  const taken = await start(t)
  const { process: second, stderr } = run(t, ['serve', '--port', new URL(taken.url).port])
  t.equal((await once(second, 'exit'))[0], 2)
  t.match(stderr(), /taken/)
  const { process: helped, lines } = run(t, ['serve', '--help'])
  t.equal((await once(helped, 'exit'))[0], 0)
  t.match(JSON.stringify(lines), /--tensorflow-model-server/)
})
