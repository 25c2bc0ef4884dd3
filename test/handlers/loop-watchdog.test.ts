import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startLoopWatchdog } from '../../src/handlers/loop-watchdog.js'

const fixture = fileURLToPath(new URL('../fixtures/loop-watchdog/blocks.ts', import.meta.url))

/** Runs the fixture under the loader that this test runs under. */
async function run (...args: string[]): Promise<{ code: number | null, signal: string | null, output: string }> {
  const child = spawn(process.execPath, [...process.execArgv, fixture, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { output += chunk })
  const [code, signal] = await once(child, 'close') as [number | null, string | null]
  return { code, signal, output }
}

t.test('a blocked loop ends the process, and the line names the handler', async t => {
  const { signal, output } = await run('forever')
  t.equal(signal, 'SIGKILL')
  const line = JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, string>
  t.match(line, { level: 'fatal', service: 'test', handler: 'model m version 3', message: /the main loop stood still for 1500 ms; the last handler to run there was that of model m version 3/ })
})

t.test('a loop that is free again in time goes on', async t => {
  const { code, output } = await run('500')
  t.equal(code, 0)
  t.match(output, 'survived')
})

t.test('close ends the thread', async t => {
  const watchdog = startLoopWatchdog({})
  watchdog.enter('x'.repeat(2000))
  await watchdog.close()
  t.pass()
})
