// The unit that has the service stand in Consul while it can serve: decides whether, starts the registrar, and leaves in order at the drain.
import type { Unit } from '../lifecycle.js'
import type { ConsulCall } from '../metrics.js'
import { createAgent, type AgentTls, type ConsulAgent } from './client.js'
import { ttlMs } from './service.js'
import { Registrar, type ConsulTimes, type RegistrarOptions } from './registrar.js'

export interface ConsulSettings {
  /** auto: on when an agent's address was set and Nomad did not start the service (then Nomad registers it). */
  readonly mode: 'auto' | 'on' | 'off'
  /** CONSUL_HTTP_ADDR; undefined when it is not set. */
  readonly address: string | undefined
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
  readonly tls?: AgentTls
  readonly namespace?: string | undefined
  readonly partition?: string | undefined
  /** NOMAD_ALLOC_ID; undefined outside Nomad. */
  readonly nomadAllocId: string | undefined
}

export interface ConsulUnitOptions extends RegistrarOptions {
  readonly settings: ConsulSettings
  readonly times?: Partial<ConsulTimes>
  /** The agent to call; made from the settings unless given. */
  readonly agent?: ConsulAgent
}

const defaultTimes: ConsulTimes = { readyPollMs: 250, reconcileMs: 15_000, backoffMs: 1000, maxBackoffMs: 30_000, callMs: 2000, heartbeatMs: ttlMs / 3 }
const defaultAddress = '127.0.0.1:8500'

/** Whether the service registers itself, with the reason in words for the log. */
export function registersItself ({ mode, address, nomadAllocId }: ConsulSettings): { on: boolean, reason: string } {
  if (mode === 'off') return { on: false, reason: 'it is off by configuration' }
  if (mode === 'on') return { on: true, reason: 'it is on by configuration' }
  if (nomadAllocId !== undefined) return { on: false, reason: 'Nomad started this service and registers it (NOMAD_ALLOC_ID is set); --consul on forces it' }
  if (address === undefined) return { on: false, reason: 'no agent is named (CONSUL_HTTP_ADDR is not set); --consul on uses the one at 127.0.0.1:8500' }
  return { on: true, reason: 'CONSUL_HTTP_ADDR is set' }
}

/**
 * The unit. `start` resolves at once, whatever the agent does: serving never waits for discovery. `stop` first ends the loop (a registration
 * under way is awaited, so that none lands after the deregistration), then maintenance, then deregistration, each with a limit; it never throws.
 */
export function createConsulUnit (options: ConsulUnitOptions): Unit {
  const { settings, log, metrics } = options
  const times = { ...defaultTimes, ...options.times }
  const decision = registersItself(settings)
  const stop = new AbortController()
  let agent: ConsulAgent | undefined
  let registrar: Registrar | undefined
  let running: Promise<void> | undefined

  const attempt = async (call: ConsulCall, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      metrics.consulFailure(call)
      log.warn(error, `leaving Consul: ${call} failed`)
      return false
    }
  }

  return {
    name: 'consul',
    // The call under way, maintenance, deregistration, and a little for the machine.
    stopWithinMs: 3 * times.callMs + 1000,
    async start () {
      log.info({ on: decision.on }, `registration in Consul: ${decision.on ? 'on' : 'off'}, ${decision.reason}`)
      if (!decision.on) return
      agent = options.agent ?? createAgent({ ...settings, address: settings.address ?? defaultAddress, timeoutMs: times.callMs })
      registrar = new Registrar(options, agent, times, stop.signal)
      running = registrar.run()
    },
    async stop () {
      stop.abort()
      await running
      const left = agent
      const sent = registrar?.sent
      if (left === undefined) return
      if (sent !== undefined) {
        await attempt('maintenance', async () => { await left.maintenance(sent.ID, 'the service is shutting down') })
        if (await attempt('deregister', async () => { await left.deregister(sent.ID) })) log.info({ id: sent.ID }, 'deregistered from Consul')
        metrics.consulRegistered(false)
      }
      left.close()
    }
  }
}
