// The benchmarks, a program: npm run bench -- [--quick] [--only PARTS] [--loads LOADS] [--windows N] [--seconds S] [--no-rivals] [--tensorflow-model-server PATH] [--out FOLDER]. Writes benchmarks.md, its plots and the figures as JSON.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { closeAfter } from './closing.js'
import { compare, parts, usualConcurrencies } from './compare/compare.js'
import { loadNames } from './compare/loads.js'
import { plotsOf, reportOf } from './compare/report.js'
import { root } from '../test/e2e/service.js'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, only: { type: 'string' }, loads: { type: 'string' }, windows: { type: 'string' }, seconds: { type: 'string' },
    'no-rivals': { type: 'boolean', default: false }, 'tensorflow-model-server': { type: 'string' }, out: { type: 'string' }
  }
})
const refuse = (why: string): never => {
  process.stderr.write(`${why}\n`)
  process.exit(2)
}
const numberOf = (flag: string, text: string): number => Number(text) > 0 ? Number(text) : refuse(`--${flag} takes a number above 0`)
const chosen = <T extends string>(flag: string, known: readonly T[], text: string | undefined): readonly T[] =>
  text === undefined ? known : text.split(',').map(word => known.find(one => one === word) ?? refuse(`--${flag} takes ${known.join(', ')}, separated by commas`))

const { quick } = values
const folder = values.out ?? join(root, 'docs')
mkdirSync(folder, { recursive: true })
const result = await closeAfter(async closing => await compare(closing, {
  parts: chosen('only', parts, values.only),
  loads: chosen('loads', loadNames, values.loads),
  concurrencies: usualConcurrencies,
  windows: Math.ceil(numberOf('windows', values.windows ?? (quick ? '3' : '5'))),
  seconds: numberOf('seconds', values.seconds ?? (quick ? '1' : '3')),
  quick,
  rivals: !values['no-rivals'],
  tensorflow: values['tensorflow-model-server'],
  say: text => { process.stderr.write(`${text}\n`) }
}))

/** Whole or not at all. */
const write = (name: string, text: string): void => {
  writeFileSync(join(folder, `.tmp-${name}`), text)
  renameSync(join(folder, `.tmp-${name}`), join(folder, name))
}
for (const [name, svg] of plotsOf(result)) write(name, svg)
const report = reportOf(result)
write('benchmarks.md', report)
if (values.out !== undefined) write('benchmarks.json', `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(`${report}\nwritten to ${folder}\n`)
