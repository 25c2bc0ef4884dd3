// The soak, a program: npm run soak -- [--requests N | --minutes M] [--rate 500] [--engine embedded|fixture] [--out FOLDER]. Mixed traffic while versions switch and the model server restarts; memory over time as a table and a plot.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { closeAfter } from './closing.js'
import { runDrill, soakDrill } from './drill/drills.js'
import { drillEngines } from './drill/subject.js'
import { memoryTable, tableOf } from './drill/table.js'
import { svgOf } from './plot.js'

const { values } = parseArgs({
  options: { requests: { type: 'string' }, minutes: { type: 'string' }, rate: { type: 'string', default: '500' }, engine: { type: 'string', default: 'embedded' }, out: { type: 'string' }, pause: { type: 'string', default: '2' } }
})
const numberOf = (flag: string, text: string): number => {
  if (Number(text) > 0) return Number(text)
  process.stderr.write(`--${flag} takes a number above 0\n`)
  process.exit(2)
}
const rate = numberOf('rate', values.rate)
const seconds = values.requests === undefined ? numberOf('minutes', values.minutes ?? '60') * 60 : numberOf('requests', values.requests) / rate
if (!Object.hasOwn(drillEngines, values.engine)) {
  process.stderr.write(`--engine takes ${Object.keys(drillEngines).join(' or ')}\n`)
  process.exit(2)
}
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'outrigger-soak-'))
mkdirSync(folder, { recursive: true })

const result = await closeAfter(async closing => await runDrill('soak', [soakDrill(seconds, numberOf('pause', values.pause) * 1000)], closing, {
  engine: values.engine, pace: { kind: 'rate', perSecond: rate }, settleSeconds: 10,
  onEvent: ({ what, at, healthyAt }) => { process.stderr.write(`${new Date(at).toISOString()} ${what}, ${healthyAt === undefined ? 'not healthy again' : `${((healthyAt - at) / 1000).toFixed(2)} s`}\n`) }
}))
const { during } = result.memory!
const table = `${tableOf(result)}\n${memoryTable(during)}`
const begun = during[0].at
const line = (name: string, key: 'service' | 'heap' | 'child'): { name: string, points: { x: number, y: number }[] } =>
  ({ name, points: during.map(one => ({ x: (one.at - begun) / 60_000, y: one[key] / 2 ** 20 })) })
writeFileSync(join(folder, 'soak.txt'), table)
writeFileSync(join(folder, 'soak.json'), `${JSON.stringify(result, null, 2)}\n`)
writeFileSync(join(folder, 'memory.svg'), svgOf({
  title: `Memory over ${result.requests} requests and ${result.events} switches, restarts and replacements (${values.engine})`,
  x: { label: 'minutes' }, y: { label: 'MB' }, lines: [line('service, resident', 'service'), line('service, heap', 'heap'), line('model server, resident', 'child')]
}))
process.stdout.write(`${table}\n  load average ${loadavg().map(one => one.toFixed(1)).join(', ')}; table, figures and plot are in ${folder}\n`)
process.exitCode = result.faults.length === 0 ? 0 : 1
