// A service as a real Consul agent sees it. No tests here.
import { consulProgram, type RealConsul } from '../helpers/real-consul.js'
import { until, type Running } from './service.js'

export const program = consulProgram()
export const noConsul: string | false = program === undefined ? 'NO REAL CONSUL: set CONSUL_BIN=$(scripts/install-consul.sh)' : false
if (noConsul !== false) process.stderr.write(`\n!!! SKIPPED: ${noConsul}\n\n`)

export interface AgentService { readonly ID: string, readonly Service: string, readonly Port: number, readonly Address: string, readonly Tags: string[] | null, readonly Meta: Record<string, string>, readonly Datacenter?: string }
export interface Check { readonly Status: string, readonly Output: string, readonly CheckID: string }

export const services = async (consul: RealConsul): Promise<AgentService[]> => Object.values(await consul.get('/v1/agent/services') as Record<string, AgentService>)
export const checks = async (consul: RealConsul, name: string): Promise<Check[]> => await consul.get(`/v1/health/checks/${name}`) as Check[]

/** The service's entry, once its check passes. */
export async function untilPassing (consul: RealConsul, service: Running, name: string, withinMs = 30_000): Promise<AgentService> {
  return await until('it passes', async () => {
    const entry = (await services(consul)).find(one => one.Service === name && one.Port === Number(new URL(service.url).port))
    const [check] = entry === undefined ? [] : await checks(consul, name)
    return check?.Status === 'passing' ? entry : undefined
  }, withinMs)
}

export async function untilCritical (consul: RealConsul, name: string): Promise<void> {
  await until('it is critical', async () => (await checks(consul, name))[0]?.Status === 'critical', 40_000)
}
