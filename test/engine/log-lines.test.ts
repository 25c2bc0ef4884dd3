// The child's output becomes records, however the chunks fall.
import t from 'tap'
import { keepAlive } from './fixture.js'
import { LogLines, type LogRecord } from '../../src/engine/log-lines.js'

function records (feed: (lines: LogLines) => void): LogRecord[] {
  const out: LogRecord[] = []
  const lines = new LogLines(record => out.push(record))
  feed(lines)
  lines.end()
  return out
}

const output = [
  'libcuda is not here',
  '2026-11-21 09:42:56.693917: I tensorflow_serving/model_servers/server_core.cc:481] Adding/updating models.',
  '2026-11-21 09:42:57.000001: W external/file.cc:1] config:',
  '  name: "m"',
  '',
  '  base: "b"',
  'I0000 00:00:1763718176.693917   12345 rocm.cc:20] absl',
  '2026-11-21 09:42:58.0: E a/b.cc:7] bad\r',
  '2026-11-21 09:42:59.5: F a/b.cc:8] ',
  '*** stack'
].join('\n')

const expected = [
  { level: 'info', source: undefined, time: undefined, text: 'libcuda is not here' },
  { level: 'info', source: 'tensorflow_serving/model_servers/server_core.cc:481', time: '2026-11-21 09:42:56.693917', text: 'Adding/updating models.' },
  { level: 'warn', source: 'external/file.cc:1', time: '2026-11-21 09:42:57.000001', text: 'config:\n  name: "m"\n\n  base: "b"' },
  { level: 'info', source: 'rocm.cc:20', time: '0000 00:00:1763718176.693917', text: 'absl' },
  { level: 'error', source: 'a/b.cc:7', time: '2026-11-21 09:42:58.0', text: 'bad' },
  { level: 'fatal', source: 'a/b.cc:8', time: '2026-11-21 09:42:59.5', text: '\n*** stack' }
]

t.test('levels, sources, continuation lines', async t => {
  t.same(records(lines => lines.feed(output)), expected)
  t.same(records(lines => { for (const char of output) lines.feed(char) }), expected, 'one character at a time')
})

t.test('a record is given out when no more lines come', async t => {
  keepAlive(t)
  const record = await new Promise<LogRecord>(resolve => new LogLines(resolve).feed('2026-11-21 09:42:58.0: I a.cc:7] alone\n'))
  t.equal(record.text, 'alone')
})

t.test('endless output keeps its memory bounded', async t => {
  const out = records(lines => { for (let i = 0; i < 100; i++) lines.feed('x'.repeat(10_000)) })
  for (const { text } of out) t.ok(text.length <= 64 * 1024)
  t.same(records(lines => lines.feed('\n\n \n')), [])
})
