// What bodies of tens of megabytes cost everybody else: how long the loop of the built service stands still for each kind, how long tiny requests to the same model take beside them, and the memory at its highest.
// The service and its embedded model server are started as a user would. node bench/micro/giant-bodies.mjs [--against DIST] [--mb N] [--kinds a,b] [--seconds N] [--rate N]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'

const self = fileURLToPath(import.meta.url)
const sample = fileURLToPath(new URL('../../models/half_plus_two/1', import.meta.url))
const here = fileURLToPath(new URL('../../dist', import.meta.url))

/**
 * Inside the service, by --import: tells whenever it is asked how long its loop stood still at most, by the clock and by what its thread ran meanwhile (Linux), which does not count
 * that others had the processor.
 */
function report () {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const ran = () => { try { return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6 } catch { return NaN } }
  let longest = 0
  let before = ran()
  setInterval(() => {
    const now = ran()
    longest = Math.max(longest, now - before)
    before = now
  }, 2).unref()
  process.on('message', () => {
    process.send({ blockMs: delay.max / 1e6, ranMs: longest })
    delay.reset()
    longest = 0
  })
  process.channel.unref()
}

/** The sample without its handler, so that evaluate is the service's own work. */
function plainModels () {
  const models = mkdtempSync(join(tmpdir(), 'giant-bodies-'))
  cpSync(sample, join(models, 'half_plus_two', '1'), { recursive: true, filter: path => !path.startsWith(join(sample, 'handler')) && !path.startsWith(join(sample, 'examples')) })
  process.on('exit', () => { rmSync(models, { recursive: true }) })
  return models
}

async function start (name, dist, models) {
  const child = fork(`${dist}/cli.js`, ['serve', '--models', models, '--port', '0', '--engine', 'embedded', '--no-log-requests'], {
    execArgv: ['--import', self], env: { ...process.env, GIANT_BODIES: '1', MALLOC_ARENA_MAX: '2' }, stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  child.on('exit', code => {
    if (code === null || code === 0) return
    console.error(`the service ${name} ended with ${code}`)
    process.exit(1)
  })
  const port = await new Promise(resolve => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', more => {
      text = (text + more).slice(-10_000)
      const found = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(text)
      if (found !== null) resolve(Number(found[1]))
    })
  })
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.status === 200) break
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
  const used = async () => { child.send('used'); return (await once(child, 'message'))[0] }
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024
  return { name, child, port, used, peak }
}

const post = (path, body, headers = '') => [Buffer.from(`POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n`), body]
const predictPath = '/v1/models/half_plus_two:predict'
const evaluatePath = '/models/half_plus_two/evaluate'
const list = (text, bytes) => `${`${text},`.repeat(Math.floor(bytes / (text.length + 1)))}${text}`

const kinds = {
  '1-D floats': bytes => post(predictPath, Buffer.from(`{"instances":[${list('1.5', bytes)}]}`)),
  columnar: bytes => post(predictPath, Buffer.from(`{"inputs":{"x":[${list('2.25', bytes)}]}}`)),
  evaluate: bytes => post(evaluatePath, Buffer.from(`{"x":[${list('1.5', bytes)}]}`)),
  'rows as objects': bytes => post(predictPath, Buffer.from(`{"instances":[${list('{"x":1.5}', bytes)}]}`)),
  raw: bytes => { const [head, body] = post(evaluatePath, Buffer.from(new Float32Array(bytes / 4).fill(1.5).buffer)); return [Buffer.from(head.toString().replace('application/json', 'application/octet-stream')), body] },
  strings: bytes => post(predictPath, Buffer.from(`{"instances":[${list('"abcdefg"', bytes)}]}`)),
  'strings, evaluate': bytes => post(evaluatePath, Buffer.from(`{"x":[${list('"abcdefg"', bytes)}]}`)),
  nested: bytes => post(predictPath, Buffer.from(`{"instances":[${list('[["a"],[["b"]]]', bytes)}]}`)),
  'error at the end': bytes => post(predictPath, Buffer.from(`{"instances":[${list('1.5', bytes)}]x`)),
  gzip: bytes => post(predictPath, gzipSync(`{"instances":[${list('1.5', bytes)}]}`), 'Content-Encoding: gzip\r\n')
}

/** One request on a connection of its own; resolves with its status. */
async function exchange (port, chunks) {
  const socket = net.connect(port, '127.0.0.1')
  for (const chunk of chunks) socket.write(chunk)
  return await new Promise((resolve, reject) => {
    let head = ''
    let left
    socket.on('error', reject).on('close', () => { reject(new Error('no answer')) }).on('data', data => {
      if (left === undefined) {
        head += data.latin1Slice()
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        left = Number(/content-length: (\d+)/i.exec(head)[1]) - (head.length - end - 4)
      } else left -= data.length
      if (left <= 0) { resolve(Number(head.slice(9, 12))); socket.destroy() }
    })
  })
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
const body = Buffer.from('{"instances":[1.0,2.0,5.0]}')
const tiny = Buffer.concat(post(predictPath, body))

/** Tiny requests at a fixed rate until told to stop, their time counted from when they were due. */
function tinies (port, perSecond) {
  const free = []
  const times = []
  const due = []
  const began = performance.now()
  let sent = 0
  const open = () => {
    const socket = net.connect(port, '127.0.0.1').setNoDelay()
    socket.on('data', data => {
      if (!data.latin1Slice().startsWith('HTTP/1.1 200')) throw new Error(data.latin1Slice())
      times.push(performance.now() - socket.since)
      next(socket)
    })
    return socket
  }
  const next = socket => {
    const since = due.shift()
    if (since === undefined) { free.push(socket); return }
    socket.since = since
    socket.write(tiny)
  }
  for (let i = 0; i < 64; i++) free.push(open())
  const sockets = [...free]
  const timer = setInterval(() => {
    for (const now = performance.now(); began + sent * 1000 / perSecond <= now; sent++) due.push(began + sent * 1000 / perSecond)
    while (due.length > 0 && free.length > 0) next(free.pop())
  }, 1)
  return async () => {
    clearInterval(timer)
    while (due.length > 0 || free.length < sockets.length) await new Promise(resolve => { setTimeout(resolve, 5) })
    for (const socket of sockets) socket.destroy()
    times.sort((a, b) => a - b)
    return { p50: at(times, 0.5), p99: at(times, 0.99), longest: times.at(-1) }
  }
}

async function compare () {
  const { values } = parseArgs({ options: { against: { type: 'string' }, mb: { type: 'string', default: '60' }, kinds: { type: 'string' }, seconds: { type: 'string', default: '4' }, rate: { type: 'string', default: '800' } } })
  const bytes = Number(values.mb) * 1e6
  const chosen = values.kinds?.split(',') ?? Object.keys(kinds)
  const ms = Number(values.seconds) * 1000
  const line = (...cells) => { console.log(cells[0].padEnd(20), cells[1].padEnd(7), cells.slice(2).map(cell => (typeof cell === 'number' ? cell.toFixed(cell < 10 ? 2 : 0) : cell).padStart(10)).join('')) }
  const models = plainModels()
  line('body', 'build', 'status', 'took ms', 'block ms', 'ran ms', 'p50 alone', 'p99 alone', 'p50', 'p99', 'longest', 'peak MB')
  for (const kind of chosen) {
    const request = kinds[kind](bytes)
    for (const [name, dist] of [...values.against === undefined ? [] : [['before', values.against]], ['now', here]]) {
      const server = await start(name, dist, models)
      const warm = tinies(server.port, Number(values.rate))
      await new Promise(resolve => { setTimeout(resolve, 1500) })
      await warm()
      const end = tinies(server.port, Number(values.rate))
      await new Promise(resolve => { setTimeout(resolve, ms / 2) })
      const alone = await end()
      await server.used()
      const begun = performance.now()
      const status = await exchange(server.port, request)
      const took = performance.now() - begun
      const { blockMs, ranMs } = await server.used()
      const stop = tinies(server.port, Number(values.rate))
      const until = performance.now() + ms
      do await exchange(server.port, request)
      while (performance.now() < until)
      const beside = await stop()
      line(kind, name, status, took, blockMs, ranMs, alone.p50, alone.p99, beside.p50, beside.p99, beside.longest, server.peak())
      server.child.kill('SIGKILL')
      await once(server.child, 'exit')
    }
  }
  process.exit()
}

if (process.env.GIANT_BODIES === '1') { if (isMainThread && process.send !== undefined) report() }
else await compare()
