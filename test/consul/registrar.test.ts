// The pauses of the loop: growing after failures, long where asking often cannot help.
import { once, EventEmitter } from 'node:events'
import { pino } from 'pino'
import t from 'tap'
import { ConsulError, type ConsulAgent } from '../../src/consul/client.js'
import { Registrar } from '../../src/consul/registrar.js'

/** Runs the loop against an agent that fails with `status`, and gives the times between its tries in milliseconds. */
async function gaps (status: number | undefined, tries: number): Promise<number[]> {
  const asked = new EventEmitter()
  const stop = new AbortController()
  const moments: number[] = []
  const agent = {
    register: async () => {
      moments.push(performance.now())
      if (moments.length === tries) asked.emit('enough')
      throw new ConsulError('no', status)
    }
  } as unknown as ConsulAgent
  const options = {
    advertised: () => ({ serviceName: 's', tags: [], listening: { host: 'h', port: 1 }, version: '1', deregisterAfterMs: 900_000 }),
    ready: () => true, models: () => [], log: pino({ level: 'silent' }), metrics: { consulRegistered () {}, consulFailure () {} }, random: () => 0
  }
  const enough = once(asked, 'enough')
  const run = new Registrar(options, agent, { readyPollMs: 1, reconcileMs: 1, backoffMs: 4, maxBackoffMs: 40, callMs: 100, heartbeatMs: 1 }, stop.signal).run()
  // The loop holds no process alive; the test does.
  const alive = setInterval(() => {}, 1000)
  await enough
  stop.abort()
  await run
  clearInterval(alive)
  return moments.slice(1).map((moment, i) => moment - moments[i])
}

t.test('pauses double after failures', async t => {
  const [first, second, third, fourth] = await gaps(undefined, 5)
  t.ok(first >= 3 && second >= 7 && third >= 15 && fourth >= 31, `${[first, second, third, fourth].join(' ')}`)
})

t.test('what the agent refuses is asked for slowly from the start', async t => {
  for (const gap of await gaps(403, 3)) t.ok(gap >= 39, gap.toString())
})
