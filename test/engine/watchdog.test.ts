// The watchdog's own promises: it says when it is lost, ends when told, and never signals another process than its own.
import { spawn } from 'node:child_process'
import t from 'tap'
import { startTime } from '../../src/engine/proc.js'
import { watchdogScript, startWatchdog } from '../../src/engine/watchdog.js'
import { isAlive, keepAlive, until } from './fixture.js'

t.test('lost while it was needed: it is said; done: it ends in silence', async t => {
  keepAlive(t)
  const lost = await new Promise<string>(resolve => {
    const watchdog = startWatchdog({ graceMs: 100, onLost: resolve })
    process.kill(watchdog.pid as number, 'SIGKILL')
  })
  t.equal(lost, 'it ended with SIGKILL')
  const watchdog = startWatchdog({ graceMs: 100, onLost: reason => t.fail(reason) })
  watchdog.watch(process.pid)
  watchdog.done()
  await until(() => !isAlive(watchdog.pid as number))
})

t.test('a pid that belongs to another process by now is left alone', { skip: startTime(process.pid) === '' && 'there is no /proc' }, async t => {
  const stranger = spawn('sleep', ['60'])
  t.teardown(() => stranger.kill())
  const run = (line: string): Promise<number | null> => new Promise(resolve => {
    const shell = spawn('/bin/sh', ['-c', watchdogScript, 'watchdog', '1'])
    shell.once('exit', resolve)
    shell.stdin.end(line)
  })
  t.equal(await run(`${stranger.pid} 1\n`), 0)
  t.equal(await run(''), 0)
  t.equal(stranger.exitCode ?? stranger.signalCode, null)
  t.equal(await run(`${stranger.pid} ${startTime(stranger.pid as number)}\n`), 0)
  await until(() => stranger.signalCode === 'SIGTERM')
})
