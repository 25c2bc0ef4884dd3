// TLS of the built service: client certificates, a certificate that is renewed under way, callers who never finish what they began.
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import { authority, noOpenssl, replaceFile, type Authority, type Made } from '../helpers/authority.js'
import { copyModel, engines, start, temporaryFolder, until, type Running } from './service.js'
import { tlsFetch, type Fetch } from './tls-fetch.js'

const evaluate = '/models/half_plus_two/evaluate'
const asking = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"x": 1}' }

interface Setup { readonly service: Running, readonly server: Authority, readonly client: Made, readonly renew: (certificate: Made) => void }

async function setup (t: Test, flags: readonly string[] = []): Promise<Setup> {
  const folder = temporaryFolder(t)
  const models = join(folder, 'models')
  copyModel(models, 'half_plus_two/1', 'half_plus_two')
  const [server, clients] = [authority(t, 'servers'), authority(t, 'clients')]
  const [cert, key] = [join(folder, 'service.pem'), join(folder, 'service.key')]
  const renew = (made: Made): void => { replaceFile(made.certFile, cert); replaceFile(made.keyFile, key) }
  renew(server.sign('/CN=first'))
  copyFileSync(clients.certFile, join(folder, 'clients.pem'))
  const client = clients.sign('/O=Callers/CN=alice')
  const service = await start(t, {
    engine: engines[0], models, fetchBy: tlsFetch(t, { ca: server.cert, cert: client.cert, key: client.key }),
    flags: ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', join(folder, 'clients.pem'), ...flags]
  })
  return { service, server, client, renew }
}

/** Calls again and again until `stop`, which tells what came of it, by kind. */
function stream (url: string, by: Fetch): { stop: () => Promise<Record<string, number>> } {
  const outcomes: Record<string, number> = {}
  let going = true
  const running = (async () => {
    while (going) {
      const outcome = await by(url + evaluate, asking).then(({ status }) => String(status), (error: Error) => error.message)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
  })()
  return { stop: async () => { going = false; await running; return outcomes } }
}

t.test('mutual TLS', { skip: noOpenssl }, async t => {
  const { service, server, client, renew } = await setup(t)
  const { url } = service
  const ca = server.cert
  const stranger = authority(t, 'strangers').sign('/O=Callers/CN=alice')

  await t.test('who gets a connection', async t => {
    t.equal((await service.post(evaluate, { x: 1 })).status, 200)
    for (const [who, options] of [['none', { ca }], ["a stranger's", { ca, cert: stranger.cert, key: stranger.key }]] as const) {
      for (const path of [evaluate, '/health/ready']) await t.rejects(tlsFetch(t, options)(url + path), `${who}: ${path}`)
    }
    await t.rejects(tlsFetch(t, { cert: client.cert, key: client.key })(`${url}/health/ready`), 'a client who does not know the authority')
    await t.rejects(fetch(`${url.replace('https', 'http')}/health/ready`), 'plain HTTP')
    t.match(await until('the log has the certificate', () => service.lines.find(line => line.route === '/models/:model/evaluate')), { status: 200, certificate: 'CN=alice,O=Callers' })
    t.match((await service.call('/metrics')).text, /^outrigger_connections_ended_total\{reason="tls"\} [1-9]/m)
  })

  await t.test('the certificate is renewed under a stream of requests', async t => {
    const options = { ca, cert: client.cert, key: client.key }
    const streams = [true, true, false, false].map(keepAlive => stream(url, tlsFetch(t, { ...options, keepAlive, maxCachedSessions: 0 })))
    const named = async (): Promise<string> => {
      const socket = connectTls({ ...options, host: '127.0.0.1', port: Number(new URL(url).port) })
      await once(socket, 'secureConnect')
      const name = String(socket.getPeerCertificate().subject.CN)
      socket.destroy()
      return name
    }
    for (const name of ['second', 'third', 'fourth']) {
      renew(server.sign(`/CN=${name}`))
      await until(`new connections get the ${name}`, async () => await named() === name)
    }
    for (const { stop } of streams) {
      const outcomes = await stop()
      t.same(Object.keys(outcomes), ['200'], JSON.stringify(outcomes))
    }
  })
})

t.test('fifty callers who never finish what they began', { skip: noOpenssl }, async t => {
  const { service, server, client } = await setup(t, ['--head-timeout', '2s'])
  const options = { ca: server.cert, cert: client.cert, key: client.key }
  const at = { host: '127.0.0.1', port: Number(new URL(service.url).port) }
  const slow: Socket[] = Array.from({ length: 50 }, (_, i) => i % 2 === 0 ? connect(at) : connectTls({ ...at, ...options }))
  for (const socket of slow) socket.on('error', () => {}).resume()
  t.teardown(() => { for (const socket of slow) socket.destroy() })
  await Promise.all(slow.map(async (socket, i) => await once(socket, i % 2 === 0 ? 'connect' : 'secureConnect')))
  // Half of them a head, line by line, the others a handshake, byte by byte.
  slow.forEach((socket, i) => { socket.write(i % 2 === 0 ? Buffer.from([22]) : `POST ${evaluate} HTTP/1.1\r\nHost: x\r\n`) })
  const trickle = setInterval(() => { slow.forEach((socket, i) => { if (socket.writable) socket.write(i % 2 === 0 ? Buffer.from([3]) : 'X-A: b\r\n') }) }, 200)
  t.teardown(() => clearInterval(trickle))

  const { stop } = stream(service.url, tlsFetch(t, { ...options, keepAlive: false }))
  await Promise.all(slow.map(async socket => { if (!socket.closed) await once(socket, 'close') }))
  const outcomes = await stop()
  t.same(Object.keys(outcomes), ['200'], `others were served meanwhile: ${JSON.stringify(outcomes)}`)
  t.equal((await service.call('/health')).status, 200)
})
