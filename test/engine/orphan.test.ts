// The child never outlives the service: not when it is killed by SIGKILL, not when it exits, and not when the child is deaf or frozen. And a dead service's folder is cleaned up by the next.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { makeSocketFolder } from '../../src/engine/socket.js'
import { isAlive, temporaryFolder, until } from './fixture.js'

async function service (t: Test, misbehaviour: Record<string, unknown>, ...args: string[]): Promise<{ parent: ChildProcess, pid: number, folder: string, watchdogs: () => number[] }> {
  const folder = temporaryFolder(t)
  const controlFile = join(folder, 'control.json')
  writeFileSync(controlFile, JSON.stringify({ compute: 'add', ...misbehaviour }))
  const program = fileURLToPath(new URL('orphan-parent.ts', import.meta.url))
  const parent = spawn(process.execPath, [...process.execArgv, program, controlFile, folder, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const pid = Number(String((await once(parent.stdout as NonNullable<typeof parent.stdout>, 'data') as [Buffer])[0]))
  t.teardown(() => {
    parent.kill('SIGKILL')
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  return { parent, pid, folder, watchdogs: () => childrenOf(parent.pid as number).filter(each => each !== pid) }
}

/** Pids of the direct children of a living process. */
function childrenOf (pid: number): number[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).filter(each => parentOf(each) === pid)
}

function parentOf (pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

for (const [name, misbehaviour, stopped] of [
  ['a well-behaved child', {}, false],
  ['one that is deaf to SIGTERM', { deaf: true }, false],
  ['a frozen one', {}, true]
] as const) {
  t.test(`kill -9 of the service ends ${name}, and the watchdog ends too`, async t => {
    const { parent, pid, watchdogs } = await service(t, misbehaviour)
    const [watchdog] = process.platform === 'linux' ? watchdogs() : [undefined]
    if (stopped) process.kill(pid, 'SIGSTOP')
    t.ok(isAlive(pid))
    parent.kill('SIGKILL')
    await until(() => !isAlive(pid))
    if (watchdog !== undefined) await until(() => !isAlive(watchdog))
  })
}

t.test('the watchdog survives the signals of a terminal and ends with the child', { skip: process.platform !== 'linux' && 'needs /proc' }, async t => {
  const { parent, pid, watchdogs } = await service(t, {})
  const [watchdog] = watchdogs() as [number]
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.kill(watchdog, signal)
  parent.kill('SIGKILL')
  await until(() => !isAlive(pid))
  const second = await service(t, {})
  const [other] = second.watchdogs() as [number]
  process.kill(second.pid, 'SIGKILL')
  await until(() => !isAlive(other))
  t.ok(isAlive(second.parent.pid as number))
})

t.test('a watchdog that was killed is replaced', { skip: process.platform !== 'linux' && 'needs /proc' }, async t => {
  const { parent, pid, watchdogs } = await service(t, {})
  const [first] = watchdogs() as [number]
  process.kill(first, 'SIGKILL')
  await until(() => watchdogs().some(each => each !== first))
  parent.kill('SIGKILL')
  await until(() => !isAlive(pid))
})

t.test('process.exit of the service, as after a second signal, ends the child and removes its folder', async t => {
  const { parent, pid, folder } = await service(t, { deaf: true }, 'exit')
  parent.stdin?.write('now')
  await once(parent, 'exit')
  await until(() => !isAlive(pid))
  t.same(readdirSync(folder).filter(name => name.startsWith('outrigger-')), [])
})

t.test('the folder of a killed service is removed by the next one', async t => {
  const { parent, pid, folder } = await service(t, {})
  const [left] = readdirSync(folder).filter(name => name.startsWith('outrigger-')) as [string]
  parent.kill('SIGKILL')
  await until(() => !isAlive(pid))
  const old = new Date(Date.now() - 3_600_000)
  utimesSync(join(folder, left), old, old)
  const next = await makeSocketFolder([folder])
  t.notOk(existsSync(join(folder, left)))
  next.remove()
})
