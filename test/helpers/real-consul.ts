// A real Consul agent in development mode on free ports, where one is at hand: CONSUL_BIN, else `consul` on PATH.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** The program to run; undefined when there is none. */
export function consulProgram (): string | undefined {
  const program = process.env.CONSUL_BIN ?? 'consul'
  return spawnSync(program, ['version']).status === 0 ? program : undefined
}

async function freePorts (count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}

export interface RealConsul {
  readonly address: string
  /** Where it speaks https; undefined without `https`. */
  readonly httpsAddress: string | undefined
  readonly get: (path: string) => Promise<unknown>
  /** Asks for something with the management token, until the agent does it: its ACL system takes a moment to be set up. */
  readonly put: (path: string, body?: object) => Promise<unknown>
  /** Waits until `path` answers something that satisfies; throws with the last answer after `withinMs`. */
  readonly until: (path: string, satisfied: (answer: never) => boolean, withinMs?: number) => Promise<void>
  /** Starts it anew on the same ports, without anything it knew. */
  readonly start: () => Promise<void>
  /** Kills it. */
  readonly stop: () => Promise<void>
}

export interface ConsulOptions {
  /** The agent denies what is not allowed, and this is its management token. */
  readonly token?: string
  /** Files in PEM. Its https takes only clients with a certificate of the authority. */
  readonly https?: { readonly caFile: string, readonly certFile: string, readonly keyFile: string }
  /** Further settings in HCL. */
  readonly config?: string
}

export async function startConsul (program: string, { token, https, config = '' }: ConsulOptions = {}): Promise<RealConsul> {
  const [http, lan, wan, server, secure] = await freePorts(5)
  const address = `127.0.0.1:${http}`
  const modern = !/v1\.(?:[0-9]|1[0-3])\./.test(spawnSync(program, ['version']).stdout.toString())
  const args = ['agent', '-dev', '-bind=127.0.0.1', '-client=127.0.0.1', '-log-level=err', '-dns-port=-1', '-grpc-port=-1', ...(modern ? ['-grpc-tls-port=-1'] : []),
    `-http-port=${http}`, `-serf-lan-port=${lan}`, `-serf-wan-port=${wan}`, `-server-port=${server}`,
    ...(token === undefined ? [] : ['-hcl', `acl { enabled = true default_policy = "deny" tokens { ${modern ? 'initial_management' : 'master'} = "${token}" } }`]), ...(https === undefined ? [] : [`-https-port=${secure}`, '-hcl', `ca_file = "${https.caFile}" cert_file = "${https.certFile}" key_file = "${https.keyFile}" verify_incoming_https = true`]),
    ...(config === '' ? [] : ['-hcl', config])]
  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(2000), headers: token === undefined ? {} : { 'x-consul-token': token } })
    return answer.ok ? await answer.json() : undefined
  }
  const put = async (path: string, body: object = {}): Promise<unknown> => {
    for (const end = Date.now() + 20_000; ;) {
      const answer = await fetch(`http://${address}${path}`, { method: 'PUT', signal: AbortSignal.timeout(5000), headers: token === undefined ? {} : { 'x-consul-token': token }, body: JSON.stringify(body) })
      const text = await answer.text()
      if (answer.ok) return text === '' ? undefined : JSON.parse(text)
      if (Date.now() > end) throw new Error(`${path}: ${answer.status} ${text}`)
      await sleep(100)
    }
  }
  const until: RealConsul['until'] = async (path, satisfied, withinMs = 30_000) => {
    const end = Date.now() + withinMs
    let last: unknown
    while (Date.now() < end) {
      last = await get(path).catch((error: unknown) => error)
      if (!(last instanceof Error) && last !== undefined && satisfied(last as never)) return
      await sleep(100)
    }
    throw new Error(`${path} is still ${JSON.stringify(last)}`)
  }
  let child: ChildProcess
  const start = async (): Promise<void> => {
    child = spawn(program, args, { stdio: 'ignore' })
    await until('/v1/status/leader', leader => leader !== '')
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await start()
  return { address, httpsAddress: https === undefined ? undefined : `127.0.0.1:${secure}`, get, put, until, start, stop }
}
