import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { copyModel, engines, isAlive, modelServerFixture, noProc, sleep, start, temporaryFolder, until, write, type Answer, type Running } from './service.js'

/** Health must have noticed within 2 s; the rest is the time that a busy machine takes to run the poll itself. */
const noticedWithinMs = 2000 + 300

const predict = async (service: Running): Promise<Answer> => await service.post('/v1/models/half_plus_two:predict', { instances: [1, 2, 5] })

const onlyChild = (service: Running): number => {
  const children = service.children()
  if (children.length !== 1) throw new Error(`there are ${children.length} model servers`)
  return children[0]!
}

/** Where a model server listens. */
const socketOf = (pid: number): string => /--grpc_socket_path=([^\0]+)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))![1]!

/** Milliseconds until /health/ready answers this status, and its body then. */
async function untilHealth (service: Running, status: number, withinMs: number): Promise<{ ms: number, answer: Answer }> {
  const begun = Date.now()
  const answer = await until(`health is ${status}`, async () => {
    const asked = Date.now()
    const answer = await service.call('/health/ready')
    if (Date.now() - asked > 1000) throw new Error(`health took ${Date.now() - asked} ms to answer`)
    return answer.status === status ? answer : undefined
  }, withinMs)
  return { ms: Date.now() - begun, answer }
}

/** Models without examples: these would be run before the models go live, on a server that misbehaves. */
function plainModels (t: Parameters<typeof temporaryFolder>[0]): string {
  const folder = temporaryFolder(t)
  for (const name of ['half_plus_two', 'titanic']) copyModel(folder, `${name}/1`, name)
  return folder
}

for (const engine of engines) {
  t.test(`${engine.name}: the model server is killed, frozen, gone`, { skip: noProc }, async t => {
    t.test('killed: not ready within 2 s, live all the time, ready again by itself', async t => {
      const service = await start(t, { engine })
      const before = onlyChild(service)
      process.kill(before, 'SIGKILL')
      const { ms, answer } = await untilHealth(service, 503, noticedWithinMs)
      t.ok(ms <= noticedWithinMs, `noticed after ${ms} ms`)
      t.match(answer.json, { ready: false, reason: /./, engines: [{ kind: engine.name }] })
      t.equal((await service.call('/health/live')).status, 200)
      const back = await untilHealth(service, 200, 20_000)
      t.comment(`ready again ${ms + back.ms} ms after the kill`)
      t.not(onlyChild(service), before)
      t.match((await service.call('/metrics')).text, new RegExp(`outrigger_child_restarts_total\\{[^}]*engine="${engine.name}"[^}]*\\} 1\n`))
      t.equal((await predict(service)).status, 200)
    })

    t.test('killed under load: no request is lost', async t => {
      const service = await start(t, { engine })
      const statuses: number[] = []
      let going = true
      const caller = async (): Promise<void> => {
        while (going) {
          const answer = await predict(service)
          statuses.push(answer.status)
          if (answer.status !== 200) t.comment(answer.text)
        }
      }
      const callers = Array.from({ length: 8 }, caller)
      await until('calls are answered', () => statuses.length > 40)
      for (let kills = 0; kills < 2; kills++) {
        process.kill(onlyChild(service), 'SIGKILL')
        await untilHealth(service, 503, noticedWithinMs)
        await untilHealth(service, 200, 20_000)
        const answered = statuses.length
        await until('calls are answered again', () => statuses.length > answered + 40)
      }
      going = false
      await Promise.all(callers)
      t.same([...new Set(statuses)], [200], `${statuses.length} requests`)
    })

    t.test('frozen: not ready within 2 s; thawed: ready; frozen for good: replaced', async t => {
      const service = await start(t, { engine })
      const before = onlyChild(service)
      process.kill(before, 'SIGSTOP')
      const { ms, answer } = await untilHealth(service, 503, noticedWithinMs)
      t.ok(ms <= noticedWithinMs, `noticed after ${ms} ms`)
      t.match(answer.json.engines, [{ state: 'unresponsive', reason: /./ }])
      t.equal((await service.call('/health/live')).status, 200)
      process.kill(before, 'SIGCONT')
      await untilHealth(service, 200, 5000)
      t.equal(onlyChild(service), before, 'a short freeze costs no restart')

      process.kill(before, 'SIGSTOP')
      const waiting = predict(service)
      await until('the frozen one is gone', () => !isAlive(before), 16_000)
      await untilHealth(service, 200, 20_000)
      t.not(onlyChild(service), before)
      t.equal((await waiting).status, 200, 'a request that met the frozen one was answered by its successor')
    })

    t.test('replaced by order, and when its socket was removed: no request is lost, health stays ready', async t => {
      const service = await start(t, { engine, flags: ['--allow-local-admin', '--socket-dir', temporaryFolder(t)] })
      const replaced = async (cause: () => unknown): Promise<void> => {
        const before = onlyChild(service)
        await cause()
        await until('another model server is alone', async () => {
          t.equal((await predict(service)).status, 200)
          t.equal((await service.call('/health/ready')).status, 200)
          const children = service.children()
          return children.length === 1 && children[0] !== before
        })
      }
      await replaced(async () => {
        t.match(await service.post(`/engines/${engine.name}/replace`, {}), { status: 202, json: { status: 'replacing', engine: engine.name } })
      })
      t.match((await service.call('/changes?limit=1')).json.changes, [{ what: 'engine-replaced', from: new RegExp(`^${engine.name} \\d+$`), by: /POST replace/ }])
      await replaced(() => { rmSync(socketOf(onlyChild(service))) })
      t.match((await service.call('/health')).json.engines, [{ restarts: 0, replacements: { completed: 2, failed: 0 } }])
      t.equal((await service.post('/engines/other/replace', {})).status, 404)
    })

    t.test('kill -9 of the service leaves no model server behind', async t => {
      const service = await start(t, { engine })
      const child = onlyChild(service)
      service.signal('SIGKILL')
      await service.ended()
      await until('the model server is gone', () => !isAlive(child), 15_000)
      t.pass()
    })

    t.test('a broken model beside a good one: not ready, with the reason; the good one serves', async t => {
      const models = temporaryFolder(t)
      copyModel(models, 'half_plus_two/1', 'half_plus_two')
      write(copyModel(models, 'half_plus_two/1', 'broken'), { 'variables/variables.data-00000-of-00001': 'no variables' })
      const service = await start(t, { engine, models, waitUntilReady: false })
      const { answer } = await until('it has failed', async () => {
        const answer = await service.call('/health')
        return answer.json.failed?.length > 0 && answer.json.status !== 'loading' ? { answer } : undefined
      })
      t.equal(answer.status, 503)
      t.match(answer.json.failed, [{ model: 'broken', version: '1', reason: /./ }])
      t.equal((await predict(service)).status, 200)
      t.equal((await service.call('/health/live')).status, 200)
      write(models, { 'broken/model.yaml': 'required: false\n' })
      const tolerant = await start(t, { engine, models })
      const health = await until('the broken one has failed', async () => {
        const { json } = await tolerant.call('/health')
        return json.failed.length > 0 ? json as object : undefined
      })
      t.match(health, { ready: true, failed: [{ model: 'broken' }] }, 'required: false leaves the service ready')
    })
  })
}

const [, tensorflow] = engines

t.test('with the traits of the real model server', { skip: noProc }, async t => {
  t.test('leaking: replaced with no failed request', async t => {
    const service = await start(t, { engine: tensorflow!, models: plainModels(t), flags: ['--engine-memory-budget', '400MiB'], control: { leakBytes: 10e6 } })
    const before = onlyChild(service)
    await until('it was replaced', async () => {
      t.equal((await predict(service)).status, 200)
      return !isAlive(before)
    })
    t.match((await service.call('/changes')).json.changes.find((change: { what: string }) => change.what === 'engine-replaced'), { by: 'the memory guard', reason: /its budget is 419430400/ })
    t.match((await service.call('/metrics')).text, /outrigger_child_replacements_total\{[^}]*result="completed"[^}]*\} 1\n/)
  })

  t.test('SIGHUP replaces a model server whose program has changed, and no other', async t => {
    const program = join(temporaryFolder(t), 'tensorflow_model_server')
    const install = (): void => {
      writeFileSync(`${program}.new`, `#!/bin/sh\nexec ${modelServerFixture} "$@"\n`, { mode: 0o755 })
      renameSync(`${program}.new`, program)
    }
    install()
    const service = await start(t, { engine: { name: 'tensorflow', flags: ['--engine', 'tensorflow', '--tensorflow-model-server', program] }, models: plainModels(t) })
    const before = onlyChild(service)
    const hangUps = async (): Promise<number> => (await service.call('/changes')).json.changes.filter((change: { by: string, what: string }) => change.by === 'SIGHUP' && change.what === 'reload').length
    service.signal('SIGHUP')
    await until('it has heard the signal', async () => await hangUps() === 1)
    install()
    service.signal('SIGHUP')
    await until('another one is alone', async () => {
      t.equal((await predict(service)).status, 200)
      return !isAlive(before)
    })
    t.equal((await predict(service)).status, 200)
    const replaced = (await service.call('/changes')).json.changes.filter((change: { what: string }) => change.what === 'engine-replaced')
    t.match(replaced, [{ from: `tensorflow ${before}`, to: `tensorflow ${onlyChild(service)}`, by: 'SIGHUP', reason: "the program's file has changed" }])
    t.equal(replaced.length, 1, 'not for a signal alone')
  })

  t.test('slow to load: live, not ready, and it says that it is loading', async t => {
    const service = await start(t, { engine: tensorflow!, control: { loadMs: 1500 }, waitUntilReady: false })
    const early = await service.call('/health/ready')
    t.equal(early.status, 503)
    t.match(early.json, { ready: false, status: 'loading' })
    t.equal((await service.call('/health/live')).status, 200)
    const asked = await predict(service)
    t.equal(asked.status === 503 || asked.status === 404, true, `a request meanwhile: ${asked.status}`)
    await service.ready()
    t.equal((await predict(service)).status, 200)
  })

  t.test('a long inference is no freeze', async t => {
    const service = await start(t, { engine: tensorflow!, models: plainModels(t), control: { predictMs: 13_000 } })
    const child = onlyChild(service)
    const answer = predict(service)
    const seen = new Set<number>()
    for (let i = 0; i < 12; i++) {
      seen.add((await service.call('/health/ready')).status)
      await sleep(1000)
    }
    t.same([...seen], [200])
    t.equal((await answer).status, 200)
    t.equal(onlyChild(service), child)
  })

  t.test('a request that kills its server gets 503 MODEL_SERVER_CRASHED, and the others live', async t => {
    const models = temporaryFolder(t)
    copyModel(models, 'titanic/1', 'titanic')
    const service = await start(t, { engine: tensorflow!, models, control: { dieOnInput: 'deadly' } })
    const passenger = { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 }
    const answer = await service.post('/models/titanic/evaluate', { ...passenger, sex: 'deadly' })
    t.equal(answer.status, 503)
    t.equal(answer.json.code, 'MODEL_SERVER_CRASHED')
    t.ok(await until('the log names the hash of the request', () => service.lines.find(line => /[0-9a-f]{64}/.test(JSON.stringify(line))), 3000))
    t.equal((await service.post('/models/titanic/evaluate', passenger)).status, 200)
  })

  t.test('an answer that cannot be read is a 500 with a code', async t => {
    const service = await start(t, { engine: tensorflow!, models: plainModels(t), control: { garbage: true } })
    const answer = await service.post('/models/titanic/evaluate', { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 })
    t.equal(answer.status, 500)
    t.equal(answer.json.code, 'MODEL_ANSWER_INVALID')
  })

  t.test('no server within the deadline is 503, no answer within it is 504', async t => {
    const slow = await start(t, { engine: tensorflow!, models: plainModels(t), control: { predictMs: 5000 } })
    const late = await slow.post('/models/titanic/evaluate', { fare: 7, sex: 'male', embarked: 'Q', pclass: '3', age: 27 }, { 'x-request-timeout-ms': '400' })
    t.equal(late.status, 504)
    const down = await start(t, { engine: tensorflow!, models: join(temporaryFolder(t)), control: { neverOpens: true }, waitUntilReady: false })
    t.equal((await down.call('/health/ready')).status, 503, 'no model at all')
  })
})
