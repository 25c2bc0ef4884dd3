// Agents that are particular about who comes: over https with client certificates, with ACLs that deny by default, in another datacenter.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { authority, noOpenssl, replaceFile } from '../helpers/authority.js'
import { startConsul } from '../helpers/real-consul.js'
import { noConsul, program, services, untilPassing } from './in-consul.js'
import { copyModel, engines, start, temporaryFolder, until, type Running } from './service.js'

const evaluate = '/models/half_plus_two/evaluate'

async function registering (t: Test, env: Record<string, string>, flags: readonly string[] = []): Promise<Running> {
  const models = temporaryFolder(t)
  copyModel(models, 'half_plus_two/1', 'half_plus_two')
  return await start(t, { engine: engines[0], models, env, flags: ['--service-name', 'scorer', ...flags] })
}

t.test('https with client certificates', { skip: noConsul || noOpenssl }, async t => {
  const [root, other] = [authority(t, 'agents'), authority(t, 'others')]
  const [agent, client, stranger] = [root.sign('/CN=agent'), root.sign('/CN=client'), other.sign('/CN=client')]
  const consul = await startConsul(program!, { https: { caFile: root.certFile, certFile: agent.certFile, keyFile: agent.keyFile } })
  t.teardown(async () => { await consul.stop() })
  const tls = { CONSUL_HTTP_ADDR: consul.httpsAddress!, CONSUL_HTTP_SSL: 'true', CONSUL_CACERT: root.certFile, CONSUL_CLIENT_CERT: client.certFile, CONSUL_CLIENT_KEY: client.keyFile }

  const service = await registering(t, tls)
  await untilPassing(consul, service, 'scorer')
  service.signal('SIGTERM')
  t.equal(await service.ended(), 0)
  t.same(await services(consul), [], 'it leaves by the same way')

  for (const [what, env, reason] of [
    ['an agent of an unknown authority', { ...tls, CONSUL_CACERT: other.certFile }, /certificate|CERT|SIGNATURE/i],
    ['a certificate that the agent does not take', { ...tls, CONSUL_CLIENT_CERT: stranger.certFile, CONSUL_CLIENT_KEY: stranger.keyFile }, /certificate|SSL|TLS|ECONNRESET|hang up/i],
    ['an agent of another name', { ...tls, CONSUL_TLS_SERVER_NAME: 'server.dc1.consul' }, /altnames|ALTNAME/]
  ] as const) {
    const refused = await registering(t, env)
    const line = await until(`${what}: told`, () => refused.lines.find(({ message }) => /Consul agent cannot be reached/.test(String(message))))
    t.match(JSON.stringify(line.error), reason, what)
    t.equal((await refused.post(evaluate, { x: 1 })).status, 200, 'it serves on')
    t.match((await refused.call('/metrics')).text, /^outrigger_consul_registered 0$/m)
    refused.signal('SIGTERM')
    t.equal(await refused.ended(), 0)
  }
  t.same(await services(consul), [])
})

t.test('ACLs that deny by default: the token file is replaced while the service runs', { skip: noConsul }, async t => {
  const management = crypto.randomUUID()
  const consul = await startConsul(program!, { token: management, config: 'datacenter = "west"' })
  t.teardown(async () => { await consul.stop() })
  await consul.put('/v1/acl/policy', { Name: 'scorer', Rules: 'service "scorer" { policy = "write" }' })
  const newToken = async (): Promise<{ SecretID: string, AccessorID: string }> => await consul.put('/v1/acl/token', { Policies: [{ Name: 'scorer' }] }) as { SecretID: string, AccessorID: string }
  const folder = temporaryFolder(t)
  const [file, fresh] = [join(folder, 'token'), join(folder, 'fresh')]
  const first = await newToken()
  writeFileSync(file, first.SecretID, { mode: 0o600 })
  const service = await registering(t, { CONSUL_HTTP_ADDR: consul.address, CONSUL_HTTP_TOKEN_FILE: file }, ['--service-check', 'ttl'])
  const { ID } = await untilPassing(consul, service, 'scorer')
  await consul.until('/v1/catalog/service/scorer?dc=west', (entries: { Datacenter: string }[]) => entries[0]?.Datacenter === 'west')

  const second = await newToken()
  writeFileSync(fresh, `${second.SecretID}\n`, { mode: 0o600 })
  replaceFile(fresh, file)
  t.equal((await fetch(`http://${consul.address}/v1/acl/token/${first.AccessorID}`, { method: 'DELETE', headers: { 'x-consul-token': management } })).status, 200)
  await consul.put(`/v1/agent/service/deregister/${ID}`)
  await untilPassing(consul, service, 'scorer')
  t.pass('registered anew by the new token')

  rmSync(file)
  await until('a token file that is gone is told', () => service.lines.some(line => /token file/.test(JSON.stringify(line.error ?? ''))))
  t.equal((await service.post(evaluate, { x: 1 })).status, 200)
  replaceFile(fresh, file)
  await until('it is back', () => service.lines.some(({ message }) => /agent answers again/.test(String(message))))
  service.signal('SIGTERM')
  t.equal(await service.ended(), 0)
  t.same(await services(consul), [])
})
