// Connections over real sockets: how many, how slow, with which certificate.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { openCertificates } from '../../src/http/certificates.js'
import { createListeners, defaultLimits, type ConnectionLimits, type Listeners } from '../../src/http/listeners.js'
import { authority, noOpenssl } from '../helpers/authority.js'

const log = pino({ level: 'silent' })
const head = 'GET / HTTP/1.1\r\nHost: x\r\n'

interface Setup { readonly port: number, readonly listeners: Listeners, readonly ends: string[], readonly open: () => number }

async function listen (t: Test, limits: Partial<ConnectionLimits> = {}): Promise<Setup> {
  const ends: string[] = []
  let count = 0
  const listeners = createListeners({ limits: { ...defaultLimits, ...limits }, log, metrics: { connections: change => { count += change }, connectionEnded: reason => { ends.push(reason) } } })
  const opened = await listeners.open((incoming, answer) => {
    incoming.resume().on('end', () => { answer.end(listeners.isOver(incoming.socket) ? 'over' : 'fine') })
  }, { host: '127.0.0.1', port: 0 }, 'port')
  t.teardown(async () => { await opened.close() })
  return { port: opened.port, listeners, ends, open: () => count }
}

async function dial (t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Everything until the other side ends. */
async function rest (socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk })
  await once(socket, 'close')
  return text
}

async function ask (socket: Socket): Promise<string> {
  socket.write(`${head}\r\n`)
  return String((await once(socket, 'data'))[0])
}

t.test('callers that trickle are cut, others go on', async t => {
  const { port } = await listen(t, { headTimeoutMs: 300, receiveTimeoutMs: 900 })
  const [silent, slowHead, slowBody, quick] = await Promise.all([dial(t, port), dial(t, port), dial(t, port), dial(t, port)])
  slowHead.write(head)
  slowBody.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n')
  const trickle = setInterval(() => {
    // The one that was cut first must not be written to while the other is waited for.
    if (!slowHead.readableEnded) slowHead.write('X-A: b\r\n')
    if (!slowBody.readableEnded) slowBody.write('x')
    void ask(quick)
  }, 50)
  t.teardown(() => clearInterval(trickle))
  t.match(await ask(quick), /fine$/)
  for (const [what, socket] of [['silent', silent], ['slow head', slowHead], ['slow body', slowBody]] as const) t.match(await rest(socket), /^HTTP\/1\.1 408 [^]*REQUEST_TIMEOUT/, what)
  t.match(await ask(quick), /fine/, 'one that asks promptly is served throughout')
})

t.test('heads that are too large', async t => {
  const { port } = await listen(t, { maxHeaderBytes: 1000 })
  const socket = await dial(t, port)
  socket.write(`${head}X-Large: ${'x'.repeat(2000)}\r\n\r\n`)
  t.match(await rest(socket), /^HTTP\/1\.1 431 [^]*REQUEST_HEADERS/)
})

t.test('connections that stay idle after an answer are closed', async t => {
  const { port } = await listen(t, { keepAliveTimeoutMs: 100 })
  const socket = await dial(t, port)
  await ask(socket)
  await once(socket, 'close')
  t.pass()
})

t.test('connections beyond the limit are known as such; far beyond none is taken', async t => {
  const { port, ends, open } = await listen(t, { maxConnections: 2 })
  const first = await dial(t, port)
  t.match(await ask(first), /fine/)
  t.match(await ask(await dial(t, port)), /fine/)
  const third = await dial(t, port)
  t.match(await ask(third), /over/)
  t.match(await ask(first), /fine/, 'those within the limit go on')
  third.destroy()
  const many = await Promise.all(Array.from({ length: 70 }, async () => await dial(t, port)))
  await Promise.race(many.map(async socket => await once(socket, 'close')))
  t.ok(ends.includes('dropped') && ends.includes('limit'))
  t.ok(open() <= 2 + 64, 'and they are counted')
  for (const socket of many) socket.destroy()
  first.destroy()
})

t.test('a connection beyond the limit that asks nothing goes', { timeout: 30_000 }, async t => {
  const { port } = await listen(t, { maxConnections: 1, headTimeoutMs: 60_000 })
  await dial(t, port)
  const over = await dial(t, port)
  over.resume()
  await once(over, 'close')
  t.pass()
})

t.test('a port that cannot be had is told with its flag', async t => {
  const { port, listeners } = await listen(t)
  await t.rejects(listeners.open(() => {}, { host: '127.0.0.1', port }, 'metrics-port'), { code: 'CONFIG_INVALID', message: /taken.*--metrics-port/ })
  await t.rejects(listeners.open(() => {}, { host: '192.0.2.1', port: 0 }, 'port'), { code: 'CONFIG_INVALID', message: /not an address of this machine/ })
})

t.test('TLS', { skip: noOpenssl }, async t => {
  const [root, stranger] = [authority(t), authority(t, 'stranger')]
  const own = root.sign('/CN=localhost')
  const good = root.sign('/CN=scorer')

  async function tls (t: Test, clientsNeeded: 'all' | 'callers', minVersion: '1.2' | '1.3' = '1.2'): Promise<{ port: number, ends: string[] }> {
    const certificates = await openCertificates({ cert: own.certFile, key: own.keyFile, clientCa: root.certFile, minVersion, clientsNeeded }, { log, lookEveryMs: 0 })
    const ends: string[] = []
    const listeners = createListeners({ limits: { ...defaultLimits, headTimeoutMs: 500 }, certificates, log, metrics: { connections () {}, connectionEnded: reason => { ends.push(reason) } } })
    t.equal(listeners.scheme, 'https')
    const opened = await listeners.open((_incoming, answer) => { answer.end('fine') }, { host: '127.0.0.1', port: 0 }, 'port')
    t.teardown(async () => { await opened.close() })
    return { port: opened.port, ends }
  }
  const get = async (port: number, options: object = {}): Promise<number | undefined> => {
    const call = request({ port, host: '127.0.0.1', servername: 'localhost', ca: root.cert, agent: false, ...options }).end()
    const [answer] = await once(call, 'response') as [IncomingMessage]
    answer.resume()
    return answer.statusCode
  }
  const identity = ({ cert, key }: { cert: string, key: string }): object => ({ cert, key })

  t.test('every connection needs a certificate', async t => {
    const { port, ends } = await tls(t, 'all')
    t.equal(await get(port, identity(good)), 200)
    await t.rejects(get(port), 'none')
    await t.rejects(get(port, identity(stranger.sign('/CN=scorer'))), 'of another authority')
    await t.rejects(get(port, identity(root.sign('/CN=scorer', -1))), 'over')
    await t.rejects(get(port, { ...identity(good), ca: stranger.cert }), 'a client that trusts another authority')
    t.ok(ends.length >= 3 && ends.every(end => end === 'tls'), ends.join())
  })

  t.test('the rest sees to it who needs one', async t => {
    const { port } = await tls(t, 'callers')
    t.equal(await get(port), 200)
    t.equal(await get(port, identity(stranger.sign('/CN=x'))), 200)
  })

  t.test('old versions, plain requests, handshakes that never come', async t => {
    const { port, ends } = await tls(t, 'callers', '1.3')
    await t.rejects(get(port, { maxVersion: 'TLSv1.2' }))
    t.equal(await get(port, { minVersion: 'TLSv1.3' }), 200)
    const plain = await dial(t, port)
    plain.write(`${head}\r\n`)
    t.notMatch(await rest(plain), /HTTP/)
    const silent = await dial(t, port)
    await rest(silent)
    t.equal(ends.length, 3)
  })
})
