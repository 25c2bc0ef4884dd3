// What a request may cost: connections beyond the limit, many headers, answers that nobody takes.
import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { guardedApp } from '../../helpers/guarded-app.js'

t.test('many headers are refused, whole', async t => {
  const { call } = await guardedApp(t, [])
  const headers = Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`x-${i}`, 'y']))
  t.match(await call('GET', '/models', { headers }), { status: 431, code: 'REQUEST_HEADERS' })
  t.match(await call('GET', '/models', { headers: { 'x-1': 'y' } }), { status: 200 })
})

t.test('beyond the limit: 503 and the end of the connection, but health and metrics', async t => {
  const over = new Set<Socket>()
  const { app } = await guardedApp(t, [], { server: { limits: { maxConnections: 1 } } })
  t.teardown(() => { for (const socket of over) socket.destroy() })
  const { port } = await app.listenAt({ host: '127.0.0.1', port: 0 })
  const ask = async (path: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    over.add(socket)
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk })
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'close')
    return text
  }
  const first = connect(port, '127.0.0.1')
  over.add(first)
  first.write('GET /models HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(first, 'data')
  const refused = await ask('/models')
  t.match(refused, /^HTTP\/1\.1 503 /)
  t.match(refused, /SERVICE_OVERLOADED/)
  t.match(refused, /retry-after: 1/i)
  t.match(refused, /connection: close/i)
  t.match(await ask('/metrics'), /^HTTP\/1\.1 200 [^]*outrigger_connections 2/)
  t.match(await ask('/health/live'), /^HTTP\/1\.1 200 /)
})

t.test('a caller that does not read its answer loses its connection', { timeout: 30_000 }, async t => {
  const asked = new EventEmitter()
  const { app, lines } = await guardedApp(t, [], {
    server: { sendTimeoutMs: () => 300 },
    before: app => {
      app.get('/large', { schema: { hide: true } as object }, async () => Buffer.alloc(64 * 1024 * 1024))
      app.get('/late', { schema: { hide: true } as object }, async ({ callerSignal }) => {
        asked.emit('late')
        await once(callerSignal, 'abort')
        setImmediate(() => { asked.emit('answered') })
        return 'nobody is there'
      })
    }
  })
  const { port } = await app.listenAt({ host: '127.0.0.1', port: 0 })
  const leaver = connect(port, '127.0.0.1')
  leaver.write('GET /late HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(asked, 'late')
  const answered = once(asked, 'answered')
  leaver.destroy()
  await answered
  const [deaf, quick] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  t.teardown(() => { deaf.destroy(); quick.destroy() })
  deaf.on('error', () => {}).pause()
  deaf.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
  const cut = new Promise<void>(resolve => { app.server.on('request', request => { request.socket.once('close', () => { resolve() }) }) })
  await cut
  t.ok(lines.some(({ msg, message }) => /not taken in time/.test(String(msg ?? message))))
  quick.write('GET /models HTTP/1.1\r\nHost: x\r\n\r\n')
  t.match(String((await once(quick, 'data'))[0]), /200/)
  t.match((await app.inject('/metrics')).body, /outrigger_connections_ended_total\{reason="slow-reader"\} 1\n/, 'one that left before its answer was there is none')
})
