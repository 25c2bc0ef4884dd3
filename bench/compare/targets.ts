// The targets of the request path, each with how its figure is read from a result. Pure. A ratio is taken within one run only.
import { medianOf, minOf, names, windowsOf, type Result } from './result.js'
import type { LoadName } from './loads.js'

export interface Target {
  readonly what: string
  /** `least`: the figure must not be lower; `most`: not higher. */
  readonly bound: 'least' | 'most'
  readonly target: number
  readonly unit: '×' | 'MB' | 'ms' | '%'
  /** NaN or undefined where it was not measured. */
  readonly figure: (result: Result) => number | undefined
}

const throughput = (result: Result, server: string, load: LoadName, concurrency: number): number => medianOf(windowsOf(result, server, load, concurrency), 'goodPerSecond')
const { gateway, tensorflow, floor } = names

const faster = (load: LoadName, concurrency: number, than: string, by: number): Target => ({
  what: `${load}, c=${concurrency}: throughput against ${than}`, bound: 'least', target: by, unit: '×',
  figure: result => throughput(result, gateway, load, concurrency) / throughput(result, than, load, concurrency)
})
const p99 = (concurrency: number, by: number): Target => ({
  what: `tiny, c=${concurrency}: p99 against ${tensorflow}`, bound: 'most', target: by, unit: '×',
  figure: result => medianOf(windowsOf(result, gateway, 'tiny', concurrency), 'p99') / medianOf(windowsOf(result, tensorflow, 'tiny', concurrency), 'p99')
})
const overJson = (load: LoadName, by: number): Target => ({
  what: `${load}, c=4: throughput against image as JSON over ${tensorflow}`, bound: 'least', target: by, unit: '×',
  figure: result => throughput(result, gateway, load, 4) / throughput(result, tensorflow, 'image', 4)
})
const half = (result: Result, server: string): number => medianOf(result.rates.find(rate => rate.server === server && rate.share === 0.5)?.windows ?? [], 'p99')
const megabytes = (bytes: number): number => bytes / 2 ** 20

export const targets: readonly Target[] = [
  faster('tiny', 64, tensorflow, 2.5), faster('tiny', 256, tensorflow, 3), faster('tiny', 16, tensorflow, 1.5),
  p99(64, 1), p99(256, 1), p99(16, 1.2),
  {
    what: `tiny, c=1: p50 against ${tensorflow}`, bound: 'most', target: 1.5, unit: '×',
    figure: result => medianOf(windowsOf(result, gateway, 'tiny', 1), 'p50') / medianOf(windowsOf(result, tensorflow, 'tiny', 1), 'p50')
  },
  { what: `tiny, half of saturation: p99 against ${tensorflow}`, bound: 'most', target: 1.2, unit: '×', figure: result => half(result, gateway) / half(result, tensorflow) },
  faster('medium', 8, tensorflow, 1.2), faster('image', 4, tensorflow, 1.5), overJson('raw', 5), overJson('jpeg', 10),
  ...[names.fastapi, names.flask].flatMap(rival => [faster('tiny', 64, rival, 10), faster('medium', 8, rival, 5)]),
  {
    what: `tiny, c=64: CPU per request against ${floor}`, bound: 'most', target: 1.3, unit: '×',
    figure: result => minOf(windowsOf(result, gateway, 'tiny', 64), 'frontMicros') / minOf(windowsOf(result, floor, 'tiny', 64), 'frontMicros')
  },
  faster('tiny', 256, floor, 0.6),
  {
    what: `tiny, c=1: p50 above ${floor} and one bare gRPC call`, bound: 'most', target: 0.1, unit: 'ms',
    figure: result => medianOf(windowsOf(result, gateway, 'tiny', 1), 'p50') - medianOf(windowsOf(result, floor, 'tiny', 1), 'p50') - (result.bareCallMs ?? NaN)
  },
  { what: 'overload at twice the capacity: goodput of the best', bound: 'least', target: 90, unit: '%', figure: ({ overloads }) => overloads.length === 0 ? NaN : Math.min(...overloads.map(one => one.window.goodPerSecond / one.best)) * 100 },
  { what: 'resident memory, idle', bound: 'most', target: 120, unit: 'MB', figure: ({ servers }) => megabytes(servers.find(({ name }) => name === gateway)?.idleBytes ?? NaN) },
  { what: 'resident memory under tiny requests, the most', bound: 'most', target: 180, unit: 'MB', figure: ({ cells }) => megabytes(Math.max(...cells.filter(({ server, load }) => server === gateway && load === 'tiny').flatMap(({ windows }) => windows.map(({ rssBytes }) => rssBytes)))) }
]

/** Whether a figure meets its target; undefined where there is none. */
export function met ({ bound, target }: Target, figure: number | undefined): boolean | undefined {
  if (figure === undefined || !Number.isFinite(figure)) return undefined
  return bound === 'least' ? figure >= target : figure <= target
}
