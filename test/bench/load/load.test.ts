import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { startLoad } from '../../../bench/load/load.js'
import type { Plan } from '../../../bench/load/plan.js'
import { costOf, costOfTree, treeOf } from '../../../bench/load/processes.js'

/** Answers x doubled, and 503 to the balancer while it is told so. */
async function doubler (t: Test): Promise<{ plan: Plan, state: { ready: boolean, seen: Set<string> } }> {
  const state = { ready: true, seen: new Set<string>() }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', chunk => { text += String(chunk) }).on('end', () => {
      if (request.url === '/ready') return response.writeHead(state.ready ? 200 : 503).end('x')
      state.seen.add(text)
      response.end(JSON.stringify({ y: (JSON.parse(text) as { x: number }).x * 2 }))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const { port } = server.address() as AddressInfo
  return {
    state,
    plan: {
      target: { host: '127.0.0.1', port }, traffic: new URL('fixtures/double.ts', import.meta.url).href, options: { host: `127.0.0.1:${port}` },
      pace: { kind: 'rate', perSecond: 200 }, freshShare: 0.1, deadlineMs: 5000
    }
  }
}

t.test('a generator sends what it is told, and tells what became of it', async t => {
  const { plan, state } = await doubler(t)
  const load = await startLoad({ ...plan, requests: 100 })
  const end = await load.ended
  t.match(end, { sent: 100, failed: 0, wrong: 10 }, 'the traffic expects every tenth answer to be another one')
  t.equal(load.samples.count, 100)
  t.equal(load.failures.length, 10)
  t.match(load.failures[0], { kind: 'wrong', index: 9, text: /must be 9/ })
  t.equal(state.seen.size, 100, 'each request is another one')
  t.ok(end.cpuSeconds > 0)
})

t.test('closed loop, and a stop', async t => {
  const { plan } = await doubler(t)
  const load = await startLoad({ ...plan, pace: { kind: 'closed', concurrency: 4 } })
  if (process.platform === 'linux') {
    t.ok(treeOf(process.pid).includes(load.pid))
    t.ok(costOf(load.pid).rssBytes > 1e6)
    t.ok(costOfTree(process.pid).rssBytes > costOf(load.pid).rssBytes)
  }
  const end = await load.stop()
  t.ok(end.sent >= 4)
  t.equal(load.samples.count, end.sent, 'what was sent came to its end')
  t.equal(costOf(2 ** 30).rssBytes, 0)
})

t.test('a balancer takes the service out', async t => {
  const { plan, state } = await doubler(t)
  const load = await startLoad(plan)
  load.balance({ path: '/ready', everyMs: 20, failures: 2, timeoutMs: 5000 })
  state.ready = false
  const end = await load.ended
  t.type(end.balancedOutAt, 'number')
  t.equal(end.failed, 0)
})

t.test('a generator that cannot begin is an error', async t => {
  const { plan } = await doubler(t)
  await t.rejects(startLoad({ ...plan, traffic: 'data:text/javascript,process.exit(3)' }), /ended with 3/)
})
