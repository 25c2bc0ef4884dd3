// CPU of the service's process per tiny predict request, against an empty Fastify route that takes a body: the model answers at once, so what is counted is HTTP, decoding and encoding.
// node bench/micro/http-floor.mjs [--against DIST] [--seconds N] [--connections N] [--windows N]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildService } from './service.mjs'

const here = fileURLToPath(new URL('../../dist', import.meta.url))
const body = '{"instances": [1.0, 2.0, 5.0]}'
const requests = {
  predict: `POST /v1/models/half_plus_two:predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  evaluate: 'POST /models/half_plus_two/evaluate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"x":[1,2]}'
}

if (process.send === undefined) await compare()
else { await serve(process.argv[2], process.argv[3]); process.on('SIGINT', () => process.exit()).on('disconnect', () => process.exit()) }

/** A server of one kind: `floor`, or `service` built from a dist folder; `quiet` without access log. Tells its port, then its CPU time whenever it is asked. */
async function serve (kind, dist) {
  const app = kind === 'floor' ? await floor() : await service(dist, kind !== 'quiet')
  await app.listen({ host: '127.0.0.1', port: 0 })
  process.on('message', () => process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }))
  process.send({ port: app.server.address().port })
}

async function floor () {
  const { default: Fastify } = await import('fastify')
  const app = Fastify({ logger: false })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  const answer = Buffer.from('{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}')
  const handler = (_request, reply) => { reply.header('content-type', 'application/json').send(answer) }
  app.post('/v1/*', handler)
  app.post('/models/:model/evaluate', handler)
  return app
}

async function service (dist, logRequests) {
  const inputs = new Map([['x', { dtype: 'DT_FLOAT', shape: [-1] }]])
  const outputs = new Map([['y', { dtype: 'DT_FLOAT', shape: [-1] }]])
  const predict = async (_entry, { x }) => ({ y: { dtype: 'DT_FLOAT', shape: x.shape, data: x.data.map(value => value / 2 + 2) } })
  return await buildService(dist, { logRequests, model: { name: 'half_plus_two', inputs, outputs, predict } })
}

async function start (kind, dist) {
  const child = fork(fileURLToPath(import.meta.url), [kind, dist ?? ''])
  child.on('exit', code => {
    if (code === null) return
    console.error(`the server ${kind} ended with ${code}`)
    process.exit(1)
  })
  const [{ port }] = await once(child, 'message')
  const ask = async () => {
    child.send('cpu')
    const [answer] = await once(child, 'message')
    return answer
  }
  return { child, port, ask }
}

/** Closed loop over so many connections; resolves with the count of answers. */
async function load (port, bytes, connections, ms) {
  const end = performance.now() + ms
  let answers = 0
  await Promise.all(Array.from({ length: connections }, () => new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1').setNoDelay()
    socket.on('connect', () => socket.write(bytes))
    socket.on('error', reject)
    socket.on('data', data => {
      if (data.latin1Slice(9, 12) !== '200') reject(new Error(data.latin1Slice(0, 400)))
      answers++
      if (performance.now() < end) socket.write(bytes)
      else { socket.destroy(); resolve() }
    })
  })))
  return answers
}

async function compare () {
  const { values } = parseArgs({ options: { against: { type: 'string' }, seconds: { type: 'string', default: '1' }, connections: { type: 'string', default: '64' }, windows: { type: 'string', default: '3' }, only: { type: 'string' } } })
  const kinds = [['empty route', 'floor'], ['service', 'service', here], ['no access log', 'quiet', here]]
  if (values.against !== undefined) kinds.push(['before', 'service', values.against], ['before, no log', 'quiet', values.against])
  const servers = await Promise.all(kinds.map(async ([name, kind, dist]) => ({ name, best: {}, ...await start(kind, dist) })))
  for (let window = -1; window < Number(values.windows); window++) {
    for (const [api, request] of Object.entries(requests)) {
      if (values.only !== undefined && values.only !== api) continue
      for (const server of servers) {
        const { cpu: from } = await server.ask()
        const began = performance.now()
        const answers = await load(server.port, Buffer.from(request), Number(values.connections), Number(values.seconds) * 1000)
        const seconds = (performance.now() - began) / 1000
        const { cpu } = await server.ask()
        const micros = (cpu.user + cpu.system - from.user - from.system) / answers
        // The first window warms up.
        if (window >= 0) server.best[api] = { micros: Math.min(micros, server.best[api]?.micros ?? Infinity), rate: Math.max(answers / seconds, server.best[api]?.rate ?? 0) }
      }
    }
  }
  for (const api of Object.keys(servers[0].best)) {
    console.log(`${api}, c=${values.connections}: CPU µs per request, least of ${values.windows} windows`)
    for (const { name, best } of servers) console.log(`  ${name.padEnd(16)} ${best[api].micros.toFixed(1).padStart(6)}  ${(best[api].micros / servers[0].best[api].micros).toFixed(2)} x  ${Math.round(best[api].rate)}/s`)
  }
  for (const { child } of servers) child.kill()
}
