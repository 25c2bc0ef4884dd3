// joined-lines.ts: the lines of a turn in one write, in their order, and none lost when the process ends.
import { execFile } from 'node:child_process'
import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import t from 'tap'
import { joinLines } from '../src/joined-lines.js'

function gathering (): { log: pino.Logger, writes: string[][] } {
  const writes: string[][] = []
  const log = pino({ level: 'debug' }, joinLines({ write: text => { writes.push(text.trimEnd().split('\n').map(line => (JSON.parse(line) as { msg: string }).msg)) } }))
  return { log, writes }
}

t.test('the lines of one turn go together', async t => {
  const { log, writes } = gathering()
  log.info('a')
  log.child({ part: 1 }).debug('b')
  t.same(writes, [])
  await turn()
  t.same(writes, [['a', 'b']])
  log.info('c')
  await turn()
  t.same(writes, [['a', 'b'], ['c']])
  await turn()
  t.equal(writes.length, 2)
})

t.test('warnings and worse go at once, with what came before them', async t => {
  const { log, writes } = gathering()
  log.info('a')
  log.warn('b')
  log.error('c')
  log.info('d')
  t.same(writes, [['a', 'b'], ['c']])
  await turn()
  t.same(writes, [['a', 'b'], ['c'], ['d']])
})

t.test('a turn of many lines keeps no more than its bound', async t => {
  const { log, writes } = gathering()
  for (let i = 0; i < 100; i++) log.info(`${i}${'x'.repeat(2000)}`)
  t.ok(writes.length > 1)
  await turn()
  t.equal(writes.flat().length, 100)
})

t.test('nothing is lost when the process ends', async t => {
  const program = (end: string): string => `
    import { createLog } from ${JSON.stringify(new URL('../src/log.js', import.meta.url).href)}
    const { log } = createLog('info', 'test')
    process.on('exit', () => log.info('three'))
    log.info('one')
    log.info('two')
    ${end}`
  const ends = ['process.exit(0)', 'throw new Error("x")']
  const said = await Promise.all(ends.map(async end => await new Promise<string>(resolve => {
    execFile(process.execPath, [...process.execArgv, '--input-type=module', '-e', program(end)], { env: process.env }, (_error, stdout) => { resolve(stdout) })
  })))
  for (const [i, out] of said.entries()) t.same(out.trimEnd().split('\n').map(line => (JSON.parse(line) as { message: string }).message), ['one', 'two', 'three'], ends[i])
})
