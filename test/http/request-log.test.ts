// http/request-log.ts: a logger that is made at its first line and then says what the request's own logger would.
import { Writable } from 'node:stream'
import { pino, type Logger } from 'pino'
import t from 'tap'
import { requestLog } from '../../src/http/request-log.js'

t.test('lines carry the bindings, also those of its children; nothing is made before the first one', async t => {
  const lines: unknown[] = []
  const parent = pino({ level: 'trace' }, new Writable({ write (chunk, _encoding, done) { lines.push(JSON.parse(String(chunk))); done() } }))
  let made = 0
  const counting = Object.assign(Object.create(parent) as Logger, { child: (...args: Parameters<Logger['child']>) => { made++; return parent.child(...args) } })
  const log = requestLog(counting, { request_id: 'r' }, {})
  t.equal(made, 0)
  for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[level]({ a: 1 }, 'text')
  t.match(lines, [10, 20, 30, 40, 50, 60].map(level => ({ level, request_id: 'r', a: 1, msg: 'text' })))
  log.child({ code: 'c' }).info('inner')
  t.match(lines.at(-1), { request_id: 'r', code: 'c', msg: 'inner' })
  log.level = 'error'
  log.info('unheard')
  t.equal(log.level, 'error')
  t.equal(lines.length, 7)
  t.equal(made, 1)
})
