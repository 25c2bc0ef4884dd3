// Where it listens: both addresses of localhost, and metrics on a port of their own to the very end.
import { lookup } from 'node:dns/promises'
import t from 'tap'
import { guardedApp } from '../../helpers/guarded-app.js'

const status = async (port: number, path: string, host = '127.0.0.1'): Promise<number> => (await fetch(`http://${host}:${port}${path}`, { signal: AbortSignal.timeout(5000) })).status

t.test('metrics have a port of their own', async t => {
  const { app } = await guardedApp(t, ['--allow', '192.0.2.1', '--probe-allow', '127.0.0.1'], { server: { metricsAt: { host: '127.0.0.1', port: 0 } } })
  const { port, metricsPort } = await app.listenAt(Object.freeze({ host: '127.0.0.1', port: 0 }))
  t.equal(await status(metricsPort!, '/metrics'), 200)
  t.equal(await status(metricsPort!, '/health'), 404)
  t.equal(await status(metricsPort!, '/models'), 404)
  t.equal(await status(port, '/metrics'), 404)
  t.not(await status(port, '/health/live'), 404, 'health stays')
  t.equal((await app.inject('/metrics')).statusCode, 404)
})

t.test('the list of addresses holds there too', async t => {
  const { app } = await guardedApp(t, ['--probe-allow', '192.0.2.1'], { server: { metricsAt: { host: '127.0.0.1', port: 0 } } })
  const { metricsPort } = await app.listenAt({ host: '127.0.0.1', port: 0 })
  t.equal(await status(metricsPort!, '/metrics'), 403)
})

t.test('ports that cannot be had, and nothing is left open', async t => {
  const { app } = await guardedApp(t, [])
  const { port } = await app.listenAt({ host: '127.0.0.1', port: 0 })
  const second = await guardedApp(t, [], { server: { metricsAt: { host: '127.0.0.1', port } } })
  await t.rejects(second.app.listenAt({ host: '127.0.0.1', port: 0 }), { code: 'CONFIG_INVALID', message: /--metrics-port/ })
  const third = await guardedApp(t, [], { server: { metricsAt: { host: '127.0.0.1', port: 0 } } })
  await t.rejects(third.app.listenAt({ host: '127.0.0.1', port }), { code: 'CONFIG_INVALID', message: /--port/ })
})

t.test('localhost is all its addresses', async t => {
  const addresses = [...new Set((await lookup('localhost', { all: true })).map(({ address, family }) => family === 6 ? `[${address}]` : address))]
  const { app } = await guardedApp(t, [])
  const { port } = await app.listenAt({ host: 'localhost', port: 0 })
  for (const host of addresses) t.equal(await status(port, '/models', host), 200, host)
  await app.close()
  for (const host of addresses) await t.rejects(status(port, '/models', host), host)
})
