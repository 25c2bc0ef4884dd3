// The generator, a process of its own: gets one plan after the other, sends, tells what became of each request. Knows no service.
import { get } from 'node:http'
import { Connections } from './connections.js'
import { startPace } from './pace.js'
import type { Balancer, Failure, FromGenerator, Plan, ToGenerator } from './plan.js'
import { Shooter } from './shooter.js'
import type { TrafficModule } from './traffic.js'

/** How often it tells. */
const tellEveryMs = 100
/** Failures whose texts are kept. */
const maxFailures = 1000

const tell = (message: FromGenerator): Promise<void> => new Promise(resolve => { process.send!(message, () => resolve()) })

/** Asks as a load balancer does; calls `out` once it takes the service out. Returns what ends it. */
function balance ({ path, everyMs, failures, timeoutMs }: Balancer, { host, port }: Plan['target'], out: () => void): () => void {
  let inRow = 0
  const count = (good: boolean): void => {
    inRow = good ? 0 : inRow + 1
    if (inRow === failures) out()
  }
  const timer = setInterval(() => {
    const asked = get({ host, port, path, agent: false, timeout: timeoutMs }, answer => { answer.resume(); count(answer.statusCode === 200) })
    asked.on('timeout', () => { asked.destroy(new Error('late')) })
    asked.on('error', () => count(false))
  }, everyMs)
  return () => clearInterval(timer)
}

/** What the plan under way is told; nothing while there is none. */
let hear: (message: ToGenerator) => void = () => {}

async function generate (plan: Plan): Promise<void> {
  const { default: trafficOf } = await import(plan.traffic) as { default: TrafficModule<unknown> }
  const connections = new Connections(plan.target)
  const shooter = new Shooter(await trafficOf(plan.options), connections, plan)
  const epoch = Date.now() - performance.now()
  let dueAt: number[] = []
  let tookMs: number[] = []
  let told: Failure[] = []
  const count = { failed: 0, wrong: 0 }
  let refused = 0
  let balancedOutAt: number | undefined

  const flush = async (): Promise<void> => {
    if (dueAt.length === 0) return
    const batch = { kind: 'batch', dueAt: Float64Array.from(dueAt), tookMs: Float32Array.from(tookMs), failures: told } as const
    dueAt = []
    tookMs = []
    told = []
    await tell(batch)
  }
  const flusher = setInterval(() => { void flush() }, tellEveryMs)

  const usedBefore = process.cpuUsage()
  const pacer = startPace(plan.pace, (index, due, done) => {
    shooter.shoot(index, ({ failure }) => {
      dueAt.push(epoch + due)
      tookMs.push(performance.now() - due)
      if (failure !== undefined && count.failed + count.wrong < maxFailures) told.push(failure)
      if (failure !== undefined) count[failure.kind]++
      if (failure?.refused === true) refused++
      done()
    })
  }, { requests: plan.requests, onStopped: () => { setImmediate(() => { void finish() }) } })
  let endBalancer = (): void => {}
  hear = message => {
    if (message.kind === 'stop') pacer.stop()
    if (message.kind === 'balance') {
      endBalancer = balance(message.balancer, plan.target, () => {
        balancedOutAt = Date.now()
        pacer.stop()
      })
    }
  }
  await tell({ kind: 'begun' })

  async function finish (): Promise<void> {
    endBalancer()
    // Each has a deadline, so this ends.
    while (shooter.inFlight > 0) await new Promise(resolve => setTimeout(resolve, 10))
    clearInterval(flusher)
    await flush()
    const { user, system } = process.cpuUsage(usedBefore)
    hear = () => {}
    shooter.close()
    await tell({ kind: 'end', sent: pacer.sent(), ...count, refused, served: shooter.served(), connections: connections.opened, cpuSeconds: (user + system) / 1e6, balancedOutAt })
  }
}

process.on('message', (message: ToGenerator) => {
  if (message.kind === 'plan') void generate(message.plan)
  else hear(message)
})
// Whoever started it is gone.
process.once('disconnect', () => { process.exit(0) })
