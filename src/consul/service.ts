// What the service tells Consul of itself: one registration, made from settings and the models that are served. Pure.
import { OutriggerError } from '../errors.js'
import type { ModelEntry } from '../inference/registry.js'

/** Body of `PUT /v1/agent/service/register`. The agent refuses unknown members, so only what is set is sent. */
export interface ServiceRegistration {
  readonly ID: string
  readonly Name: string
  readonly Tags: readonly string[]
  readonly Address?: string
  readonly Port: number
  readonly Meta: Readonly<Record<string, string>>
  readonly Namespace?: string
  readonly Partition?: string
  readonly Check: {
    readonly CheckID: string
    readonly Name: string
    readonly HTTP?: string
    readonly TLSSkipVerify?: boolean
    readonly Interval?: string
    readonly Timeout?: string
    /** In place of HTTP: critical when we have not told the agent for this long. */
    readonly TTL?: string
    readonly DeregisterCriticalServiceAfter: string
    /** State of a new check until its first result; critical when absent. */
    readonly Status?: 'passing'
  }
}

export interface Advertised {
  readonly serviceName: string
  /** By default name, host and port: stable over restarts of this instance, and no other instance's. */
  readonly serviceId?: string | undefined
  readonly tags: readonly string[]
  readonly meta?: Readonly<Record<string, string>> | undefined
  /** By default the address that is listened on; with a wildcard the agent's own. */
  readonly advertiseAddress?: string | undefined
  readonly advertisePort?: number | undefined
  /** Where the service listens. */
  readonly listening: { readonly host: string, readonly port: number }
  readonly scheme?: 'http' | 'https'
  /** http: the agent asks us. ttl: we tell the agent, which need not reach us. */
  readonly check?: 'http' | 'ttl'
  /** Whether the agent looks at our certificate; it is told by its address, which is rarely in one. */
  readonly checkVerifies?: boolean
  /** How long the check may be critical before the agent removes the entry: a net for crashes, not a drain. The agent takes no less than a minute. */
  readonly deregisterAfterMs: number
  /** Where metrics have a port of their own. */
  readonly metricsPort?: number | undefined
  /** Consul Enterprise's; not sent unless set. */
  readonly namespace?: string | undefined
  readonly partition?: string | undefined
  /** Version of the service. */
  readonly version: string
}

/** Between two checks by the agent: the longest time that callers are still sent to an instance that is not ready. */
const checkInterval = '5s'
const checkTimeout = '2s'
/** Three heartbeats; the agent calls us critical this long after the last one. */
export const ttlMs = 15_000
/** The agent's limits for meta. */
const maxMetaValue = 512
const maxMetaPairs = 64

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === ''
const inUrl = (host: string): string => host.includes(':') ? `[${host}]` : host

/** Joins with commas what fits; what does not is left out as a whole, told by a closing `…`. */
function joined (parts: readonly string[]): string {
  let text = ''
  for (const part of parts) {
    const next = text === '' ? part : `${text},${part}`
    if (next.length > maxMetaValue - 2) return `${text},…`.slice(0, maxMetaValue)
    text = next
  }
  return text
}

/** Throws CONFIG_INVALID for an id that others would take for theirs and for more meta than the agent takes. */
export function registrationOf (advertised: Advertised, models: readonly ModelEntry[]): ServiceRegistration {
  const { serviceName, listening, advertiseAddress, namespace, partition, scheme = 'http', check = 'http', checkVerifies = true, deregisterAfterMs, metricsPort } = advertised
  const port = advertised.advertisePort ?? listening.port
  const address = advertiseAddress ?? (isWildcard(listening.host) ? undefined : listening.host)
  const id = advertised.serviceId ?? `${serviceName}-${address ?? 'any'}-${port}`
  // Nomad removes services with this prefix that it does not know.
  if (id.startsWith('_nomad-task-')) throw new OutriggerError('CONFIG_INVALID', 'the service id must not begin with _nomad-task-: Nomad would remove it')
  const available = models.map(({ name, versions }) => ({ name, versions: versions.filter(v => v.state === 'available') })).filter(m => m.versions.length > 0)
  const meta = {
    version: advertised.version,
    models: joined(available.map(m => m.name)),
    versions: joined(available.flatMap(m => m.versions.map(v => `${m.name}:${v.version}`))),
    protocols: 'evaluate,tensorflow-rest',
    scheme,
    metrics_path: '/metrics',
    ...(metricsPort === undefined ? {} : { metrics_port: String(metricsPort) }),
    ...advertised.meta
  }
  if (Object.keys(meta).length > maxMetaPairs) throw new OutriggerError('CONFIG_INVALID', `Consul takes at most ${maxMetaPairs} pairs of meta`)
  return {
    ID: id,
    Name: serviceName,
    Tags: advertised.tags,
    ...(address === undefined ? {} : { Address: address }),
    Port: port,
    Meta: meta,
    ...(namespace === undefined ? {} : { Namespace: namespace }),
    ...(partition === undefined ? {} : { Partition: partition }),
    Check: {
      // Explicit: without it a check under another name would stay on for ever.
      CheckID: `${id}:ready`,
      Name: `${serviceName} is ready`,
      ...(check === 'ttl'
        ? { TTL: `${ttlMs / 1000}s` }
        // The agent runs on this host: where no address is advertised, it reaches a wildcard by loopback.
        : { HTTP: `${scheme}://${inUrl(address ?? '127.0.0.1')}:${port}/health/ready`, Interval: checkInterval, Timeout: checkTimeout, ...(scheme === 'https' && !checkVerifies ? { TLSSkipVerify: true } : {}) }),
      DeregisterCriticalServiceAfter: `${deregisterAfterMs / 1000}s`
    }
  }
}

/** What an operator should know of how the service will be seen; [] when nothing is odd. */
export function oddities ({ Name, Address }: ServiceRegistration): string[] {
  const odd: string[] = []
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(Name)) odd.push(`the service name ${Name} is found through Consul's HTTP API only: its DNS knows lower case letters, digits and hyphens`)
  if (Address !== undefined && (Address.startsWith('127.') || Address === '::1' || Address === 'localhost')) odd.push(`the advertised address ${Address} reaches this machine only; set advertise-address for callers on others`)
  return odd
}
