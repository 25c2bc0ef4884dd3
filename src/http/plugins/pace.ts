// While the event loop has no moment to spare, takes no more requests at a time than it answers well: connections beyond that wait unread, each for its turn. Refuses nobody.
import { Socket } from 'node:net'
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the event loop had no moment to spare of late. */
    loopIsBusy: () => boolean
  }
}

export interface PaceOptions {
  /** Requests that are being answered at a time while the loop is busy. */
  readonly requestsAtATime?: number
  /** The share of the time since the last call in which the loop was busy. */
  readonly busyShare?: () => number
}

/** Above what the best throughput needs. */
const usualRequestsAtATime = 256
/** From this share on the loop is what requests wait for, until it falls below the other one. */
const busyFrom = 0.9
const idleBelow = 0.5
const lookEveryMs = 20
/** Looks that one measurement of the loop lasts. */
const looksOfAMeasurement = 5

function measureLoop (): () => number {
  let last: EventLoopUtilization | undefined
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = last === undefined ? now : performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

/**
 * A request that was read and waits costs memory which each collection of the young generation copies, so that with thousands of them an answer costs twice as much
 * (bench/micro/batching.mjs); one that waits in its connection costs nothing, and both wait for the same loop. Where the loop has time, whatever requests wait for,
 * nobody is held up here. New connections are always read.
 */
export default fp(async function pace (app: FastifyInstance, { requestsAtATime = usualRequestsAtATime, busyShare = measureLoop() }: PaceOptions) {
  /** Oldest first; none of them is read. */
  const held: Socket[] = []
  let underWay = 0
  let isBusy = false
  let closing = false
  let looks = 0

  function readOn (count: number): void {
    for (const socket of held.splice(0, count)) socket.resume()
  }

  const timer = setInterval(() => {
    if (++looks % looksOfAMeasurement === 0) isBusy = busyShare() >= (isBusy ? idleBelow : busyFrom)
    if (held.length > 0) readOn(isBusy ? 1 : requestsAtATime)
  }, lookEveryMs).unref()

  app.decorate('loopIsBusy', () => isBusy)
  app.addHook('onRequest', (_request, _reply, done) => {
    underWay++
    done()
  })
  app.requestEnds.push(({ raw: { socket } }) => {
    underWay--
    if (!isBusy || closing || underWay < requestsAtATime || socket.destroyed || !(socket instanceof Socket)) {
      if (held.length > 0 && underWay < requestsAtATime) readOn(1)
      return
    }
    socket.pause()
    held.push(socket)
  })
  // What waits in them is read before the server closes (plugins/drain.ts).
  app.addHook('preClose', async () => {
    closing = true
    readOn(held.length)
  })
  app.addHook('onClose', async () => { clearInterval(timer) })
}, { name: 'pace', dependencies: ['request-context'] })
