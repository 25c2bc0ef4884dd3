// Faults of the source: told once, and again when they come back.
import { pino } from 'pino'
import t from 'tap'
import { SourceFaults } from '../../src/repository/source-faults.js'

const bad = { model: 'm', required: true, reason: 'no version' }
const other = { model: 'n', required: false, reason: 'no version' }

function make (): { faults: SourceFaults, told: () => string[] } {
  const lines: string[] = []
  const faults = new SourceFaults(pino({ level: 'info', base: null, timestamp: false }, { write: (line: string) => { const { model, msg } = JSON.parse(line) as { model?: string, msg: string }; lines.push(`${model ?? ''}: ${msg}`) } }))
  return { faults, told: () => lines.splice(0) }
}

t.test('a fault is logged when it is new', async t => {
  const { faults, told } = make()
  faults.found([bad])
  t.same(told(), ['m: model cannot be served'])
  faults.found([bad, other])
  t.same(told(), ['n: model cannot be served'])
  t.same(faults.list(), [bad, other])
  faults.found([])
  t.same(faults.list(), [])
  faults.found([bad])
  t.same(told(), ['m: model cannot be served'])
})

t.test('a source that cannot be read keeps what is known of its models', async t => {
  const { faults, told } = make()
  faults.found([bad])
  told()
  faults.unreadable('EIO')
  faults.unreadable('EIO')
  t.same(told(), ['repository: the repository cannot be read; what is loaded serves on'])
  t.same(faults.list(), [bad, { model: 'repository', required: false, reason: 'EIO' }])
  faults.found([bad])
  t.same(told(), [': the repository can be read again'])
  t.same(faults.list(), [bad])
})
