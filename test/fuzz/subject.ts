// The service under fire: starts it with the fuzzed models, knows its right answers and its processes' memory. No tests here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { collectGarbage, collectOnSignal, modelsFolder, start, temporaryFolder, type EngineUnderTest, type Running } from '../e2e/service.js'
import type { Document } from '../helpers/openapi.js'
import { writeModels } from './models.js'
import { validRequests, type Request } from './requests.js'

export interface Subject {
  readonly service: Running
  readonly document: Document
  readonly valid: readonly Request[]
  /** What differs from the answers of the beginning; '' when nothing does. */
  readonly drift: () => Promise<string>
  /** Resident memory in bytes of the service and of its model servers, once it has settled. */
  readonly settledMemory: () => Promise<Memory>
  /** Why this is not the same healthy service any more; undefined when it is. */
  readonly harm: () => Promise<string | undefined>
}

export interface Memory { readonly service: number, readonly child: number }

/** How long memory is watched; its lowest value in that time counts. */
const settleSeconds = 45

const pictures = join(modelsFolder, 'digits', '1', 'examples')

/** Requests whose answers are compared. */
const known: readonly (readonly [path: string, body: string, type: string])[] = [
  ['/models/titanic/evaluate', '{"fare": 7, "sex": "male", "embarked": "Q", "pclass": "3", "age": 27}', 'application/json'],
  ['/models/half_plus_two/labels/plain/evaluate', '{"x": [1, 2, 5]}', 'application/json'],
  ['/models/half_plus_two/evaluate', '{"x": 1, "unit": "m"}', 'application/json'],
  ['/models/text/evaluate', 'grüezi', 'text/plain'],
  ['/models/grid/evaluate', '{"g": [[1, 2]]}', 'application/json'],
  ['/v1/models/half_plus_two:predict', '{"instances": [1, 2, 5]}', 'application/json'],
  ['/v1/models/examples:regress', '{"examples": [{"x": 1.5}]}', 'application/json']
]

/** The resident set of a process; 0 where the system does not tell. */
function residentBytes (pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

async function answers (service: Running): Promise<string> {
  const picture = await service.post('/models/digits/evaluate', readFileSync(join(pictures, 'five-82x59.png')), { 'content-type': 'image/png' })
  const others = await Promise.all(known.map(async ([path, body, type]) => await service.post(path, body, { 'content-type': type })))
  return [picture, ...others].map(({ status, text }) => `${status} ${text}`).join('\n')
}

/** Starts it and waits until it is ready. */
export async function startSubject (t: Test, engine: EngineUnderTest): Promise<Subject> {
  const models = temporaryFolder(t)
  writeModels(models, modelsFolder)
  const service = await start(t, { engine, models, flags: ['--default-model', 'titanic', '--body-limit', '8MiB'], env: { OUTRIGGER_LOG_REQUESTS: 'false', ...collectOnSignal } })
  const document = (await service.call('/openapi.json')).json as Document
  const first = await answers(service)
  // A model server may not implement an API (501).
  if (/^(?!200 |501 )\d{3} /m.test(first)) throw new Error(`the service does not answer what is valid:\n${first}`)
  const children = service.children()
  const memory = (): Memory => ({ service: residentBytes(service.pid), child: service.children().reduce((sum, pid) => sum + residentBytes(pid), 0) })
  return {
    service,
    document,
    valid: validRequests(document as unknown as Parameters<typeof validRequests>[0], pictures),
    drift: async () => {
      const now = await answers(service)
      return now === first ? '' : `valid requests were answered\n${first}\nand are answered\n${now}`
    },
    settledMemory: async () => {
      // Idle threads are given up after half a minute, and what a garbage collection frees goes back to the system some seconds later.
      let lowest = memory()
      for (let seconds = 0; seconds < settleSeconds; seconds++) {
        collectGarbage(service)
        await sleep(1000)
        const now = memory()
        lowest = { service: Math.min(lowest.service, now.service), child: Math.min(lowest.child, now.child) }
      }
      return lowest
    },
    harm: async () => {
      if (service.process.exitCode !== null || service.process.signalCode !== null) return `the service ended: ${service.stderr()}`
      if (service.children().join() !== children.join()) return `its model servers were ${children.join()} and are ${service.children().join()}`
      const { status, text } = await service.call('/health')
      if (status !== 200) return `/health answers ${status} ${text}`
      const line = service.lines.find(one => one.level === 'error' || one.level === 'fatal' || 'unreadable' in one)
      return line === undefined ? undefined : `the log says ${JSON.stringify(line).slice(0, 1500)}`
    }
  }
}
