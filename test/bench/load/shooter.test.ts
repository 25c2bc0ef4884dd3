import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Connections } from '../../../bench/load/connections.js'
import { Shooter, type Outcome } from '../../../bench/load/shooter.js'
import { post, type Shot } from '../../../bench/load/traffic.js'

/** A shooter at a server that answers by path; the nth request asks for the nth path. */
async function shooterAt (t: Test, paths: readonly string[], answer: (path: string, response: ServerResponse) => void, deadlineMs = 5000): Promise<{ shooter: Shooter, shoot: (index: number) => Promise<Outcome>, connections: Connections }> {
  const server = createServer((request, response) => { request.resume().on('end', () => { answer(request.url!, response) }) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const { port } = server.address() as AddressInfo
  const shot = (index: number): Shot => ({ model: 'm', bytes: post(`127.0.0.1:${port}`, paths[index % paths.length], '{}'), check: ({ body }) => body.toString() === 'right' ? undefined : `not right: ${body.toString()}` })
  const connections = new Connections({ host: '127.0.0.1', port })
  const shooter = new Shooter(shot, connections, { freshShare: 0.1, deadlineMs })
  t.teardown(() => { shooter.close() })
  return { shooter, connections, shoot: async index => await new Promise(resolve => { shooter.shoot(index, resolve) }) }
}

t.test('each answer is judged', async t => {
  const { shoot, shooter } = await shooterAt(t, ['/right', '/wrong', '/busy', '/cut'], (path, response) => {
    if (path === '/cut') response.destroy()
    else response.writeHead(path === '/busy' ? 503 : 200, { 'outrigger-model-version': '7', 'content-length': path.length - 1 }).end(path.slice(1))
  })
  t.equal((await shoot(0)).failure, undefined)
  t.match((await shoot(1)).failure, { kind: 'wrong', index: 1, text: /^after \d+ ms: not right: wrong$/ })
  t.match((await shoot(2)).failure, { kind: 'failed', text: /^after \d+ ms: 503 busy/ })
  t.match((await shoot(3)).failure, { kind: 'failed', text: /connection/ })
  t.match(shooter.served(), [{ model: 'm', version: '7', count: 2 }], 'only answers count for their version')
  t.equal(shooter.inFlight, 0)
})

t.test('what is not answered in time has failed', async t => {
  const { shoot } = await shooterAt(t, ['/never'], () => {}, 100)
  t.match((await shoot(0)).failure, { kind: 'failed', text: /no answer within 100 ms/ })
})

t.test('a tenth of the requests opens a connection', async t => {
  const { shoot, connections } = await shooterAt(t, ['/right'], (_path, response) => { response.end('right') })
  for (let i = 0; i < 50; i++) await shoot(i)
  t.equal(connections.opened, 1 + 5)
  t.equal(connections.open, 1)
})
