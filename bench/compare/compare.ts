// The comparison: starts the servers, holds their answers against each other, measures them in turn. Prints nothing and writes no file.
import { loadavg } from 'node:os'
import { temporaryFolder, type Closing } from '../../test/e2e/service.js'
import { startGenerator } from '../load/load.js'
import { bareCallMs } from './bare-call.js'
import { loadNames, type LoadName } from './loads.js'
import { firstLine, machine } from './machine.js'
import { writeModels } from './models.js'
import { preparePython } from './python.js'
import { medianOf, names, windowsOf, type Cell, type Result } from './result.js'
import { besides, kill, overload, rates, type Means } from './scenarios.js'
import { rivals, startBackend, startFloor, startGateway, startRival, tensorflowRest, type Server } from './servers.js'
import { costsOf, measure } from './window.js'

export const parts = ['closed', 'rates', 'beside', 'overload', 'kill'] as const
export type Part = (typeof parts)[number]

export interface Wanted {
  readonly parts: readonly Part[]
  readonly loads: readonly LoadName[]
  readonly concurrencies: Readonly<Partial<Record<LoadName, readonly number[]>>>
  readonly windows: number
  readonly seconds: number
  readonly quick: boolean
  /** Whether the Python servers take part. */
  readonly rivals: boolean
  readonly tensorflow: string | undefined
  readonly say: (text: string) => void
}

/** Bodies of a megabyte are not sent by hundreds at a time. */
export const usualConcurrencies: Readonly<Record<LoadName, readonly number[]>> = { tiny: [1, 16, 64, 256], medium: [1, 8, 64], image: [1, 4, 16], raw: [1, 4, 16], jpeg: [1, 4, 16], base64: [1, 8, 64] }

/** Requests of each load that every server must answer rightly before anything is measured. */
const asked = 20

/** Starts what can be compared. What is missing is in `notes`. */
async function startAll (closing: Closing, { tensorflow, rivals: withRivals, quick, say }: Wanted, probe: (server: Server) => Promise<number>): Promise<{ servers: Server[], notes: string[], versions: string[], backend: string, socket: string }> {
  const repository = temporaryFolder(closing)
  writeModels(repository)
  const backend = await startBackend(closing, repository, tensorflow)
  const notes = tensorflow === undefined ? ["No tensorflow_model_server was given: the embedded model server stands behind all, and TensorFlow Serving's REST is not measured."] : []
  const servers: Server[] = [
    await startGateway(closing, repository, { name: names.gateway, tensorflow }),
    await startGateway(closing, repository, { name: names.unbatched, tensorflow, flags: ['--batching', 'off'] }),
    await startFloor(closing),
    ...tensorflow === undefined ? [] : [tensorflowRest(backend)]
  ]
  const versions = tensorflow === undefined ? [] : [firstLine(tensorflow, '--version')]
  const python = withRivals ? await preparePython(say) : 'it was not asked for'
  if (typeof python === 'string') notes.push(`The Python servers are not measured: ${python}.`)
  else {
    versions.push(python.versions)
    for (const candidates of rivals) {
      const tried: { server: Server, perSecond: number, end: () => Promise<void> }[] = []
      for (const candidate of quick ? candidates.slice(0, 1) : candidates) {
        const undo: (() => unknown)[] = []
        const server = await startRival({ teardown: one => { undo.push(one as () => unknown) } } as Closing, candidate, python, backend)
        const end = async (): Promise<void> => { for (const one of undo.splice(0)) await one() }
        closing.teardown(end)
        const perSecond = quick ? 0 : await probe(server)
        say(`${candidate.name}, ${candidate.configuration}${quick ? '' : `: ${Math.round(perSecond)}/s`}`)
        tried.push({ server, perSecond, end })
      }
      tried.sort((a, b) => b.perSecond - a.perSecond)
      for (const { end } of tried.slice(1)) await end()
      servers.push(tried[0].server)
    }
  }
  return { servers, notes, versions, backend: backend.name, socket: backend.socket }
}

/** Requests after which a server's code is compiled, and how many windows that may take. */
const warm = { requests: 20_000, windows: 5 }

/** Throws when a server answers otherwise than the others must. */
async function checkAnswers (means: Means, servers: readonly Server[], loads: readonly LoadName[]): Promise<void> {
  for (const server of servers) {
    for (const load of loads.filter(load => server.loads.includes(load))) {
      const { good, failures } = await measure(means.generator, server, { load, pace: { kind: 'closed', concurrency: 2 }, seconds: 60, requests: asked })
      if (good < asked) throw new Error(`${server.name} does not answer ${load} rightly: ${failures[0]?.text}`)
    }
  }
}

/** All windows of the closed loop: the servers take turns within each, so that what else the machine does meets all alike. */
async function closedCells (means: Means, servers: readonly Server[], { loads, concurrencies, say }: Wanted): Promise<Cell[]> {
  const cells = loads.flatMap(load => (concurrencies[load] ?? []).flatMap(concurrency => servers.filter(server => server.loads.includes(load)).map(server => ({ server, load, concurrency, windows: [] as Cell['windows'][number][] }))))
  for (let i = 0; i <= means.windows; i++) {
    say(i === 0 ? 'closed loop, warming up' : `closed loop, window ${i} of ${means.windows}`)
    for (const { server, load, concurrency, windows } of cells) {
      const window = await measure(means.generator, server, { load, pace: { kind: 'closed', concurrency }, seconds: i === 0 ? Math.min(1, means.seconds) : means.seconds })
      if (window.wrong > 0) throw new Error(`${server.name} answers ${load} wrongly: ${window.failures.find(({ kind }) => kind === 'wrong')?.text}`)
      if (i > 0) windows.push(window)
    }
  }
  return cells.map(cell => ({ ...cell, server: cell.server.name }))
}

/** Runs what is wanted; everything that it starts is ended by `closing`. Rejects when a server gives a wrong answer. */
export async function compare (closing: Closing, wanted: Wanted): Promise<Result> {
  const { seconds, windows, say } = wanted
  const loadBefore = loadavg()
  const [generator, second] = [startGenerator(), startGenerator()]
  for (const one of [generator, second]) closing.teardown(() => { one.close() })
  const means: Means = { generator, second, seconds, windows }
  const saturationOf = async (server: Server, concurrency = 64): Promise<number> => (await measure(generator, server, { load: 'tiny', pace: { kind: 'closed', concurrency }, seconds })).goodPerSecond
  const { servers, notes, versions, backend, socket } = await startAll(closing, wanted, async server => { await saturationOf(server); return await saturationOf(server) })
  const gateway = servers[0]
  const described = servers.map(server => ({ name: server.name, configuration: server.configuration, idleBytes: costsOf(server).front.rssBytes }))
  say('holding the answers against each other')
  await checkAnswers(means, servers, loadNames)
  say('warming up')
  for (const server of servers) await measure(generator, server, { load: 'tiny', pace: { kind: 'closed', concurrency: 64 }, requests: warm.requests, seconds: seconds * warm.windows })
  const wants = (part: Part): boolean => wanted.parts.includes(part)
  const cells = wants('closed') ? await closedCells(means, servers, wanted) : []
  const bareCall = wants('closed') ? await bareCallMs(socket, seconds) : undefined
  const best = async (server: Server, load: LoadName, concurrency: number): Promise<number> => {
    const known = windowsOf({ cells }, server.name, load, concurrency)
    return known.length > 0 ? medianOf(known, 'goodPerSecond') : (await measure(generator, server, { load, pace: { kind: 'closed', concurrency }, seconds })).goodPerSecond
  }
  const rateCells = []
  if (wants('rates')) {
    say('fixed rates')
    const compared = []
    for (const server of servers.filter(({ checked }) => checked)) compared.push({ server, saturation: await best(server, 'tiny', 64) })
    rateCells.push(...await rates(means, compared))
  }
  if (wants('beside')) say('tiny requests in company')
  const found = wants('beside') ? await besides(means, gateway, await best(gateway, 'tiny', 64) / 4) : []
  const overloads = []
  if (wants('overload')) {
    say('overload')
    overloads.push(await overload(means, gateway, 'tiny', await best(gateway, 'tiny', 256)), await overload(means, gateway, 'medium', await best(gateway, 'medium', 64)))
  }
  if (wants('kill')) say('kill of the model server')
  const killed = wants('kill') ? await kill(means, gateway, await best(gateway, 'tiny', 64) / 4) : undefined
  return { machine: machine(versions, loadBefore), quick: wanted.quick, seconds, backend, servers: described, notes, cells, rates: rateCells, besides: found, overloads, kill: killed, bareCallMs: bareCall }
}
