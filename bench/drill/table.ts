// A drill's result as text for people. Pure.
import type { DrillResult, Memories, Spread } from './result.js'
import type { Memory } from './watch.js'

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
const seconds = ({ min, median, max }: Spread): string => `${min.toFixed(2)} / ${median.toFixed(2)} / ${max.toFixed(2)} s`
const ms = (value: number): string => Number.isNaN(value) ? '-' : value.toFixed(1)

const memoryLine = (when: string, { service, child, heap }: Memory): [string, string] => [`memory ${when}`, `service ${megabytes(service)} MB, its heap ${megabytes(heap)} MB; model server ${megabytes(child)} MB`]

const memoryLines = ({ before, half, after }: Memories): [string, string][] => [
  memoryLine('before', before), ...half === undefined ? [] : [memoryLine('after half', half)], memoryLine('after', after)
]

/** Lines of `name   value`, the heading first. */
export function tableOf (result: DrillResult): string {
  const { all, duringEvents, betweenEvents, healthySeconds, memory, slopes } = result
  const rows: [string, string][] = [
    ['events', String(result.events)],
    ['requests', `${result.requests} (${result.perSecond.toFixed(0)}/s, ${result.connections} connections)`],
    ['failed / wrong', `${result.failed} / ${result.wrong}`],
    ['all requests', `p50 ${ms(all.p50)} ms, p99 ${ms(all.p99)} ms, longest ${ms(all.max)} ms`],
    ['during events', `p50 ${ms(duringEvents.p50)} ms, p99 ${ms(duringEvents.p99)} ms, longest ${ms(duringEvents.max)} ms (${duringEvents.count} requests)`],
    ['between events', `p50 ${ms(betweenEvents.p50)} ms, p99 ${ms(betweenEvents.p99)} ms, longest ${ms(betweenEvents.max)} ms`],
    ...healthySeconds === undefined ? [] : [['until healthy', `${seconds(healthySeconds)} (min / median / max)`] as [string, string]],
    ...result.health.map(({ what, times, longestSeconds }): [string, string] => ['/health said', `${what}; ${times} times, longest ${longestSeconds.toFixed(2)} s`]),
    ['/changes told', result.changes.map(({ what, times }) => `${what} ${times}`).join(', ')],
    ...memory === undefined ? [] : memoryLines(memory),
    ...slopes === undefined ? [] : [['slope, 2nd half', `service ${megabytes(slopes.service)}, its heap ${megabytes(slopes.heap)}, model server ${megabytes(slopes.child)} MB per minute`] as [string, string]],
    ...result.faults.map((fault): [string, string] => ['FAULT', fault])
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [`${result.drill} on ${result.engine}: ${result.faults.length === 0 ? 'passed' : 'FAILED'}`, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), ''].join('\n')
}

/** Memory at ten moments, a row each: minutes since the first, then megabytes. */
export function memoryTable (memories: readonly Memory[]): string {
  const count = Math.min(11, memories.length)
  const rows = Array.from({ length: count }, (_, i) => memories[Math.round(i * (memories.length - 1) / Math.max(1, count - 1))])
  const line = (cells: readonly string[]): string => `  ${cells.map(cell => cell.padStart(14)).join('')}`
  return [line(['minutes', 'service', 'its heap', 'model server']), ...rows.map(({ at, service, heap, child }) => line([((at - memories[0].at) / 60_000).toFixed(1), megabytes(service), megabytes(heap), megabytes(child)])), ''].join('\n')
}
