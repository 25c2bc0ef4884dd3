// What a large body costs: a 224×224×3 image as JSON (1.6 MB), CPU and garbage collections of the service's process for each, how long the event loop stands still while one arrives, tiny requests beside uploads, memory after many.
// The model answers at once; its request is written out as for the engine. node bench/micro/large-bodies.mjs [--against DIST] [--windows N] [--images N] [--uploads N] [--bodies N]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildService } from './service.mjs'

const here = fileURLToPath(new URL('../../dist', import.meta.url))
const rows = 224
const pixels = rows * rows * 3

/** Tells its port, then what it has used since the last time whenever it is asked. */
async function serve (dist) {
  const { writePredictRequest } = await import(`${dist}/tensor/proto/predict.js`)
  const inputs = new Map([['x', { dtype: 'DT_FLOAT', shape: [-1, rows, rows, 3] }]])
  const outputs = new Map([['y', { dtype: 'DT_FLOAT', shape: [-1, 1] }]])
  const predict = async (_entry, tensors) => {
    const bytes = writePredictRequest({ model: { name: 'image', version: 1n, signatureName: '' }, inputs: tensors, outputFilter: [] })
    return { y: { dtype: 'DT_FLOAT', shape: [1, 1], data: Float32Array.of(bytes.length) } }
  }
  const app = await buildService(dist, { model: { name: 'image', inputs, outputs, predict } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let collections = { count: 0, ms: 0 }
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) { collections.count++; collections.ms += duration }
  }).observe({ entryTypes: ['gc'] })
  let before = process.cpuUsage()
  process.on('message', () => {
    const { user, system } = process.cpuUsage(before)
    process.send({ cpuMs: (user + system) / 1000, blockMs: delay.max / 1e6, collections, rss: process.memoryUsage.rss() })
    before = process.cpuUsage()
    collections = { count: 0, ms: 0 }
    delay.reset()
  })
  process.send({ port: app.server.address().port })
}

async function start (name, dist) {
  const child = fork(fileURLToPath(import.meta.url), [dist])
  child.on('exit', code => {
    if (code === null) return
    console.error(`the server ${name} ended with ${code}`)
    process.exit(1)
  })
  const [{ port }] = await once(child, 'message')
  const used = async () => {
    child.send('used')
    return (await once(child, 'message'))[0]
  }
  return { name, child, port, used }
}

const post = (path, body) => Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`), body])
/** As clients write images that were scaled to 0…1. */
const image = JSON.stringify(Array.from({ length: rows }, (_, y) => Array.from({ length: rows }, (_, x) => [0, 1, 2].map(c => Math.round((y * 7919 + x * 104729 + c * 1299709) % 255 / 255 * 1e6) / 1e6))))
const requests = {
  '/v1': post('/v1/models/image:predict', Buffer.from(`{"instances": [${image}]}`)),
  evaluate: post('/models/image/evaluate', Buffer.from(`{"x": [${image}]}`))
}
const tiny = post('/v1/models/image:predict', Buffer.from('{"instances": [[[[0.5, 0.5, 0.5]]]]}'))

/** Asks one thing after the other over a connection of its own while `more` says so; resolves with the milliseconds of each. */
function ask (port, bytes, more) {
  return new Promise((resolve, reject) => {
    const times = []
    const socket = net.connect(port, '127.0.0.1').setNoDelay()
    let begun
    let answer = ''
    const next = () => { answer = ''; begun = performance.now(); socket.write(bytes) }
    socket.on('connect', next).on('error', reject).on('data', data => {
      answer += data.latin1Slice()
      const head = answer.indexOf('\r\n\r\n')
      if (head < 0 || answer.length < head + 4 + Number(/content-length: (\d+)/i.exec(answer)[1])) return
      if (!answer.startsWith('HTTP/1.1 200')) return reject(new Error(answer))
      times.push(performance.now() - begun)
      if (more(times.length)) next()
      else { socket.destroy(); resolve(times) }
    })
  })
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
const sorted = numbers => [...numbers].sort((a, b) => a - b)

async function alone (server, api, images) {
  await server.used()
  await ask(server.port, requests[api], count => count < images)
  const { cpuMs, collections } = await server.used()
  return { cpuUs: cpuMs / images * 1000, collections: collections.count / images, collectionUs: collections.ms / images * 1000 }
}

/** The longest time that the loop stood still in each of several uploads: their middle. */
async function block (server, images) {
  const longest = []
  for (let i = 0; i < images; i++) {
    await server.used()
    await ask(server.port, requests['/v1'], () => false)
    longest.push((await server.used()).blockMs)
  }
  return at(sorted(longest), 0.5)
}

async function mixed (server, count, ms) {
  const until = performance.now() + ms
  const uploads = Array.from({ length: count }, () => ask(server.port, requests['/v1'], () => performance.now() < until))
  const times = sorted(await ask(server.port, tiny, () => performance.now() < until))
  const images = (await Promise.all(uploads)).flat().length
  return { p50: at(times, 0.5), p99: at(times, 0.99), images: images / ms * 1000 }
}

async function compare () {
  const { values } = parseArgs({ options: { against: { type: 'string' }, windows: { type: 'string', default: '8' }, images: { type: 'string', default: '20' }, uploads: { type: 'string', default: '4' }, bodies: { type: 'string', default: '0' } } })
  const images = Number(values.images)
  const servers = [await start('now', here)]
  if (values.against !== undefined) servers.push(await start('before', values.against))
  const rows = []
  const row = (what, cell) => rows.push([what, ...servers.map(cell)])
  const windows = new Map(servers.map(server => [server, []]))
  for (let i = -1; i < Number(values.windows); i++) {
    for (const server of servers) {
      const window = { v1: await alone(server, '/v1', images), own: await alone(server, 'evaluate', images), blockMs: await block(server, 10), mixed: await mixed(server, Number(values.uploads), 800) }
      // The first one warms up.
      if (i >= 0) windows.get(server).push(window)
    }
  }
  const least = pick => server => Math.min(...windows.get(server).map(pick)).toFixed(2)
  const middle = pick => server => at(sorted(windows.get(server).map(pick)), 0.5).toFixed(2)
  row('CPU µs per image, /v1', least(({ v1 }) => v1.cpuUs))
  row('CPU µs per image, evaluate', least(({ own }) => own.cpuUs))
  row('garbage collections per image', middle(({ v1 }) => v1.collections))
  row('garbage collections, µs per image', middle(({ v1 }) => v1.collectionUs))
  row('longest block while one arrives, ms', middle(window => window.blockMs))
  row(`tiny beside ${values.uploads} uploads, p50 ms`, middle(({ mixed }) => mixed.p50))
  row(`tiny beside ${values.uploads} uploads, p99 ms`, middle(({ mixed }) => mixed.p99))
  row('images/s beside them', middle(({ mixed }) => mixed.images))
  const bodies = Number(values.bodies)
  if (bodies > 0) {
    const rss = new Map()
    const spent = new Map()
    for (const server of servers) {
      const { rss: from } = await server.used()
      await Promise.all(Array.from({ length: 4 }, () => ask(server.port, requests['/v1'], count => count < bodies / 4)))
      const { rss: to, collections } = await server.used()
      rss.set(server, [from, to])
      spent.set(server, collections)
    }
    row(`garbage collections in ${bodies} more`, server => String(spent.get(server).count))
    row('garbage collections, µs for each of them', server => (spent.get(server).ms / bodies * 1000).toFixed(0))
    row(`RSS before and after ${bodies} more, MB`, server => rss.get(server).map(bytes => (bytes / 2 ** 20).toFixed(0)).join(' → '))
  }
  const line = cells => console.log(cells[0].padEnd(40), cells.slice(1).map(cell => cell.padStart(14)).join(''))
  line(['', ...servers.map(({ name }) => name)])
  for (const cells of rows) line(cells)
  for (const { child } of servers) child.kill()
}

if (process.send === undefined) await compare()
else { await serve(process.argv[2]); process.on('SIGINT', () => process.exit()).on('disconnect', () => process.exit()) }
