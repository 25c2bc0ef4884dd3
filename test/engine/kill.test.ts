// Ending a child: by itself on SIGTERM, by force when it is deaf, with us when we exit.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { hasEnded, terminate } from '../../src/engine/kill.js'
import { isAlive, until } from './fixture.js'

t.test('SIGTERM suffices', async t => {
  const child = spawn('sleep', ['60'])
  await terminate(child, 20_000)
  t.equal(child.signalCode, 'SIGTERM')
  t.ok(hasEnded(child))
  await terminate(child, 20_000)
})

t.test('deaf to SIGTERM', async t => {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM; echo deaf; sleep 60 & wait; wait'], { detached: true })
  await once(child.stdout, 'data')
  await terminate(child, 100)
  t.equal(child.signalCode, 'SIGKILL')
  process.kill(-(child.pid as number), 'SIGKILL')
})

t.test('our exit takes the child along', async t => {
  const program = `
    import { spawn } from 'node:child_process'
    import { killAtExit } from ${JSON.stringify(new URL('../../src/engine/kill.ts', import.meta.url).href)}
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    killAtExit(child)
    process.stdout.write(String(child.pid), () => process.exit(3))`
  const run = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', program], { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) })
  t.equal(run.status, 3, run.stderr)
  await until(() => !isAlive(Number(run.stdout)))
})
