// What came of reading the settings anew stands in the log and in the journal, with who asked.
import t from 'tap'
import type { ChangeNews } from '../../src/changes/journal.js'
import { settingsReloader } from '../../src/changes/settings.js'
import type { Reloaded } from '../../src/config/reload.js'

function telling (): { reload: ReturnType<typeof settingsReloader>, news: ChangeNews[], lines: unknown[][], next: { of: () => Reloaded } } {
  const news: ChangeNews[] = []
  const lines: unknown[][] = []
  const next = { of: (): Reloaded => ({ applied: [], waiting: [] }) }
  const note = (level: string) => (...line: unknown[]): void => { lines.push([level, ...line]) }
  const log = { info: note('info'), warn: note('warn'), error: note('error') } as never
  return { reload: settingsReloader({ settings: { reload: () => next.of() }, log, journal: { add: one => { news.push(one) } } }), news, lines, next }
}

const limit = { key: 'quotaRequests', setting: 'quota_requests', from: null, to: '3' } as const
const port = { key: 'port', setting: 'port', from: '1', to: '2' } as const

t.test('what changed, what waits, by whom', async t => {
  const { reload, news, lines, next } = telling()
  next.of = () => ({ applied: [limit], waiting: [port] })
  t.same(reload('SIGHUP'), [limit])
  t.same(news, [
    { what: 'setting-changed', setting: 'quota_requests', from: null, to: '3', by: 'SIGHUP' },
    { what: 'setting-waiting', setting: 'port', from: '1', to: '2', by: 'SIGHUP', reason: 'it comes into force with the next start' }
  ])
  t.match(lines, [['info', { setting: 'quota_requests', by: 'SIGHUP' }], ['warn', { setting: 'port' }]])
  next.of = () => ({ applied: [], waiting: [port] })
  reload('SIGHUP')
  t.equal(news.length, 2, 'what waits is in the journal once')
  next.of = () => ({ applied: [], waiting: [{ ...port, to: '3' }] })
  reload('SIGHUP')
  t.equal(news.length, 3)
})

t.test('faults', async t => {
  const { reload, news, lines, next } = telling()
  next.of = () => { throw new Error('a is wrong\nb is wrong') }
  t.same(reload('SIGHUP'), [])
  t.same(news, [{ what: 'settings-refused', by: 'SIGHUP', reason: 'a is wrong\nb is wrong' }])
  t.match(lines, [['error', { faults: ['a is wrong', 'b is wrong'] }]])
})
