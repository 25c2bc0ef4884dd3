// What one gateway goes through besides windows at a constant concurrency: rates, company, overload, a model server that dies. Knows no table.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../test/e2e/service.js'
import type { Generator } from '../load/load.js'
import type { LoadName } from './loads.js'
import type { Beside, Kill, Overload, RateCell } from './result.js'
import type { Server } from './servers.js'
import { costsOf, fire, measure, type Window } from './window.js'

/** `second` stands beside `generator`, in a process of its own. */
export interface Means { readonly generator: Generator, readonly second: Generator, readonly seconds: number, readonly windows: number }

const shares = [0.25, 0.5, 0.75]
/** More under way than this is not a matter of milliseconds any more. */
const atMost = 4000

/** Fixed rates of tiny requests at shares of what each server does at most, the servers in turn. */
export async function rates ({ generator, seconds, windows }: Means, servers: readonly { readonly server: Server, readonly saturation: number }[]): Promise<RateCell[]> {
  const cells = servers.flatMap(({ server, saturation }) => shares.map(share => ({ server, share, perSecond: saturation * share, windows: [] as Window[] })))
  for (let i = 0; i < windows; i++) {
    for (const { server, perSecond, windows } of cells) windows.push(await measure(generator, server, { load: 'tiny', pace: { kind: 'rate', perSecond, atMost }, seconds }))
  }
  return cells.map(({ server, ...cell }) => ({ ...cell, server: server.name }))
}

/** Puts something beside the tiny requests, until it is told to stop. */
type Company = (server: Server, means: Means) => Promise<() => Promise<void>>

const images: Company = async (server, { second }) => {
  const load = await fire(second, server, { load: 'image', pace: { kind: 'closed', concurrency: 2 } })
  return async () => { await load.stop() }
}

/** Callers that send a picture of 1.4 MB at some bytes a second. */
const slowCallers: Company = async ({ target }) => {
  const body = Buffer.alloc(1_400_000, ' ')
  const sockets = Array.from({ length: 50 }, () => {
    const socket = connect(target)
    socket.on('error', () => {})
    socket.write(`POST /v1/models/image:predict HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`)
    return socket
  })
  let at = 0
  const timer = setInterval(() => { for (const socket of sockets) socket.write(body.subarray(at, at + 1000)); at += 1000 }, 50)
  return async () => {
    clearInterval(timer)
    for (const socket of sockets) socket.destroy()
  }
}

/** One body of 60 MB of numbers after the other, sent as fast as it is taken. */
const giantBodies: Company = async ({ target }) => {
  const body = Buffer.from(`{"instances":[${'1.5,'.repeat(15_000_000)}1.5]}`)
  let over = false
  const sending = (async () => {
    while (!over) {
      const socket = connect(target)
      socket.on('error', () => {})
      socket.resume()
      socket.write(`POST /v1/models/tiny:predict HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`)
      socket.write(body)
      await once(socket, 'close')
    }
  })()
  return async () => {
    over = true
    await sending
  }
}

const companies: Readonly<Record<string, Company>> = { 'pictures as JSON (1.4 MB, c=2)': images, '50 callers that send 20 KB a second': slowCallers, 'bodies of 60 MB': giantBodies }

/** Tiny requests at a fixed rate, alone and beside each company in turn. */
export async function besides (means: Means, server: Server, perSecond: number): Promise<Beside[]> {
  const { generator, seconds, windows } = means
  const tiny = async (): Promise<Window> => await measure(generator, server, { load: 'tiny', pace: { kind: 'rate', perSecond, atMost }, seconds })
  const found: Beside[] = []
  for (const [what, company] of Object.entries(companies)) {
    const [alone, beside]: [Window[], Window[]] = [[], []]
    for (let i = 0; i < windows; i++) {
      alone.push(await tiny())
      const end = await company(server, means)
      beside.push(await tiny())
      await end()
    }
    found.push({ what, perSecond, alone, beside })
  }
  return found
}

/** What callers wait for in overload, at most. */
const patienceMs = 2000

/** Twice as many as the server does at most. */
export async function overload ({ generator, seconds }: Means, server: Server, load: LoadName, best: number): Promise<Overload> {
  const rssBefore = costsOf(server).front.rssBytes
  let rssPeak = rssBefore
  const looking = setInterval(() => { rssPeak = Math.max(rssPeak, costsOf(server).front.rssBytes) }, 200)
  const window = await measure(generator, server, { load, pace: { kind: 'rate', perSecond: best * 2, atMost }, seconds: seconds * 3, deadlineMs: patienceMs * 2, timeoutMs: patienceMs })
  clearInterval(looking)
  return { load, best, offered: window.sent / (seconds * 3), window, rssBefore, rssPeak }
}

/** `kill -9` of the model server under requests at a fixed rate. */
export async function kill ({ generator, seconds }: Means, server: Server, perSecond: number): Promise<Kill> {
  const running = measure(generator, server, { load: 'tiny', pace: { kind: 'rate', perSecond, atMost }, seconds: seconds * 3 + 2 })
  await sleep(seconds * 1000)
  const pid = server.behind()!
  process.kill(pid, 'SIGKILL')
  const at = performance.now()
  const healthy = until('it is healthy again', async () => {
    const answer = await fetch(`http://${server.target.host}:${server.target.port}/health/ready`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.status === 200 && server.behind() !== undefined && server.behind() !== pid ? performance.now() : undefined
  }).catch(() => undefined)
  const healthyAt = await healthy
  return { perSecond, window: await running, healthySeconds: healthyAt === undefined ? undefined : (healthyAt - at) / 1000 }
}
