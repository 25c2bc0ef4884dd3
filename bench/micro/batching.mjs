// What batching gains: the built service with and without it on the embedded engine, tiny /v1 predicts with unique numbers, each answer checked; and what the garbage collector moves to the old generation, where it stays until a full collection. node bench/micro/batching.mjs [seconds per window]
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const seconds = Number(process.argv[2] ?? 2)
const root = fileURLToPath(new URL('../..', import.meta.url))
const ticksMs = 10

async function start (batching) {
  const child = spawn(process.execPath, ['--trace-gc-nvp', `${root}dist/cli.js`, 'serve', '--port', '0', '--models', `${root}models`, '--engine', 'embedded', '--batching', batching, '--log-requests=false'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const service = { batching, child, port: 0, allocated: 0, promoted: 0 }
  await new Promise(resolve => createInterface({ input: child.stdout }).on('line', text => {
    if (!text.startsWith('{')) {
      // A line of --trace-gc-nvp: name=value, of a collection of the young generation (s) among others.
      const of = name => Number(new RegExp(` ${name}=(\\d+)`).exec(text)?.[1])
      if (/ gc=s /.test(text)) { service.allocated += of('allocated'); service.promoted += of('promoted') }
      return
    }
    const line = JSON.parse(text)
    if (line.message === 'listening') service.port = line.port
    if (line.message === 'models are loaded') resolve()
  }))
  return service
}

/** CPU milliseconds of a process and its children so far. */
function cpuMs (pid) {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
      if (Number(name) === pid || Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12])
    } catch {}
  }
  return ticks * ticksMs
}

/** A caller that asks one thing after the other over a connection of its own. */
function caller (port, until, times) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let begun, x, text = ''
    const ask = () => {
      x = Math.floor(Math.random() * 1e6)
      const body = `{"instances":[${x}]}`
      begun = performance.now()
      socket.write(`POST /v1/models/half_plus_two/versions/1:predict HTTP/1.1\r\nhost: b\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    }
    socket.setNoDelay(true)
    socket.on('connect', ask)
    socket.on('error', reject)
    socket.on('data', data => {
      text += data.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)[1])
      if (text.length < head + 4 + length) return
      const answer = JSON.parse(text.slice(head + 4)).predictions?.[0]
      if (answer !== x / 2 + 2) return reject(new Error(`${x} was answered ${text}`))
      times.push(performance.now() - begun)
      text = ''
      if (performance.now() < until) ask()
      else { socket.end(); resolve() }
    })
  })
}

async function window_ (service, connections) {
  const { child, port } = service
  const times = []
  const before = cpuMs(child.pid)
  service.allocated = service.promoted = 0
  const begun = performance.now()
  await Promise.all(Array.from({ length: connections }, () => caller(port, begun + seconds * 1000, times)))
  const took = (performance.now() - begun) / 1000
  times.sort((a, b) => a - b)
  return { perSecond: times.length / took, p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)], cpuUs: (cpuMs(child.pid) - before) * 1000 / times.length, allocated: service.allocated / times.length, kept: service.promoted / service.allocated }
}

const services = [await start('on'), await start('off')]
for (const service of services) await window_(service, 16)
for (const connections of [1, 16, 64, 256, 320]) {
  for (const service of services) {
    const { perSecond, p50, p99, cpuUs, allocated, kept } = await window_(service, connections)
    console.log(`c=${connections} batching ${service.batching}: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${cpuUs.toFixed(0)} us CPU per request (service and model server), ${(allocated / 1024).toFixed(1)} KB allocated, ${(kept * 100).toFixed(1)} % of it kept`)
  }
}
for (const { child } of services) child.kill('SIGTERM')
