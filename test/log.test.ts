// The level changes for loggers that were made before, and what stands under a secret's name never reaches a line.
import { Writable } from 'node:stream'
import t from 'tap'
import { createLog, type Log } from '../src/log.js'

function gathering (level: string): Log & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => { lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>); done() } })
  return { ...createLog(level, 'test', stream), lines }
}

t.test('a new level counts for the logger and its children', async t => {
  const { log, setLevel, lines } = gathering('warn')
  const child = log.child({ engine: 'embedded' }).child({ part: 'x' })
  child.info('quiet')
  setLevel('debug')
  child.debug('told')
  log.debug('told too')
  setLevel('error')
  child.warn('quiet')
  t.match(lines, [{ message: 'told', level: 'debug', engine: 'embedded' }, { message: 'told too' }])
  t.equal(lines.length, 2)
})

t.test('secrets by their names', async t => {
  const { log, lines } = gathering('info')
  log.info({ authorization: 'Bearer geheim', headers: { cookie: 'geheim' }, a: { b: { token: 'geheim' } } }, 'request')
  t.notMatch(JSON.stringify(lines), /geheim/)
})
