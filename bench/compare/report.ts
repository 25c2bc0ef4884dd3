// The comparison's result as Markdown, with plots beside it. Pure.
import { svgOf, type Line } from '../plot.js'
import { loadNames, loadTitles } from './loads.js'
import { medianOf, minOf, names, windowsOf, type Result } from './result.js'
import { met, targets } from './targets.js'
import type { Window } from './window.js'

const number = (value: number, digits = 0): string => Number.isFinite(value) ? value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '–'
const ms = (value: number): string => number(value, value < 10 ? 2 : value < 100 ? 1 : 0)
const megabytes = (bytes: number): string => number(bytes / 2 ** 20)
const average = (load: readonly number[]): string => load.map(one => one.toFixed(1)).join(', ')

type Row = readonly (string | number)[]
const table = (head: Row, rows: readonly Row[]): string => [head, head.map((_, i) => i === 0 ? '---' : '---:'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')

const targetsTable = (result: Result): string => table(['', 'measured', 'target', ''], targets.map(target => {
  const { what, bound, unit } = target
  const figure = target.figure(result)
  const is = met(target, figure)
  return [what, is === undefined ? 'not measured' : `${number(figure!, 2)} ${unit}`, `${bound === 'least' ? '≥' : '≤'} ${target.target} ${unit}`, is === undefined ? '' : is ? 'met' : '**missed**']
}))

/** Requests with another answer than 200, or with none. */
const failed = (windows: readonly Window[]): number => windows.reduce((sum, window) => sum + window.failed, 0)

function closedTables (result: Result): string[] {
  return loadNames.flatMap(load => {
    const cells = result.cells.filter(cell => cell.load === load)
    if (cells.length === 0) return []
    const rows = cells.map(({ server, concurrency, windows }) => {
      const ratio = medianOf(windowsOf(result, names.gateway, load, concurrency), 'goodPerSecond') / medianOf(windows, 'goodPerSecond')
      return [
        concurrency, server, number(medianOf(windows, 'goodPerSecond')), server === names.gateway ? '' : `${number(ratio, 2)} ×`, `${ms(medianOf(windows, 'p50'))} / ${ms(medianOf(windows, 'p99'))}`,
        number(minOf(windows, 'frontMicros')), number(minOf(windows, 'behindMicros')), megabytes(medianOf(windows, 'rssBytes')), `${number(minOf(windows, 'generatorMicros'))} (${number(medianOf(windows, 'generatorShare') * 100)} %)`, failed(windows)
      ]
    })
    return [`### ${load}: ${loadTitles[load]}`, table(['c', 'server', 'good/s', 'Outrigger is', 'p50 / p99 ms', 'CPU µs in front', 'CPU µs model server', 'RSS MB in front', 'generator CPU µs', 'failed'], rows)]
  })
}

const ratesTable = ({ rates }: Result): string[] => rates.length === 0
  ? []
  : ['## Fixed rates', 'Tiny requests at a share of what each server does at c=64, each measured from the moment when it was due.', table(['server', 'share', 'due/s', 'p50 ms', 'p99 ms', 'longest ms', 'failed'], rates.map(({ server, share, perSecond, windows }) =>
      [server, `${share * 100} %`, number(perSecond), ms(medianOf(windows, 'p50')), ms(medianOf(windows, 'p99')), ms(medianOf(windows, 'max')), failed(windows)]))]

const besidesTable = ({ besides }: Result): string[] => besides.length === 0
  ? []
  : ['## Tiny requests in company', `${number(besides[0].perSecond)} tiny requests a second, a quarter of saturation, alone and beside something else.`, table(['beside', 'p50 alone', 'p50', 'p99 alone', 'p99', 'longest', 'failed'], besides.map(({ what, alone, beside }) =>
      [what, ms(medianOf(alone, 'p50')), ms(medianOf(beside, 'p50')), ms(medianOf(alone, 'p99')), ms(medianOf(beside, 'p99')), ms(medianOf(beside, 'max')), failed(beside)]))]

const overloadTable = ({ overloads }: Result): string[] => overloads.length === 0
  ? []
  : ['## Overload', 'Twice as many requests as it does at most; callers wait for 2 s and say so. Refused is 503 with Retry-After; other failures are deadlines that passed. Where less was offered than twice the best, the generator could not do more.', table(['load', 'best/s', 'offered/s', 'good/s', 'of the best', 'refused', 'other failures', 'wrong', 'p99 ms', 'RSS before, peak MB'], overloads.map(({ load, best, offered, window, rssBefore, rssPeak }) =>
      [load, number(best), number(offered), number(window.goodPerSecond), `${number(window.goodPerSecond / best * 100)} %`, window.refused, window.failed - window.refused, window.wrong, ms(window.p99), `${megabytes(rssBefore)}, ${megabytes(rssPeak)}`]))]

const killText = ({ kill }: Result): string[] => kill === undefined
  ? []
  : ['## Kill of the model server', `\`kill -9\` under ${number(kill.perSecond)} requests a second: of ${number(kill.window.sent)} requests ${kill.window.failed} failed and ${kill.window.wrong} were answered wrongly; the longest took ${ms(kill.window.max)} ms; ${kill.healthySeconds === undefined ? 'not healthy again within 45 s' : `healthy again after ${number(kill.healthySeconds, 2)} s`}. The drills (docs/drills.md) do this fifty times.`]

const plots: readonly { readonly file: string, readonly title: string, readonly label: string, readonly figure: 'goodPerSecond' | 'p99' }[] = [
  { file: 'benchmarks-throughput.svg', title: 'Tiny requests: answered per second', label: 'per second', figure: 'goodPerSecond' },
  { file: 'benchmarks-latency.svg', title: 'Tiny requests: p99', label: 'milliseconds', figure: 'p99' }
]

/** Lines over concurrency, one for each server. */
function linesOf ({ cells, servers }: Result, figure: 'goodPerSecond' | 'p99'): Line[] {
  return servers.map(({ name }) => ({ name, points: cells.filter(cell => cell.server === name && cell.load === 'tiny').map(({ concurrency, windows }) => ({ x: concurrency, y: medianOf(windows, figure) })) }))
}

/** Files by name: the plots that this result has points for. */
export const plotsOf = (result: Result): ReadonlyMap<string, string> => result.cells.some(({ load }) => load === 'tiny')
  ? new Map(plots.map(({ file, title, label, figure }) => [file, svgOf({ title, x: { label: 'requests at a time', logarithmic: true }, y: { label }, lines: linesOf(result, figure) })]))
  : new Map()

/** The whole of docs/benchmarks.md. */
export function reportOf (result: Result): string {
  const { machine, servers, notes, backend, quick, seconds, bareCallMs } = result
  const windows = Math.max(0, ...result.cells.map(cell => cell.windows.length))
  return [
    '# Benchmarks',
    'Written by `npm run bench`; how it measures stands at the end. Read the ratios of one run: absolute figures belong to the machine.',
    [
      `- ${machine.date.slice(0, 10)}, commit ${machine.commit}${quick ? ', `--quick`' : ''}; ${windows} windows of ${seconds} s for each figure of the closed loop`,
      `- ${machine.cores} × ${machine.cpu}, ${number(machine.memoryBytes / 2 ** 30)} GB, ${machine.kernel}, Node ${machine.node}; generator, gateway and model server on the same machine`,
      `- load average before ${average(machine.loadBefore)}, after ${average(machine.loadAfter)}${machine.loadBefore[0] > machine.cores / 2 ? ': **others worked on this machine meanwhile**' : ''}`,
      `- model server behind all: ${backend}`,
      ...machine.versions.map(version => `- ${version}`),
      ...notes.map(note => `- ${note}`)
    ].join('\n'),
    table(['server', 'configuration', 'RSS MB idle'], servers.map(({ name, configuration, idleBytes }) => [name, `\`${configuration}\``, megabytes(idleBytes)])),
    '## Targets',
    targetsTable(result),
    ...bareCallMs === undefined ? [] : [`One bare gRPC call to the model server: ${ms(bareCallMs)} ms (p50).`],
    ...result.cells.length === 0 ? [] : ['## Closed loop', 'So many requests at a time, each sent when another is answered. Throughput and latency are medians of the windows, CPU per good request the least of them.'],
    ...[...plotsOf(result).keys()].map(file => `![${plots.find(plot => plot.file === file)!.title}](${file})`),
    ...closedTables(result),
    ...ratesTable(result), ...besidesTable(result), ...overloadTable(result), ...killText(result),
    '## How it measures',
    `\`\`\`sh
npm run bench                                        # all, about half an hour
npm run bench -- --quick                             # few and short windows, a few minutes
npm run bench -- --only closed,rates --loads tiny    # parts and loads
npm run bench -- --tensorflow-model-server PATH      # the real server behind all, and its own REST beside
\`\`\``,
    [
      '- Every request has numbers of its own, and every answer is held against what its own request must get. A wrong answer ends the run. Before anything is measured, every server must answer each load rightly. Pictures are told apart by their grey (48 of them), base64 by its length (512).',
      '- The generator is a process of its own, on raw sockets that stay open. Its processor time is in the tables; where it comes near 100 % of a core, it is the generator that is measured.',
      '- Before the windows every server answers tiny requests until its code is compiled (20,000, or for five windows). Within a window all servers take turns, so that what else the machine does meets all alike. The first turn warms up too and does not count.',
      '- CPU and memory are those of the server in front with all its processes, without the model server behind it, which is counted apart. The Python servers share one model server; each gateway has one of its own of the same kind.',
      '- All servers write no access log. The Python servers (`bench/rivals/`) run with the best of a few numbers of workers and threads, which is looked for first (`--quick` takes one worker for each core).',
      '- The models are made by the bench: small graphs, so that what is measured is the way to the model.',
      '- A figure below its target stays in the table.'
    ].join('\n')
  ].join('\n\n') + '\n'
}
