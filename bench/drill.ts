// The drills, a program: npm run drill -- [switches|kills|replacements|sigterm|all] [--engine embedded|fixture] [--rate 500] [--events N] [--json]. Prints a table for each; ends with 1 when one did not pass.
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { drills, runDrill } from './drill/drills.js'
import type { DrillResult } from './drill/result.js'
import { drillEngines } from './drill/subject.js'
import { tableOf } from './drill/table.js'
import { closeAfter } from './closing.js'

type DrillName = keyof typeof drills
const drillNames = Object.keys(drills) as DrillName[]
/** What the service promises is held by so many. (The memory of the embedded model server comes to rest after some hundred switches.) */
const usual: Readonly<Record<DrillName, number>> = { switches: 250, kills: 50, replacements: 5, sigterm: 5 }
/** Until threads without work have ended and what was collected is given back. */
const settleSeconds = 10

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' }, rate: { type: 'string', default: '500' }, events: { type: 'string' }, json: { type: 'boolean', default: false } }
})
const refuse = (why: string): never => {
  process.stderr.write(`${why}\n`)
  process.exit(2)
}
const asked = positionals.length === 0 || positionals.includes('all') ? drillNames : positionals.map(name => drillNames.find(one => one === name) ?? refuse(`there is no drill ${name}; there are ${drillNames.join(', ')} and all`))
const engines = values.engine === undefined ? Object.keys(drillEngines) : [Object.hasOwn(drillEngines, values.engine) ? values.engine : refuse(`--engine takes ${Object.keys(drillEngines).join(' or ')}`)]
const numberOf = (flag: string, text: string): number => Number(text) > 0 ? Number(text) : refuse(`--${flag} takes a number above 0`)
const rate = numberOf('rate', values.rate)
const events = values.events === undefined ? undefined : Math.ceil(numberOf('events', values.events))

const results: DrillResult[] = []
for (const engine of engines) {
  for (const name of asked) {
    let done = 0
    const count = events ?? usual[name]
    const result = await closeAfter(async closing => await runDrill(name, drills[name](count, Math.random), closing, {
      engine, pace: { kind: 'rate', perSecond: rate }, settleSeconds, onEvent: ({ what, at, healthyAt }) => { process.stderr.write(`${name} ${++done}/${count}: ${what}, ${healthyAt === undefined ? 'not healthy again' : `${((healthyAt - at) / 1000).toFixed(2)} s`}\n`) }
    }))
    results.push(result)
    if (!values.json) process.stdout.write(`${tableOf(result)}  load average ${loadavg().map(one => one.toFixed(1)).join(', ')}\n\n`)
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
process.exitCode = results.every(({ faults }) => faults.length === 0) ? 0 : 1
